"""DTMF heard in the audio (ITU-T Q.23, Q.24).

Goertzel's sums at the eight frequencies, over blocks of 10 ms, as correlations with a table: a recursion waits for
itself, this runs in vectors. Two blocks together must be two tones and hardly anything else, which speech is not for
long. The phase from block to block tells how far off a frequency is; a block the press covers in part has its
amplitude in proportion, which tells where it began and ended.
"""

from libc.math cimport M_PI, atan2f, cos, fabsf, lrint, sin, sqrtf
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t
from libc.string cimport memcpy, memset

cdef enum:
    GAP = 240                   # samples (30 ms) of absence end a press: 20 ms are bridged, 40 ms are a pause
    MISSES = 5                  # blocks that were not the press though something sounds
    SCALE = 1024                # of the table
    SHORTEST = 248              # samples (31 ms): half-way between what must and what must not be a press

cdef float QUIET = 80 * 60.0 * 60.0          # energy of a block that holds no press: -53 dBm0
cdef float WEAKEST = 127.0                   # amplitude of a tone: -45 dBm0
cdef float STRONGER = 270.0                  # of the stronger of the two: -38.5 dBm0
cdef float PURE = 0.88                       # share of the energy that the two tones must have
cdef float MOST_HIGH = 3.55                  # power, high over low: 5.5 dB
cdef float MOST_LOW = 8.9                    # power, low over high: 9.5 dB
cdef float OFF = 0.024                       # of a frequency: between 1.5 % and 3.5 %
cdef float OFF_PHASE = 2.05                  # radians a block: beyond it the phase might have wrapped
cdef float WHOLE = 0.85                      # share of the level from which a block is whole

cdef double[8] _HZ = [697.0, 770.0, 852.0, 941.0, 1209.0, 1336.0, 1477.0, 1633.0]
cdef int[16] _EVENT = [1, 2, 3, 12, 4, 5, 6, 13, 7, 8, 9, 14, 10, 0, 11, 15]
cdef int[16] _KEY                            # its inverse: row * 4 + column
cdef int16_t[16][80] _TABLE                  # [frequency, then 8 + frequency][sample]: cosine and minus sine
cdef float[8][2] _TURN                       # phase of a frequency over a block
cdef float[8] _LIMIT                         # radians of phase from block to block
cdef float[16][2] _CROSS                     # how much of one tone shows at the other's frequency


cdef struct Fit:                             # two tones in a block
    float[2] low
    float[2] high


cdef void _fill() noexcept:
    cdef int i, k, n
    cdef double angle
    for i in range(16):
        _KEY[_EVENT[i]] = i
    for k in range(8):
        for n in range(TONE_BLOCK):
            angle = 2 * M_PI * _HZ[k] * n / 8000
            _TABLE[k][n] = <int16_t>lrint(SCALE * cos(angle))
            _TABLE[8 + k][n] = <int16_t>lrint(-SCALE * sin(angle))
        angle = 2 * M_PI * _HZ[k] * TONE_BLOCK / 8000
        _TURN[k][0] = <float>cos(angle)
        _TURN[k][1] = <float>-sin(angle)
        angle *= OFF
        _LIMIT[k] = OFF_PHASE if angle > OFF_PHASE else <float>angle
    for i in range(16):
        _CROSS[i][0] = 0
        _CROSS[i][1] = 0
        for n in range(TONE_BLOCK):
            angle = 2 * M_PI * (_HZ[4 + i % 4] - _HZ[i // 4]) * n / 8000
            _CROSS[i][0] += <float>(cos(angle) / TONE_BLOCK)
            _CROSS[i][1] += <float>(sin(angle) / TONE_BLOCK)


_fill()


cdef void _correlate(const int16_t* pcm, float* bins) noexcept nogil:
    # 16 bits times 16 bits into 32: eight products an instruction, and 80 full samples times 1024 stay in range.
    cdef int32_t total
    cdef int n, k
    for k in range(16):
        total = 0
        for n in range(TONE_BLOCK):
            total += <int32_t>pcm[n] * _TABLE[k][n]
        bins[k] = <float>total * <float>(2.0 / TONE_BLOCK / SCALE)


cdef void _fit(const float* bins, int key, Fit* fit) noexcept nogil:
    """Amplitude and phase of the two tones, each without what of the other shows at its frequency."""
    cdef int row = key >> 2, column = 4 + (key & 3)
    cdef float x = bins[row], y = bins[8 + row], u = bins[column], v = bins[8 + column]
    cdef float g = _CROSS[key][0], h = _CROSS[key][1]
    cdef float scale = 1 / (1 - g * g - h * h)
    fit.low[0] = (x - (g * u - h * v)) * scale
    fit.low[1] = (y - (g * v + h * u)) * scale
    fit.high[0] = (u - (g * x + h * y)) * scale
    fit.high[1] = (v - (g * y - h * x)) * scale


cdef inline float _power(const float* value) noexcept nogil:
    return value[0] * value[0] + value[1] * value[1]


cdef float _drift(const float* before, const float* now, int k) noexcept nogil:
    """Radians by which the tone is ahead of its nominal phase after a block."""
    cdef float re = now[0] * before[0] + now[1] * before[1], im = now[1] * before[0] - now[0] * before[1]
    return atan2f(im * _TURN[k][0] + re * _TURN[k][1], re * _TURN[k][0] - im * _TURN[k][1])


cdef int _strongest(const float* before, const float* now, int first) noexcept nogil:
    cdef int k, best = first
    cdef float power, most = -1
    for k in range(first, first + 4):
        power = before[k] * before[k] + before[8 + k] * before[8 + k] + now[k] * now[k] + now[8 + k] * now[8 + k]
        if power > most:
            most = power
            best = k
    return best


cdef int _key_of(ToneDetector* state) noexcept nogil:
    """The key (row * 4 + column) that the last two blocks are, or -1."""
    cdef const float* before = &state.bins[1][0]
    cdef const float* now = &state.bins[2][0]
    cdef float energy = state.energy[0] + state.energy[1], low, high, off_low, off_high
    cdef Fit a, b
    cdef int row, column, key
    if energy < 2 * QUIET:
        return -1
    row = _strongest(before, now, 0)
    column = _strongest(before, now, 4)
    key = row * 4 + column - 4
    _fit(before, key, &a)
    _fit(now, key, &b)
    low = _power(a.low) + _power(b.low)
    high = _power(a.high) + _power(b.high)
    # What is not a tone at all leaves here. A sine's energy is its squared amplitude times half the samples.
    if (low + high) * (TONE_BLOCK / 2) < energy * <float>0.55:
        return -1
    off_low = _drift(a.low, b.low, row)
    off_high = _drift(a.high, b.high, column)
    if fabsf(off_low) > _LIMIT[row] or fabsf(off_high) > _LIMIT[column]:
        return -1
    # A block sees less of a tone that is off its frequency: sin(x)/x at half the phase.
    off_low = off_low * off_low / 12
    off_high = off_high * off_high / 12
    low *= 1 + off_low + off_low * off_low * <float>0.6
    high *= 1 + off_high + off_high * off_high * <float>0.6
    if (low + high) * (TONE_BLOCK / 2) < energy * PURE or high > low * MOST_HIGH or low > high * MOST_LOW:
        return -1
    if low < 2 * WEAKEST * WEAKEST or high < 2 * WEAKEST * WEAKEST:
        return -1
    return key if low > 2 * STRONGER * STRONGER or high > 2 * STRONGER * STRONGER else -1


cdef float _amplitude(const float* bins, int key) noexcept nogil:
    """Of both tones in a block, counted together."""
    cdef Fit fit
    _fit(bins, key, &fit)
    return sqrtf(_power(fit.low)) + sqrtf(_power(fit.high))


cdef inline float _share(float amplitude, float level) noexcept nogil:
    return 1 if amplitude > level else amplitude / level


cdef int _take_held(ToneDetector* state) noexcept nogil:
    cdef int event = state.held
    state.held = -1
    state.told_start = state.held_start
    state.told_duration = state.held_duration
    return event


cdef int _tell(ToneDetector* state, int64_t position) noexcept nogil:
    cdef int event = state.ready
    state.ready = -1
    if event < 0 and state.held >= 0 and position >= state.due:
        event = _take_held(state)
    return event


cdef void _finish(ToneDetector* state) noexcept nogil:
    """The press is over: keep it back if it was one, else forget it."""
    cdef float head = 0
    cdef int i
    cdef int64_t duration
    for i in range(3):
        head += _share(state.head[i], state.level)
    head *= TONE_BLOCK
    duration = state.full_end - state.start + <int64_t>(head + state.tail * TONE_BLOCK)
    if state.hits >= 2 and duration >= SHORTEST:
        if state.held >= 0:
            # A second press in tones: the first has had its time to come as an event.
            state.ready = _take_held(state)
        state.held = _EVENT[state.event]
        state.held_start = state.start - <int64_t>head
        state.held_duration = duration
        state.due = state.full_end + TONE_HOLD + GAP
    state.event = -1


cdef void _begin(ToneDetector* state, int key, int64_t end) noexcept nogil:
    cdef int i
    for i in range(3):
        state.head[i] = _amplitude(&state.bins[i][0], key)
    state.level = state.head[1] if state.head[1] > state.head[2] else state.head[2]
    state.event = key
    state.start = end
    state.full_end = end
    state.hits = 1
    state.misses = 0
    state.gap = 0
    state.tail = 0


cdef void _follow(ToneDetector* state, int key, int64_t end) noexcept nogil:
    """A block more of the press that is going on."""
    cdef float amplitude = _amplitude(&state.bins[2][0], state.event), before, share
    if key == state.event:
        state.hits += 1
        before = _amplitude(&state.bins[1][0], key)
        before = amplitude if amplitude < before else before
        state.level = before if before > state.level else state.level
    share = _share(amplitude, state.level)
    if key == state.event and share >= WHOLE:
        state.full_end = end
        state.misses = 0
        state.gap = 0
        state.tail = 0
        return
    if state.misses == 0:
        state.tail = share
    state.misses += 1
    state.gap += (1 - share) * TONE_BLOCK
    if state.gap >= GAP or state.misses >= MISSES:
        _finish(state)


cdef void _block(ToneDetector* state, const int16_t* pcm, int64_t end) noexcept nogil:
    cdef float energy = 0
    cdef int n, key
    cdef int64_t total = 0
    for n in range(TONE_BLOCK):
        total += <int>pcm[n] * <int>pcm[n]
    energy = <float>total
    if energy < QUIET and state.silent and state.event < 0:
        return
    state.silent = energy < QUIET and state.energy[1] < QUIET and state.energy[0] < QUIET
    memcpy(&state.bins[0][0], &state.bins[1][0], TONE_BINS * sizeof(float))
    memcpy(&state.bins[1][0], &state.bins[2][0], TONE_BINS * sizeof(float))
    _correlate(pcm, &state.bins[2][0])
    state.energy[0] = state.energy[1]
    state.energy[1] = energy
    key = _key_of(state)
    if state.event >= 0 and (key < 0 or key == state.event):
        _follow(state, key, end)
    elif key >= 0:
        if state.event >= 0:
            _finish(state)
        _begin(state, key, end)


cdef void _restart(ToneDetector* state) noexcept nogil:
    """What comes next does not follow what was heard."""
    if state.event >= 0:
        _finish(state)
    state.pending = 0
    state.silent = True
    memset(state.bins, 0, sizeof(state.bins))
    memset(state.energy, 0, sizeof(state.energy))


cdef void tone_detector_init(ToneDetector* state) noexcept nogil:
    memset(state, 0, sizeof(ToneDetector))
    state.event = -1
    state.held = -1
    state.ready = -1
    state.silent = True


cdef int tone_detector_frame(ToneDetector* state, const int16_t* pcm, int n, int64_t position) noexcept nogil:
    cdef int taken = 0, part
    if state.off:
        return -1
    if position != state.position:
        _restart(state)
    state.position = position + n
    while taken < n:
        if state.pending == 0 and n - taken >= TONE_BLOCK:
            taken += TONE_BLOCK
            _block(state, pcm + taken - TONE_BLOCK, position + taken)
            continue
        part = TONE_BLOCK - state.pending if TONE_BLOCK - state.pending < n - taken else n - taken
        memcpy(&state.block[state.pending], pcm + taken, part * sizeof(int16_t))
        state.pending += part
        taken += part
        if state.pending == TONE_BLOCK:
            state.pending = 0
            _block(state, state.block, position + taken)
    return _tell(state, state.position)


cdef int tone_detector_idle(ToneDetector* state, int64_t position) noexcept nogil:
    if state.off:
        return -1
    if position >= state.position + GAP and state.event >= 0:
        _restart(state)
    return _tell(state, position)


cdef void tone_detector_events_seen(ToneDetector* state) noexcept nogil:
    state.off = True
    state.event = -1
    state.held = -1
    state.ready = -1


cdef class ToneListener:
    cdef ToneDetector _state

    def __cinit__(self):
        tone_detector_init(&self._state)

    cdef list _told(self, int event):
        return [(event, self._state.told_start, self._state.told_duration)] if event >= 0 else []

    def frame(self, const uint8_t[::1] pcm, int64_t position):
        cdef int n = <int>(pcm.shape[0] // 2), event
        if pcm.shape[0] % 2:
            raise ValueError("S16LE PCM must have an even number of bytes")
        if n == 0:
            return []
        with nogil:
            event = tone_detector_frame(&self._state, <const int16_t*>&pcm[0], n, position)
        return self._told(event)

    def idle(self, int64_t position):
        return self._told(tone_detector_idle(&self._state, position))

    def events_seen(self):
        tone_detector_events_seen(&self._state)
