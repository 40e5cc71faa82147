"""Sample arithmetic on 16-bit PCM: gain, mix, peak, energy, levels."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.math cimport log10
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t


cdef inline int16_t _saturate(int32_t value) noexcept nogil:
    value = 32767 if value > 32767 else value
    value = -32768 if value < -32768 else value
    return <int16_t>value


cdef void gain_q15(const int16_t* src, int16_t* dst, int n, int32_t gain) noexcept nogil:
    cdef int i
    # 32768 * 65535 + 2**14 still fits 31 bits, which is why the gain ends there.
    for i in range(n):
        dst[i] = _saturate((src[i] * gain + 16384) >> 15)


cdef void mix_saturating(const int16_t* a, const int16_t* b, int16_t* dst, int n) noexcept nogil:
    cdef int i
    for i in range(n):
        dst[i] = _saturate(<int32_t>a[i] + <int32_t>b[i])


cdef int peak(const int16_t* src, int n) noexcept nogil:
    # Two 16-bit extremes vectorise to one instruction each; |-32768| would not fit 16 bits.
    cdef int16_t low = 0, high = 0
    cdef int i
    for i in range(n):
        low = src[i] if src[i] < low else low
        high = src[i] if src[i] > high else high
    return -<int>low if -<int>low > high else high


cdef int64_t energy(const int16_t* src, int n) noexcept nogil:
    cdef int64_t total = 0
    cdef int i
    for i in range(n):
        total += <int32_t>src[i] * <int32_t>src[i]
    return total


cdef uint8_t level_db(const int16_t* src, int n) noexcept nogil:
    # 10 log10(1 + x) is 0 for silence and within 0.01 dB of the level from 27 dB on; 32768 squared gives 90.
    return <uint8_t>(10.0 * log10(1.0 + <double>energy(src, n) / n) + 0.5)


cdef int _count(const uint8_t[::1] pcm) except -1:
    if pcm.shape[0] % 2:
        raise ValueError("S16LE PCM must have an even number of bytes")
    return <int>(pcm.shape[0] // 2)


def apply_gain(const uint8_t[::1] pcm, int gain):
    cdef int n = _count(pcm)
    if not 0 <= gain <= 65535:
        raise ValueError("a Q15 gain lies in 0..65535")
    out = PyBytes_FromStringAndSize(NULL, 2 * n)
    if n:
        gain_q15(<const int16_t*>&pcm[0], <int16_t*>PyBytes_AS_STRING(out), n, gain)
    return out


def mix(const uint8_t[::1] a, const uint8_t[::1] b):
    cdef int n = _count(a)
    if a.shape[0] != b.shape[0]:
        raise ValueError("only frames of one length can be mixed")
    out = PyBytes_FromStringAndSize(NULL, 2 * n)
    if n:
        mix_saturating(<const int16_t*>&a[0], <const int16_t*>&b[0], <int16_t*>PyBytes_AS_STRING(out), n)
    return out


def peak_of(const uint8_t[::1] pcm):
    cdef int n = _count(pcm)
    return peak(<const int16_t*>&pcm[0], n) if n else 0


def energy_of(const uint8_t[::1] pcm):
    cdef int n = _count(pcm)
    return energy(<const int16_t*>&pcm[0], n) if n else 0


def levels_of(const uint8_t[::1] pcm, int window):
    cdef int n = _count(pcm), count, i
    cdef uint8_t* out
    if not 1 <= window <= 65535:
        raise ValueError("a window lies in 1..65535 samples")
    count = n // window
    levels = PyBytes_FromStringAndSize(NULL, count)
    out = <uint8_t*>PyBytes_AS_STRING(levels)
    for i in range(count):
        out[i] = level_db(<const int16_t*>&pcm[0] + i * window, window)
    return levels
