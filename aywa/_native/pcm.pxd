"""Sample arithmetic on 16-bit PCM."""

from libc.stdint cimport int16_t, int32_t, int64_t

# gain: 0..65535 in Q15 (32768 = unity, at most 6 dB up); rounds and saturates. `dst` may be `src`.
cdef void gain_q15(const int16_t* src, int16_t* dst, int n, int32_t gain) noexcept nogil
# dst = a + b, saturated to int16. `dst` may be `a` or `b`.
cdef void mix_saturating(const int16_t* a, const int16_t* b, int16_t* dst, int n) noexcept nogil
# Largest absolute sample, 0..32768.
cdef int peak(const int16_t* src, int n) noexcept nogil
# Sum of squares, 0..n * 2**30.
cdef int64_t energy(const int16_t* src, int n) noexcept nogil
