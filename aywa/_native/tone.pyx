"""DTMF as tones in the audio (ITU-T Q.23), for peers without telephone-event."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.math cimport M_PI, cos, lrint, pow, sin
from libc.stdint cimport int16_t
from libc.string cimport memset

cdef enum:
    RAMP_MS = 2                 # without it the ends click, which some detectors take for a third tone

cdef double FULL = 22656.0      # amplitude of 0 dBm0 (G.711: a sine at 3.17 dBm0 just fills mu-law)
cdef double TWIST_DB = -2.0     # of the low tone against the high one

cdef int[4] _LOW = [697, 770, 852, 941]
cdef int[4] _HIGH = [1209, 1336, 1477, 1633]
cdef int[16] _KEYS = [13, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 14, 3, 7, 11, 15]  # of an event: row * 4 + column


cdef void tone_sender_init(ToneSender* state) noexcept nogil:
    memset(state, 0, sizeof(ToneSender))
    state.event = -1


cdef int tone_sender_start(ToneSender* state, int event, int duration, int pause, int rate, int level) noexcept nogil:
    cdef int i
    cdef double step, amplitude
    if state.event >= 0 or not 0 <= event < 16 or not 0 < duration <= 0x3FFFFFFF or not 0 <= pause <= 0x3FFFFFFF:
        return -1
    if (rate != 8000 and rate != 16000) or not -40 <= level <= -3:
        return -1
    state.event = event
    state.total = duration
    state.pause = pause
    state.sent = 0
    state.ramp = RAMP_MS * rate // 1000
    if state.ramp * 2 > duration:
        state.ramp = duration // 2
    for i in range(2):
        step = 2 * M_PI * (_HIGH[_KEYS[event] & 3] if i else _LOW[_KEYS[event] >> 2]) / rate
        amplitude = FULL * pow(10, (level + (0 if i else TWIST_DB)) / 20)
        state.swing[i] = 2 * cos(step)
        state.now[i] = 0
        state.before[i] = -amplitude * sin(step)
    return 0


cdef double _sample(ToneSender* state) noexcept nogil:
    """Both oscillators one step on: two multiplications, and exact for minutes in double precision."""
    cdef double value = state.now[0] + state.now[1], following
    cdef int i, left = state.total - state.sent
    for i in range(2):
        following = state.swing[i] * state.now[i] - state.before[i]
        state.before[i] = state.now[i]
        state.now[i] = following
    if state.sent < state.ramp:
        value = value * (state.sent + 1) / (state.ramp + 1)
    if left <= state.ramp:
        value = value * left / (state.ramp + 1)
    return value


cdef int tone_sender_next(ToneSender* state, int16_t* pcm, int n) noexcept nogil:
    cdef int i, used = 0
    for i in range(n):
        pcm[i] = 0
        if state.event < 0:
            continue
        if state.sent < state.total:
            pcm[i] = <int16_t>lrint(_sample(state))
        state.sent += 1
        used = i + 1
        if state.sent >= state.total + state.pause:
            state.event = -1
    return used


cdef class ToneTransmitter:
    cdef ToneSender _state

    def __cinit__(self):
        tone_sender_init(&self._state)

    def start(self, int event, int duration, int pause, int rate_hz=8000, int level_dbm0=-8):
        if self._state.event >= 0:
            raise ValueError("a press is being sent")
        if tone_sender_start(&self._state, event, duration, pause, rate_hz, level_dbm0):
            raise ValueError("a press has an event in 0..15, a length, a rate of 8 or 16 kHz and -40..-3 dBm0")

    def next(self, int samples):
        cdef int16_t[4800] pcm
        if not 0 <= samples <= 4800:
            raise ValueError("samples lie in 0..4800")
        samples = tone_sender_next(&self._state, pcm, samples)
        return PyBytes_FromStringAndSize(<char*>pcm, samples * 2)
