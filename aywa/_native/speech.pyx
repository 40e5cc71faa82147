"""Confirmed speech: the WebRTC VAD says what kind of sound it is, energies say for how long it has lasted.

The VAD alone cannot tell a click from a word: it stays on for some frames after either (its hang-over). So a
frame it calls voiced confirms speech only when enough 2 ms units of the last 60 ms were clearly above the
background. 17 units (34 ms) are more than any sound of under 30 ms can touch; a word's onset reaches them in
the second or third packet. docs/decisions.md has the measurement on recorded words.
"""

from libc.stdint cimport int64_t
from libc.string cimport memset

from aywa._native.vad cimport vad_free, vad_new, vad_process

from aywa._native.vad import bind_vad

cdef extern from *:
    int __builtin_popcount(unsigned int) noexcept nogil
    int __builtin_clz(unsigned int) noexcept nogil

# Mean squares. Units below -50 dBFS never count as the start of speech, below -55 dBFS never as its going on.
cdef float _QUIETEST = 100.0 * 100.0
cdef float _QUIETEST_GOING = 60.0 * 60.0
# Above the background: 8 dB start speech, 5 dB keep it going.
cdef float _START_RATIO = 6.0
cdef float _GOING_RATIO = 3.0
# A background louder than -35 dBFS is followed no further.
cdef float _LOUDEST_FLOOR = 600.0 * 600.0


cdef void speech_init(SpeechDetector* d, void* vad, int start_units, int stop_samples) noexcept nogil:
    memset(d, 0, sizeof(SpeechDetector))
    d.vad = vad
    d.start_units = start_units
    d.stop_samples = stop_samples
    d.floor = 50.0 * 50.0


cdef float _larger(float a, float b) noexcept nogil:
    return a if a > b else b


cdef float _level_of_unit(const int16_t* unit) noexcept nogil:
    cdef int i, sum_squares = 0
    for i in range(SPEECH_UNIT):
        # The shift keeps 16 squares within 31 bits.
        sum_squares += (unit[i] * unit[i]) >> 4
    return <float>sum_squares


cdef int speech_loud_units(const SpeechDetector* d, const int16_t* pcm, int n) noexcept nogil:
    cdef float threshold = _larger(_QUIETEST, _START_RATIO * d.floor)
    cdef int u, loud = 0
    for u in range(n // SPEECH_UNIT):
        loud += _level_of_unit(&pcm[SPEECH_UNIT * u]) > threshold
    return loud


cdef int _last_loud_unit(const float* energies, float threshold) noexcept nogil:
    cdef int u
    for u in range(9, -1, -1):
        if energies[u] > threshold:
            return u
    return -1


cdef bint _is_voiced(SpeechDetector* d, const int16_t* frame) noexcept nogil:
    """Nothing can start speech in a frame without a loud unit: of those the VAD sees enough to know the noise."""
    if (d.active & ((1 << SPEECH_FRAME_UNITS) - 1) == 0 and not d.speaking and d.frames >= SPEECH_WARM_UP
            and d.spared < SPEECH_SPARED):
        d.spared += 1
        return False
    d.spared = 0
    return vad_process(d.vad, 8000, frame, 160) == 1


cdef int speech_frame(SpeechDetector* d, const int16_t* frame, int64_t position) noexcept nogil:
    cdef float[10] energies
    cdef float threshold = _larger(_QUIETEST, _START_RATIO * d.floor), mean = 0
    cdef int u, loud, oldest
    cdef bint voiced
    for u in range(10):
        energies[u] = _level_of_unit(&frame[SPEECH_UNIT * u])
        mean += energies[u] / 10
        d.active = ((d.active << 1) | (energies[u] > threshold)) & ((1 << SPEECH_WINDOW) - 1)
    voiced = _is_voiced(d, frame)
    if not voiced:
        d.floor += (mean - d.floor) * (0.05 if mean > d.floor else 0.2)
        d.floor = _LOUDEST_FLOOR if d.floor > _LOUDEST_FLOOR else d.floor
    if d.frames < SPEECH_WARM_UP:
        d.frames += 1
        return SPEECH_NONE
    if d.speaking:
        loud = _last_loud_unit(energies, _larger(_QUIETEST_GOING, _GOING_RATIO * d.floor)) if voiced else -1
        if loud >= 0:
            d.last_active = position + SPEECH_UNIT * (loud + 1)
        return speech_idle(d, position + 160)
    if not voiced or __builtin_popcount(d.active) < d.start_units:
        return SPEECH_NONE
    oldest = 31 - __builtin_clz(d.active)
    d.onset = position + 160 - SPEECH_UNIT * (oldest + 1)
    d.last_active = position + SPEECH_UNIT * (_last_loud_unit(energies, threshold) + 1)
    d.speaking = True
    return SPEECH_STARTED


cdef int speech_idle(SpeechDetector* d, int64_t position) noexcept nogil:
    if not d.speaking or position - d.last_active < d.stop_samples:
        return SPEECH_NONE
    d.speaking = False
    d.active = 0
    return SPEECH_STOPPED


cdef class SpeechMonitor:
    cdef SpeechDetector _state
    cdef void* _vad

    def __cinit__(self, int mode, int start_ms=34, int stop_ms=400):
        bind_vad()
        self._vad = vad_new(mode)
        if self._vad == NULL:
            raise ValueError("a VAD mode lies in 0..3")
        speech_init(&self._state, self._vad, start_ms // 2, stop_ms * 8)

    def __dealloc__(self):
        vad_free(self._vad)

    def receive(self, const unsigned char[::1] pcm, int64_t position):
        cdef int verdict
        if pcm.shape[0] != 320:
            raise ValueError("a frame has 160 samples")
        verdict = speech_frame(&self._state, <const int16_t*>&pcm[0], position)
        if verdict == SPEECH_STARTED:
            return ("started", self._state.onset)
        if verdict == SPEECH_STOPPED:
            return ("stopped", self._state.last_active)
        return None
