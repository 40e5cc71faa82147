"""Steady tones in the audio at 8 kHz: beeps of answering machines, fax machines, and what a network plays.

A window is tonal when one or two narrow peaks have nearly all of its energy. A tone is a run of tonal windows, one
every 10 ms, whose frequency and level go on from one to the next; a voice holds neither for a tenth of a second.
"""

from libc.math cimport fabsf, log10f, lrint
from libc.stdint cimport int16_t, int64_t
from libc.string cimport memcpy, memmove, memset

from aywa._native.tonal cimport TONAL_WINDOW, TonalWindow, tonal_measure

cdef enum:
    CONFIRM = 7                 # windows in a row that are a tone: 100 ms of it
    BEATS = 28                  # windows in a row that are such a tone: no voice is one for 0.3 s
    MISSES = 3                  # windows without it that end it: a lost packet's patched edges are shorter

cdef float SHARE = 0.80                      # of the energy that the peaks must have in a tone not yet confirmed
cdef float HIGH_SHARE = 0.66                 # the same where voices hold no tone: in noise 3 dB below it
cdef float HIGH_HZ = 560.0
cdef float VOICE_HZ = 900.0                  # two tones below it may be a voice's harmonics
cdef float HELD_SHARE = 0.55                 # in one that is: noise comes and goes
cdef float LOWEST_HZ = 380.0                 # of the stronger tone: voices hold lower ones
cdef float STEP_HZ = 6.0                     # from window to window: 600 Hz/s, faster than beeps drift
cdef float STEP_DB = 1.5                     # a voice's swings are wider
cdef float HELD_STEP_DB = 3.0
cdef float FULL = 0.8                        # of the loudest window's level: one that is not on an edge
cdef float BEATS_SHARE = 0.9                 # of the energy, in the ringing tones that are 40 or 50 Hz apart
cdef float BEATS_HZ = 510.0
cdef float BEATS_DB = 4.5                    # around their mean


cdef bint _voiced(const TonalWindow* now) noexcept nogil:
    """Whether the two tones may as well be two harmonics of a voice: their difference is a voice's pitch."""
    cdef float pitch = fabsf(now.hz2 - now.hz), times
    if now.hz2 == 0 or now.hz > VOICE_HZ or now.hz2 > VOICE_HZ:
        return False
    times = now.hz / pitch
    return fabsf(times - lrint(times)) < <float>0.06


cdef bint _tonal(const TonalWindow* now) noexcept nogil:
    return now.hz >= LOWEST_HZ and now.share >= (SHARE if now.hz < HIGH_HZ else HIGH_SHARE) and not _voiced(now)


cdef bint _follows(BeepTracker* state, const TonalWindow* now) noexcept nogil:
    """Whether the tone of the window before goes on in this one."""
    cdef const TonalWindow* before = &state.last
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


cdef bint _beats(BeepTracker* state, const TonalWindow* now) noexcept nogil:
    """Whether this may be two low tones so close that they are one which swells and wavers."""
    return (now.share >= BEATS_SHARE and LOWEST_HZ <= now.hz <= BEATS_HZ
            and _step_db(now.level, state.beats_level) <= BEATS_DB)


cdef void _count_beats(BeepTracker* state, const TonalWindow* now, int64_t end) noexcept nogil:
    if state.beats > 0 and _beats(state, now):
        state.beats += 1
        state.beats_level += (now.level - state.beats_level) / (state.beats if state.beats < 10 else 10)
        return
    state.beats = 0
    if now.share >= BEATS_SHARE and LOWEST_HZ <= now.hz <= BEATS_HZ:
        state.beats = 1
        state.beats_level = now.level
        state.beats_start = end - TONAL_WINDOW // 2


cdef void _begin(BeepTracker* state, const TonalWindow* now, int64_t end) noexcept nogil:
    state.last = now[0]
    state.full = now[0]
    state.run = 1
    state.paired = now.hz2 > 0
    state.misses = 0
    state.loudest = now.level
    state.start = end - TONAL_WINDOW // 2
    state.end = state.start
    state.first_hz = now.hz


cdef int _miss(BeepTracker* state) noexcept nogil:
    """The run does not go on in this window."""
    state.misses += 1
    if state.run < CONFIRM:
        state.run = 0
        return BEEP_NOTHING
    if state.misses < MISSES:
        return BEEP_NOTHING
    state.run = 0
    state.told = state.full
    state.told_start = state.start
    state.told_end = state.end
    state.told_first_hz = state.first_hz
    return BEEP_ENDED


cdef int _step(BeepTracker* state, const TonalWindow* now, int64_t end) noexcept nogil:
    """One window more, which ends at `end`; what is told of it."""
    cdef int told = BEEP_NOTHING
    if state.run > 0 and now.share > HELD_SHARE and now.level > state.loudest / 2:
        # A window that has half of the energy has the tone's edge in its middle.
        state.end = end - TONAL_WINDOW // 2
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
        if now.level > state.loudest * FULL:
            state.full = now[0]
        return BEEP_BEGAN if state.run == CONFIRM else BEEP_NOTHING
    if state.run > 0:
        told = _miss(state)
    if state.run == 0 and _tonal(now):
        _begin(state, now, end)
    return told


cdef void beep_tracker_init(BeepTracker* state) noexcept nogil:
    memset(state, 0, sizeof(BeepTracker))


cdef int beep_tracker_hop(BeepTracker* state, const int16_t* pcm, int64_t position) noexcept nogil:
    cdef TonalWindow now
    cdef int told = BEEP_NOTHING, step
    if position != state.position:
        # Nothing came in between: a tone that goes on behind a hole is another one.
        memset(state.window, 0, sizeof(state.window))
        state.beats = 0
        state.misses = MISSES
        told = _miss(state)
    state.position = position + BEEP_HOP
    memmove(state.window, &state.window[BEEP_HOP], (TONAL_WINDOW - BEEP_HOP) * sizeof(int16_t))
    memcpy(&state.window[TONAL_WINDOW - BEEP_HOP], pcm, BEEP_HOP * sizeof(int16_t))
    tonal_measure(state.window, &now)
    state.level = now.level
    step = _step(state, &now, state.position)
    return step if told == BEEP_NOTHING else told


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
            self._levels.append((at - TONAL_WINDOW // 2, self._state.level))
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
