"""ITU-T G.711 companding: table look-up to decode, arithmetic that gcc vectorises to encode.

Both codes are a tiny floating-point format: a sign, a 3-bit exponent (the segment) and a 4-bit mantissa.
So a magnitude converted to IEEE 754 single precision already holds the code in its exponent and the top
four bits of its mantissa; no search for the segment and no 16 KiB table in the first-level cache.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int16_t, int32_t, uint8_t
from libc.string cimport memcpy


cdef int16_t[256] _ULAW
cdef int16_t[256] _ALAW


cdef int _ulaw_value(int code) noexcept nogil:
    """G.711 table 2: 16-bit left-justified value of a code word (14 significant bits)."""
    cdef int inverted = ~code & 0xFF
    cdef int exponent = (inverted >> 4) & 7
    cdef int magnitude = ((((inverted & 15) << 1) + 33) << (exponent + 2)) - (33 << 2)
    return -magnitude if inverted & 0x80 else magnitude


cdef int _alaw_value(int code) noexcept nogil:
    """G.711 table 1: 16-bit left-justified value of a code word (13 significant bits)."""
    cdef int plain = code ^ 0x55
    cdef int exponent = (plain >> 4) & 7
    cdef int magnitude = ((plain & 15) << 1) + 1
    if exponent:
        magnitude = (magnitude + 32) << (exponent - 1)
    magnitude <<= 3
    return magnitude if plain & 0x80 else -magnitude


cdef void _fill_tables() noexcept nogil:
    cdef int code
    for code in range(256):
        _ULAW[code] = <int16_t>_ulaw_value(code)
        _ALAW[code] = <int16_t>_alaw_value(code)


_fill_tables()


cdef void ulaw_decode(const uint8_t* src, int16_t* dst, int n) noexcept nogil:
    cdef int i
    for i in range(n):
        dst[i] = _ULAW[src[i]]


cdef void alaw_decode(const uint8_t* src, int16_t* dst, int n) noexcept nogil:
    cdef int i
    for i in range(n):
        dst[i] = _ALAW[src[i]]


cdef void ulaw_encode(const int16_t* src, uint8_t* dst, int n) noexcept nogil:
    cdef int i
    cdef int32_t sample, sign, magnitude, bits
    cdef float real
    for i in range(n):
        sample = src[i]
        sign = sample >> 31
        # One's complement of the 14 significant bits, then the bias of 33 (G.191).
        magnitude = ((sample ^ sign) >> 2) + 33
        magnitude = 8191 if magnitude > 8191 else magnitude
        real = <float>magnitude
        memcpy(&bits, &real, 4)
        # The first segment starts at 2**5; the code word is inverted but for the sign, which is 1 for positive.
        bits = (bits >> 19) - ((127 + 5) << 4)
        dst[i] = <uint8_t>(bits ^ 0xFF ^ (sign & 0x80))


cdef void alaw_encode(const int16_t* src, uint8_t* dst, int n) noexcept nogil:
    cdef int i
    cdef int32_t sample, sign, magnitude, lift, bits
    cdef float real
    for i in range(n):
        sample = src[i]
        sign = sample >> 31
        # One's complement of the 12 bits that decide the code (G.191).
        magnitude = (sample ^ sign) >> 4
        # Segment 1 starts at 2**4; segment 0 has the same steps, so it is lifted into segment 1 for the look.
        lift = ((magnitude - 16) >> 31) & 16
        real = <float>(magnitude + lift)
        memcpy(&bits, &real, 4)
        bits = (bits >> 19) - ((127 + 3) << 4) - lift
        dst[i] = <uint8_t>(bits ^ 0xD5 ^ (sign & 0x80))


cdef bytes _decode(const uint8_t[::1] codes, bint alaw):
    cdef int n = <int>codes.shape[0]
    out = PyBytes_FromStringAndSize(NULL, 2 * n)
    if alaw and n:
        alaw_decode(&codes[0], <int16_t*>PyBytes_AS_STRING(out), n)
    elif n:
        ulaw_decode(&codes[0], <int16_t*>PyBytes_AS_STRING(out), n)
    return out


cdef bytes _encode(const uint8_t[::1] pcm, bint alaw):
    cdef int n = <int>(pcm.shape[0] // 2)
    if pcm.shape[0] % 2:
        raise ValueError("S16LE PCM must have an even number of bytes")
    out = PyBytes_FromStringAndSize(NULL, n)
    if alaw and n:
        alaw_encode(<const int16_t*>&pcm[0], <uint8_t*>PyBytes_AS_STRING(out), n)
    elif n:
        ulaw_encode(<const int16_t*>&pcm[0], <uint8_t*>PyBytes_AS_STRING(out), n)
    return out


def decode_ulaw(codes):
    return _decode(codes, False)


def decode_alaw(codes):
    return _decode(codes, True)


def encode_ulaw(pcm):
    return _encode(pcm, False)


def encode_alaw(pcm):
    return _encode(pcm, True)
