"""Half-band resampling by two.

A half-band low-pass has every second tap zero but for the middle one. Of the two phases of a resampler by two,
one is therefore a plain delay and the other a symmetric filter of 24 taps: the equiripple (minimax) design for
0..3400 Hz at 8 kHz, the band of ITU-T G.712, rounded to Q14 under the condition that the taps add up to one
(both phases then have the same gain at 0 Hz, so a constant makes no tone at half the rate).
Q14 and not Q15: the magnitudes add up to 2.34, which with full-scale samples must stay below 2**31.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int16_t, int32_t, uint8_t
from libc.string cimport memcpy, memmove, memset

from aywa._native.correlate cimport correlate

cdef enum:
    BLOCK = 160                 # samples of the lower rate worked on at once: bounds the stack

cdef int16_t[HALF_TAPS] _TAPS
_TAPS[:] = [
    -26, 50, -90, 155, -245, 376, -555, 816, -1207, 1876, -3346, 10388,
    10388, -3346, 1876, -1207, 816, -555, 376, -245, 155, -90, 50, -26,
]


cdef inline int16_t _clip(int32_t value) noexcept nogil:
    value = 32767 if value > 32767 else value
    return <int16_t>(-32768 if value < -32768 else value)


cdef void up2_init(Up2* state) noexcept nogil:
    memset(state, 0, sizeof(Up2))


cdef void up2_process(Up2* state, const int16_t* src, int16_t* dst, int n) noexcept nogil:
    cdef int16_t[HALF_HISTORY + BLOCK] work
    cdef int32_t[BLOCK] sums
    cdef int i, count
    memcpy(work, state.history, sizeof(state.history))
    while n > 0:
        count = BLOCK if n > BLOCK else n
        memcpy(&work[HALF_HISTORY], src, count * sizeof(int16_t))
        correlate(_TAPS, HALF_TAPS, work, count, sums)
        for i in range(count):
            dst[2 * i] = work[i + HALF_DELAY]
            dst[2 * i + 1] = _clip((sums[i] + 8192) >> 14)
        memmove(work, &work[count], sizeof(state.history))
        src += count
        dst += 2 * count
        n -= count
    memcpy(state.history, work, sizeof(state.history))


cdef void down2_init(Down2* state) noexcept nogil:
    memset(state, 0, sizeof(Down2))


cdef void down2_process(Down2* state, const int16_t* src, int16_t* dst, int n) noexcept nogil:
    cdef int16_t[HALF_HISTORY + BLOCK] odd
    cdef int16_t[HALF_DELAY + BLOCK] even
    cdef int32_t[BLOCK] sums
    cdef int i, count
    memcpy(odd, state.odd, sizeof(state.odd))
    memcpy(even, state.even, sizeof(state.even))
    while n > 0:
        count = BLOCK if n > BLOCK else n
        for i in range(count):
            even[HALF_DELAY + i] = src[2 * i]
            odd[HALF_HISTORY + i] = src[2 * i + 1]
        correlate(_TAPS, HALF_TAPS, odd, count, sums)
        for i in range(count):
            dst[i] = _clip((sums[i] + (<int32_t>even[i] << 14) + 16384) >> 15)
        memmove(odd, &odd[count], sizeof(state.odd))
        memmove(even, &even[count], sizeof(state.even))
        src += 2 * count
        dst += count
        n -= count
    memcpy(state.odd, odd, sizeof(state.odd))
    memcpy(state.even, even, sizeof(state.even))


cdef class Upsampler:
    cdef Up2 _state

    def __cinit__(self):
        up2_init(&self._state)

    def process(self, const uint8_t[::1] pcm):
        cdef int n = <int>(pcm.shape[0] // 2)
        if pcm.shape[0] % 2:
            raise ValueError("S16LE PCM must have an even number of bytes")
        out = PyBytes_FromStringAndSize(NULL, 4 * n)
        if n:
            up2_process(&self._state, <const int16_t*>&pcm[0], <int16_t*>PyBytes_AS_STRING(out), n)
        return out


cdef class Downsampler:
    cdef Down2 _state

    def __cinit__(self):
        down2_init(&self._state)

    def process(self, const uint8_t[::1] pcm):
        cdef int n = <int>(pcm.shape[0] // 4)
        if pcm.shape[0] % 4:
            raise ValueError("halving the rate takes an even number of S16LE samples")
        out = PyBytes_FromStringAndSize(NULL, 2 * n)
        if n:
            down2_process(&self._state, <const int16_t*>&pcm[0], <int16_t*>PyBytes_AS_STRING(out), n)
        return out
