"""Linear PCM of 16 bits in network byte order (RFC 3551 section 4.5.11)."""

from libc.stdint cimport int16_t, uint8_t

# n samples; `src` and `dst` do not overlap and need no alignment.
cdef void l16_encode(const int16_t* src, uint8_t* dst, int n) noexcept nogil
cdef void l16_decode(const uint8_t* src, int16_t* dst, int n) noexcept nogil
