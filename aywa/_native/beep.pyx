"""Steady tones in the audio at 8 kHz: beeps of answering machines, fax machines, and what a network plays.

Windows of 40 ms (Hann), one every 10 ms, as correlations with a table at every 25 Hz: goertzel.pyx says why no
recursion. A window is tonal when one or two narrow peaks have nearly all of its energy. A tone is a run of tonal
windows whose frequency and level go on from one to the next; a voice holds neither for a tenth of a second. The
window is longer than the beats of a ringing tone's 440 and 480 Hz, which a shorter one would take for a voice.
"""

from libc.math cimport M_PI, cos, fabsf, log10f, lrint, sin, sqrtf
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t
from libc.string cimport memcpy, memmove, memset

cdef enum:
    SCALE = 256                 # of the table: 320 full samples times 256 under a Hann window stay in 31 bits
    SPACING = 25                # Hz from bin to bin
    FIRST = 10                  # bin of the lowest frequency: 250 Hz
    REACH = 3                   # bins on each side that belong to a peak: its lobe, and a second tone 40 Hz away
    CONFIRM = 7                 # windows in a row that are a tone: 100 ms of it
    BEATS = 28                  # windows in a row that are such a tone: no voice is one for 0.3 s
    MISSES = 3                  # windows without it that end it: a lost packet's patched edges are shorter

cdef float QUIET = 40.0                      # mean square below which nothing is looked for: -64 dBm0
cdef float SHARE = 0.80                      # of the energy that the peaks must have in a tone not yet confirmed
cdef float HELD_SHARE = 0.60                 # in one that is: noise comes and goes
cdef float SECOND = 0.08                     # of the energy that makes a second peak a second tone
cdef float LOWEST_HZ = 380.0                 # of the stronger tone: voices hold lower ones
cdef float STEP_HZ = 6.0                     # from window to window: 600 Hz/s, faster than beeps drift
cdef float STEP_DB = 1.5                     # a voice's swings are wider
cdef float HELD_STEP_DB = 3.0
cdef float BEATS_SHARE = 0.9                 # of the energy, in the ringing tones that are 40 or 50 Hz apart
cdef float BEATS_HZ = 510.0
cdef float BEATS_DB = 4.5                    # around their mean


cdef int16_t[BEEP_BINS][BEEP_WINDOW] _COS
cdef int16_t[BEEP_BINS][BEEP_WINDOW] _SIN
cdef float[BEEP_WINDOW] _HANN


cdef void _fill() noexcept:
    cdef int k, n
    cdef double angle, hann
    for n in range(BEEP_WINDOW):
        hann = 0.5 - 0.5 * cos(2 * M_PI * (n + 0.5) / BEEP_WINDOW)
        _HANN[n] = <float>hann
        for k in range(BEEP_BINS):
            angle = 2 * M_PI * SPACING * (FIRST + k) * n / 8000
            _COS[k][n] = <int16_t>lrint(SCALE * hann * cos(angle))
            _SIN[k][n] = <int16_t>lrint(-SCALE * hann * sin(angle))


_fill()


cdef float _energy(const int16_t* pcm) noexcept nogil:
    """Of the window, weighted as the table weighs it."""
    cdef float total = 0, value
    cdef int n
    for n in range(BEEP_WINDOW):
        value = pcm[n] * _HANN[n]
        total += value * value
    return total


cdef void _powers(const int16_t* pcm, float* power) noexcept nogil:
    cdef int32_t re, im
    cdef int k, n
    for k in range(BEEP_BINS):
        re = 0
        im = 0
        for n in range(BEEP_WINDOW):
            re += <int32_t>pcm[n] * _COS[k][n]
            im += <int32_t>pcm[n] * _SIN[k][n]
        power[k] = (<float>re * re + <float>im * im) * <float>(1.0 / SCALE / SCALE)


cdef int _highest(const float* power, int but) noexcept nogil:
    """The bin of the highest peak out of reach of the peak `but`; -1 when none rises from both sides."""
    cdef int k, best = -1
    for k in range(1, BEEP_BINS - 1):
        if but - REACH <= k <= but + REACH or power[k] < power[k - 1] or power[k] < power[k + 1]:
            continue
        if best < 0 or power[k] > power[best]:
            best = k
    return best


cdef float _around(const float* power, int middle, int but) noexcept nogil:
    """Power of a peak and what is in its reach, but for what was counted with the peak `but`."""
    cdef float total = 0
    cdef int k
    for k in range(middle - REACH, middle + REACH + 1):
        if 0 <= k < BEEP_BINS and not but - REACH <= k <= but + REACH:
            total += power[k]
    return total


cdef float _hz(const float* power, int k) noexcept nogil:
    """A Hann window's peak leans to one side by the ratio of its two highest bins."""
    cdef float side = power[k + 1] if power[k + 1] > power[k - 1] else power[k - 1]
    cdef float ratio = sqrtf(side / (power[k] + <float>1e-9))
    cdef float lean = (2 * ratio - 1) / (ratio + 1)
    return SPACING * (FIRST + k + (lean if power[k + 1] > power[k - 1] else -lean))


cdef void beep_measure(const int16_t* pcm, BeepWindow* found) noexcept nogil:
    cdef float[BEEP_BINS] power
    cdef float energy = _energy(pcm), whole, second
    cdef int one, two
    memset(found, 0, sizeof(BeepWindow))
    found.level = energy / BEEP_WINDOW
    if energy < QUIET * BEEP_WINDOW:
        return
    _powers(pcm, power)
    one = _highest(power, -9)
    if one < 0:
        return
    whole = energy * (BEEP_WINDOW / 2)  # by Parseval, over the positive frequencies
    found.hz = _hz(power, one)
    found.share = _around(power, one, -9) / whole
    two = _highest(power, one)
    if two >= 0:
        second = _around(power, two, one) / whole
        if second >= SECOND:
            found.hz2 = _hz(power, two)
            found.share += second


cdef bint _voiced(const BeepWindow* now) noexcept nogil:
    """Whether the two tones may as well be two harmonics of a voice: their difference is a voice's pitch."""
    cdef float pitch = fabsf(now.hz2 - now.hz), times
    if now.hz2 == 0 or pitch > 450:
        return False
    times = now.hz / pitch
    return fabsf(times - lrint(times)) < <float>0.06


cdef bint _tonal(const BeepWindow* now) noexcept nogil:
    return now.share >= SHARE and now.hz >= LOWEST_HZ and not _voiced(now)


cdef bint _follows(BeepTracker* state, const BeepWindow* now) noexcept nogil:
    """Whether the tone of the window before goes on in this one."""
    cdef const BeepWindow* before = &state.last
    cdef bint confirmed = state.run >= CONFIRM
    if now.share < HELD_SHARE or not (confirmed or _tonal(now)):
        return False
    if confirmed and state.beats >= BEATS and _beats(state, now):
        return True
    # Of two tones either may be the stronger; where one tone follows another there are two for a moment only.
    if fabsf(now.hz - before.hz) > STEP_HZ and not (
        fabsf(now.hz - before.hz2) <= STEP_HZ and 2 * state.paired >= state.run
    ):
        return False
    return _step_db(now.level, before.level) <= (HELD_STEP_DB if confirmed else STEP_DB)


cdef inline float _step_db(float one, float other) noexcept nogil:
    return fabsf(10 * log10f(one / other))


cdef bint _beats(BeepTracker* state, const BeepWindow* now) noexcept nogil:
    """Whether this may be two low tones so close that they are one which swells and wavers."""
    return (now.share >= BEATS_SHARE and LOWEST_HZ <= now.hz <= BEATS_HZ
            and _step_db(now.level, state.beats_level) <= BEATS_DB)


cdef void _count_beats(BeepTracker* state, const BeepWindow* now, int64_t end) noexcept nogil:
    if state.beats > 0 and _beats(state, now):
        state.beats += 1
        state.beats_level += (now.level - state.beats_level) / (state.beats if state.beats < 10 else 10)
        return
    state.beats = 0
    if now.share >= BEATS_SHARE and LOWEST_HZ <= now.hz <= BEATS_HZ:
        state.beats = 1
        state.beats_level = now.level
        state.beats_start = end - BEEP_WINDOW // 2


cdef void _begin(BeepTracker* state, const BeepWindow* now, int64_t end) noexcept nogil:
    state.last = now[0]
    state.run = 1
    state.paired = now.hz2 > 0
    state.misses = 0
    state.loudest = now.level
    state.start = end - BEEP_WINDOW // 2
    state.end = state.start
    state.first_hz = now.hz


cdef int _miss(BeepTracker* state, const BeepWindow* now) noexcept nogil:
    """The run does not go on in this window."""
    state.misses += 1
    if state.run < CONFIRM:
        state.run = 0
        return BEEP_NOTHING
    if state.misses < MISSES:
        return BEEP_NOTHING
    state.run = 0
    state.told = state.last
    state.told_start = state.start
    state.told_end = state.end
    state.told_first_hz = state.first_hz
    return BEEP_ENDED


cdef int _step(BeepTracker* state, const BeepWindow* now, int64_t end) noexcept nogil:
    """One window more, which ends at `end`; what is told of it."""
    cdef int told = BEEP_NOTHING
    if state.run > 0 and now.share > HELD_SHARE and now.level > state.loudest / 2:
        # A window that has half of the energy has the tone's edge in its middle.
        state.end = end - BEEP_WINDOW // 2
    _count_beats(state, now, end)
    if state.beats == BEATS and state.run < CONFIRM:
        _begin(state, now, end)
        state.start = state.beats_start
        state.run = CONFIRM
        return BEEP_BEGAN
    if state.run > 0 and _follows(state, now):
        state.run += 1
        state.paired += now.hz2 > 0
        state.misses = 0
        state.last = now[0]
        if now.level > state.loudest:
            state.loudest = now.level
        return BEEP_BEGAN if state.run == CONFIRM else BEEP_NOTHING
    if state.run > 0:
        told = _miss(state, now)
    if state.run == 0 and _tonal(now):
        _begin(state, now, end)
    return told


cdef void beep_tracker_init(BeepTracker* state) noexcept nogil:
    memset(state, 0, sizeof(BeepTracker))


cdef int beep_tracker_hop(BeepTracker* state, const int16_t* pcm, int64_t position) noexcept nogil:
    cdef BeepWindow now
    if position != state.position:
        # Nothing came in between: a tone that goes on behind a hole is another one.
        memset(state.window, 0, sizeof(state.window))
    state.position = position + BEEP_HOP
    memmove(state.window, &state.window[BEEP_HOP], (BEEP_WINDOW - BEEP_HOP) * sizeof(int16_t))
    memcpy(&state.window[BEEP_WINDOW - BEEP_HOP], pcm, BEEP_HOP * sizeof(int16_t))
    beep_measure(state.window, &now)
    state.level = now.level
    return _step(state, &now, state.position)


def measure(const uint8_t[::1] pcm):
    cdef BeepWindow found
    if pcm.shape[0] != 2 * BEEP_WINDOW:
        raise ValueError("a window is 320 samples of S16LE PCM")
    beep_measure(<const int16_t*>&pcm[0], &found)
    return found.hz, found.hz2, found.share, found.level


cdef class BeepListener:
    cdef BeepTracker _state
    cdef bytes _rest
    cdef list _levels

    def __cinit__(self):
        beep_tracker_init(&self._state)
        self._rest = b""
        self._levels = []

    def levels(self):
        cdef list levels = self._levels
        self._levels = []
        return levels

    def feed(self, bytes pcm, int64_t position):
        cdef list told = []
        cdef int told_now
        cdef bytes audio = pcm
        cdef int64_t at = position
        cdef Py_ssize_t done = 0, hops
        cdef const char* samples
        if len(pcm) % 2:
            raise ValueError("S16LE PCM must have an even number of bytes")
        if self._rest and self._state.position == position - len(self._rest) // 2:
            audio = self._rest + pcm
            at = self._state.position
        hops = len(audio) // (2 * BEEP_HOP)
        samples = audio
        while done < hops:
            with nogil:
                told_now = beep_tracker_hop(&self._state, <const int16_t*>&samples[done * 2 * BEEP_HOP], at)
            at += BEEP_HOP
            done += 1
            self._levels.append((at - BEEP_WINDOW // 2, self._state.level))
            if told_now == BEEP_BEGAN:
                told.append((False, self._state.start, at, self._state.first_hz,
                             self._state.last.hz, self._state.last.hz2, self._state.last.level))
            elif told_now == BEEP_ENDED:
                told.append((True, self._state.told_start, self._state.told_end, self._state.told_first_hz,
                             self._state.told.hz, self._state.told.hz2, self._state.told.level))
        self._rest = audio[done * 2 * BEEP_HOP:]
        if self._rest and not done:
            self._state.position = at
        return told
