"""Comfort noise (RFC 3389): noise of the level and spectrum that a payload describes, and payloads of a background."""

from libc.stdint cimport int16_t, uint8_t, uint64_t

cdef enum:
    NOISE_ORDER = 10            # reflection coefficients used; a payload may carry more
    NOISE_PAYLOAD_MAX = 1 + NOISE_ORDER

cdef struct ComfortNoise:
    uint64_t random             # of the generator; never 0
    double gain                 # RMS of what is given out, on its way to `level`
    double level
    int order
    double[NOISE_ORDER] reflection
    double[NOISE_ORDER] passed          # sqrt(1 - reflection**2)
    double[NOISE_ORDER] memory

# Silent until a payload came. The same seed and payloads give the same noise.
cdef void noise_init(ComfortNoise* state, uint64_t seed) noexcept nogil
# A payload; 0, or -1 for an empty one. Level and spectrum glide to it within some milliseconds of noise.
cdef int noise_receive(ComfortNoise* state, const uint8_t* payload, int length) noexcept nogil
# n samples of noise at whatever rate: the spectrum is relative to it.
cdef void noise_fill(ComfortNoise* state, int16_t* pcm, int n) noexcept nogil
# The payload of a piece of background, with `order` coefficients (0..NOISE_ORDER); writes and returns 1 + order bytes.
# Digital silence, and n 0, is level 127 with a flat spectrum.
cdef int noise_describe(const int16_t* pcm, int n, int order, uint8_t* payload) noexcept nogil
