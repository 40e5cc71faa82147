"""ITU-T G.711 companding, bit-exact to the G.191 reference (`ulaw_*`, `alaw_*` of its g711 module)."""

from libc.stdint cimport int16_t, uint8_t

# `src` and `dst` hold `n` samples each and do not overlap. `n` may be 0.
cdef void ulaw_decode(const uint8_t* src, int16_t* dst, int n) noexcept nogil
cdef void alaw_decode(const uint8_t* src, int16_t* dst, int n) noexcept nogil
cdef void ulaw_encode(const int16_t* src, uint8_t* dst, int n) noexcept nogil
cdef void alaw_encode(const int16_t* src, uint8_t* dst, int n) noexcept nogil
