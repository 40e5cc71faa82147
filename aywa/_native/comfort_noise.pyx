"""Comfort noise (RFC 3389).

White noise goes through an all-pole lattice in its normalised form, whose sections are rotations: they keep energy, so
the output has the power of the input whatever the coefficients are, and no sequence of payloads makes it blow up. The
sign of the coefficients is that of ITU-T G.711 Appendix II and its users: the first is minus the correlation of neighbours.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.math cimport floor, log10, pow, sqrt
from libc.stdint cimport int16_t, int64_t, uint8_t, uint64_t
from libc.string cimport memset

from aywa.errors import ParseError

cdef enum:
    GLIDE = 64                  # samples in which the level gets 63 % nearer to where it belongs: 8 ms at 8 kHz
    LEVEL_MAX = 127             # -dBov that 7 bits can say
    ZERO = 127                  # coded value of a coefficient of 0 (section 3.2)
    CODE_MAX = 254              # 255 is reserved

cdef double _OVERLOAD = 32767.0             # 0 dBov: RMS of a square wave at full scale (section 3.1)
cdef double _STEP = 258.0 / 32768.0         # between two coded values (section 3.2)
cdef double _UNIT = 65536.0 * 0.5773502691896258    # deviation of the sum of four uniform 16-bit numbers


cdef void noise_init(ComfortNoise* state, uint64_t seed) noexcept nogil:
    memset(state, 0, sizeof(ComfortNoise))
    # Neighbouring seeds begin far apart, and 0, from which xorshift never comes away, is none.
    state.random = (seed ^ (seed >> 31)) * <uint64_t>0x9E3779B97F4A7C15
    if state.random == 0:
        state.random = 1


cdef int noise_receive(ComfortNoise* state, const uint8_t* payload, int length) noexcept nogil:
    cdef int k, code
    if length < 1:
        return -1
    state.level = _OVERLOAD * pow(10.0, -(payload[0] & LEVEL_MAX) / 20.0)
    state.order = length - 1 if length - 1 < NOISE_ORDER else NOISE_ORDER
    for k in range(NOISE_ORDER):
        code = payload[1 + k] if k < state.order else ZERO
        code = CODE_MAX if code > CODE_MAX else code
        state.reflection[k] = (code - ZERO) * _STEP
        state.passed[k] = sqrt(1.0 - state.reflection[k] * state.reflection[k])
    return 0


cdef inline double _white(ComfortNoise* state) noexcept nogil:
    """A number of mean 0 and variance 1, nearly normal: four uniform ones of a xorshift64* added up."""
    cdef uint64_t bits = state.random
    bits ^= bits >> 12
    bits ^= bits << 25
    bits ^= bits >> 27
    state.random = bits
    bits *= <uint64_t>0x2545F4914F6CDD1D
    cdef int64_t sum = <int64_t>((bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48))
    return (sum - 2 * 65535) / _UNIT


cdef void noise_fill(ComfortNoise* state, int16_t* pcm, int n) noexcept nogil:
    cdef double forward, into, backward, value
    cdef int i, m
    for i in range(n):
        forward = _white(state)
        for m in range(state.order - 1, -1, -1):
            into = forward
            backward = state.memory[m]
            forward = state.passed[m] * into - state.reflection[m] * backward
            if m + 1 < state.order:
                state.memory[m + 1] = state.reflection[m] * into + state.passed[m] * backward
        state.memory[0] = forward
        state.gain += (state.level - state.gain) / GLIDE
        value = floor(forward * state.gain + 0.5)
        value = 32767.0 if value > 32767.0 else value
        pcm[i] = <int16_t>(-32768.0 if value < -32768.0 else value)


cdef void _reflect(const double* correlation, int order, double* reflection) noexcept nogil:
    """Reflection coefficients of an autocorrelation by Schur's recursion, which needs no predictor."""
    cdef double[NOISE_ORDER + 1] forward, backward
    cdef double k, kept
    cdef int i, m
    for i in range(order + 1):
        forward[i] = correlation[i]
        backward[i] = correlation[i]
    for m in range(order):
        k = -forward[m + 1] / backward[0] if backward[0] > 0.0 else 0.0
        reflection[m] = k
        for i in range(order - m):
            kept = forward[m + 1 + i]
            forward[m + 1 + i] = kept + k * backward[i]
            backward[i] = backward[i] + k * kept
        # backward[i] now stands for the lag m + 1 + i.


cdef int noise_describe(const int16_t* pcm, int n, int order, uint8_t* payload) noexcept nogil:
    cdef double[NOISE_ORDER + 1] correlation
    cdef double[NOISE_ORDER] reflection
    cdef double level = LEVEL_MAX, code
    cdef int64_t total
    cdef int i, lag
    memset(correlation, 0, sizeof(correlation))
    for lag in range(order + 1):
        total = 0
        for i in range(n - lag):
            total += <int64_t>pcm[i] * pcm[i + lag]
        correlation[lag] = <double>total
    if correlation[0] > 0.0:
        level = -10.0 * log10(correlation[0] / n / (_OVERLOAD * _OVERLOAD))
        level = LEVEL_MAX if level > LEVEL_MAX else 0.0 if level < 0.0 else level
    payload[0] = <uint8_t>floor(level + 0.5)
    _reflect(correlation, order, reflection)
    for lag in range(order):
        code = floor(reflection[lag] / _STEP + 0.5) + ZERO
        payload[1 + lag] = <uint8_t>(CODE_MAX if code > CODE_MAX else 0.0 if code < 0.0 else code)
    return 1 + order


cdef class NoiseGenerator:
    cdef ComfortNoise _state

    def __cinit__(self, uint64_t seed):
        noise_init(&self._state, seed)

    def receive(self, const uint8_t[::1] payload):
        cdef uint8_t none = 0
        cdef int length = <int>payload.shape[0]
        if noise_receive(&self._state, &payload[0] if length else &none, length) < 0:
            raise ParseError("comfort noise without a level", where="payload")

    def fill(self, int samples):
        if not 0 <= samples <= 16000:
            raise ValueError("at most one second at 16 kHz is made at once")
        out = PyBytes_FromStringAndSize(NULL, 2 * samples)
        noise_fill(&self._state, <int16_t*>PyBytes_AS_STRING(out), samples)
        return out


def describe_noise(const uint8_t[::1] pcm, int order=0):
    cdef uint8_t[NOISE_PAYLOAD_MAX] payload
    cdef int16_t none = 0
    cdef int samples = <int>(pcm.shape[0] // 2), length
    if pcm.shape[0] % 2:
        raise ValueError("S16LE PCM must have an even number of bytes")
    if not 0 <= order <= NOISE_ORDER:
        raise ValueError("0 to 10 reflection coefficients are told")
    length = noise_describe(<const int16_t*>&pcm[0] if samples else &none, samples, order, payload)
    return (<char*>payload)[:length]
