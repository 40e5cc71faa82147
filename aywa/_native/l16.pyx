"""Linear PCM of 16 bits in network byte order (RFC 3551 section 4.5.11)."""

from libc.stdint cimport int16_t, uint8_t


cdef void l16_encode(const int16_t* src, uint8_t* dst, int n) noexcept nogil:
    cdef int i
    for i in range(n):
        dst[2 * i] = <uint8_t>((<unsigned int>src[i]) >> 8)
        dst[2 * i + 1] = <uint8_t>src[i]


cdef void l16_decode(const uint8_t* src, int16_t* dst, int n) noexcept nogil:
    cdef int i
    for i in range(n):
        dst[i] = <int16_t>((src[2 * i] << 8) | src[2 * i + 1])
