"""Sound made shorter or longer by a pitch period, without a click and without another pitch."""

from libc.stdint cimport int16_t

cdef enum:
    TIMESCALE_LONGEST = 240     # samples at most that one step takes away or adds: 15 ms at 16 kHz

# The lag in samples (2.5 ms to 15 ms, no longer than `longest`) after which pcm[:n] is most like itself, at rate 8000
# or 16000; 0 if nowhere is it like enough: correlated by `least` (0..1) or silent.
cdef int timescale_lag(const int16_t* pcm, int n, int rate, int longest, float least) noexcept nogil
# n samples to `out` for the first n + lag of `pcm`: lag <= n.
cdef void timescale_shorten(const int16_t* pcm, int lag, int16_t* out, int n) noexcept nogil
# n samples to `out` for the first n - lag of `pcm`: 2 * lag <= n.
cdef void timescale_lengthen(const int16_t* pcm, int lag, int16_t* out, int n) noexcept nogil
