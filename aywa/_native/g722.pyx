"""ITU-T G.722 at 64 kbit/s (mode 1): the recommendation's integer arithmetic, so that it is exact to the bit.

A quadrature mirror filter splits 16 kHz into two bands of 8 kHz; the lower is quantised with 6 bits, the higher with
2, each as the difference to a prediction from two poles and six zeros that follow the signal. Saturation is kept where
a value can leave its 16 bits, and left out where the recommendation has it but the tables' ranges do not need it.
"""

from libc.stdint cimport int16_t, int32_t, uint8_t
from libc.string cimport memcpy, memmove, memset

cdef enum:
    PHASE = 12                  # taps of each phase of the filter
    BLOCK = 80                  # pairs of samples worked on at once: bounds the stack
    LOW_STEP = 32               # steps at the start (table 9)
    HIGH_STEP = 8
    LOW_SCALE_MAX = 18432
    HIGH_SCALE_MAX = 22528

# Taps of the filter, oldest sample first (table 11, which is symmetric): to the sum and to the difference of its two
# phases when the bands are split, and the phases themselves when they are joined.
cdef int16_t[G722_TAPS] _TO_LOW
_TO_LOW[:] = [
    3, -11, -11, 53, 12, -156, 32, 362, -210, -805, 951, 3876,
    3876, 951, -805, -210, 362, 32, -156, 12, 53, -11, -11, 3,
]
cdef int16_t[G722_TAPS] _TO_HIGH
cdef int16_t[PHASE] _OF_SUM
cdef int16_t[PHASE] _OF_DIFFERENCE


cdef void _fill_tables() noexcept nogil:
    cdef int k
    for k in range(PHASE):
        _TO_HIGH[2 * k] = -_TO_LOW[2 * k]
        _TO_HIGH[2 * k + 1] = _TO_LOW[2 * k + 1]
        _OF_SUM[k] = _TO_LOW[2 * k]
        _OF_DIFFERENCE[k] = _TO_LOW[2 * k + 1]


_fill_tables()

# Decision levels of the lower band's quantiser (table 14), with an end that no difference reaches.
cdef int32_t[32] _LEVELS
_LEVELS[:] = [
    0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650,
    714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
    100000, 100000,
]
# Output of the inverse quantisers for 6, 4 and 2 bits (tables 16 to 18), by code word.
cdef int16_t[64] _OUTPUT6
_OUTPUT6[:] = [
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
    -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
    24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
    4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
]
cdef int16_t[16] _OUTPUT4
_OUTPUT4[:] = [
    0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
]
cdef int16_t[4] _OUTPUT2
_OUTPUT2[:] = [-7408, -1616, 7408, 1616]
# Logarithmic multipliers by code word: W of tables 19 and 20 through the ranks of the code words.
cdef int16_t[16] _GROWTH4
_GROWTH4[:] = [-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60]
cdef int16_t[4] _GROWTH2
_GROWTH2[:] = [798, -214, 798, -214]
# Antilogarithm of the scale, 2**(i/32) in Q11 (table 15).
cdef int16_t[32] _ANTILOG
_ANTILOG[:] = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
    2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
]


cdef inline int32_t _saturated(int32_t value) noexcept nogil:
    value = 32767 if value > 32767 else value
    return -32768 if value < -32768 else value


cdef void g722_init(G722* state) noexcept nogil:
    memset(state, 0, sizeof(G722))
    state.low.step = LOW_STEP
    state.high.step = HIGH_STEP


cdef inline void _rescale(G722Band* band, int32_t growth, int32_t most, int32_t bits) noexcept nogil:
    """Blocks LOGSCL and SCALEL, or LOGSCH and SCALEH: the step follows the size of the code words."""
    cdef int32_t scale = ((band.scale * 127) >> 7) + growth, shift
    scale = most if scale > most else scale
    scale = 0 if scale < 0 else scale
    band.scale = scale
    shift = bits - (scale >> 11)
    scale = _ANTILOG[(scale >> 6) & 31]
    band.step = (scale >> shift if shift >= 0 else scale << -shift) << 2


cdef inline void _adapt_poles(G722Band* band, int32_t sum) noexcept nogil:
    """Blocks UPPOL2 and UPPOL1: each pole moves with the signs of the partially rebuilt signal."""
    cdef int32_t same1 = -((sum ^ band.partial[0]) >> 31) ^ 1
    cdef int32_t same2 = -((sum ^ band.partial[1]) >> 31) ^ 1
    cdef int32_t lean = _saturated(band.poles[0] * 4), second, first, bound
    lean = _saturated(-lean) if same1 else lean
    second = (lean >> 7) + (128 if same2 else -128) + ((band.poles[1] * 32512) >> 15)
    second = 12288 if second > 12288 else second
    second = -12288 if second < -12288 else second
    first = (192 if same1 else -192) + ((band.poles[0] * 32640) >> 15)
    bound = 15360 - second
    first = bound if first > bound else first
    first = -bound if first < -bound else first
    band.poles[0] = first
    band.poles[1] = second


cdef inline void _adapt(G722Band* band, int32_t difference) noexcept nogil:
    """Block 4: the predictor takes the decoded difference of a sample in and predicts the next one."""
    cdef int32_t rebuilt = _saturated(band.estimate + difference)
    cdef int32_t sum = _saturated(band.zeros + difference)
    cdef int32_t move = 128 if difference else 0
    cdef int32_t zeros = 0, sign, k
    _adapt_poles(band, sum)
    for k in range(6):
        sign = (difference ^ band.differences[k]) >> 31
        band.taps[k] = ((band.taps[k] * 32640) >> 15) + ((move ^ sign) - sign)
    for k in range(5, 0, -1):
        band.differences[k] = band.differences[k - 1]
    band.differences[0] = difference
    for k in range(5, -1, -1):
        zeros = _saturated(zeros + ((band.taps[k] * (2 * band.differences[k])) >> 15))
    band.zeros = zeros
    sign = _saturated(
        ((band.poles[0] * _saturated(2 * rebuilt)) >> 15) + ((band.poles[1] * _saturated(2 * band.before)) >> 15)
    )
    band.estimate = _saturated(sign + zeros)
    band.before = rebuilt
    band.partial[1] = band.partial[0]
    band.partial[0] = sum


cdef inline int32_t _quantise_low(const G722Band* band, int32_t sample) noexcept nogil:
    """Block QUANTL: 6 bits, by the first decision level that the difference does not reach."""
    cdef int32_t difference = _saturated(sample - band.estimate)
    cdef int32_t magnitude = difference ^ (difference >> 31)
    cdef int32_t reached = 0, half = 16
    while half:
        reached += half if magnitude >= (_LEVELS[reached + half] * band.step) >> 12 else 0
        half >>= 1
    if difference >= 0:
        return 61 - reached
    return 63 - reached if reached < 2 else 33 - reached


cdef inline int32_t _quantise_high(const G722Band* band, int32_t sample) noexcept nogil:
    """Block QUANTH: 2 bits."""
    cdef int32_t difference = _saturated(sample - band.estimate)
    cdef int32_t magnitude = difference ^ (difference >> 31)
    cdef int32_t inner = magnitude < (564 * band.step) >> 12
    return (2 if difference >= 0 else 0) + inner


cdef inline void _follow_low(G722Band* band, int32_t code) noexcept nogil:
    cdef int32_t difference = (band.step * _OUTPUT4[code >> 2]) >> 15
    _rescale(band, _GROWTH4[code >> 2], LOW_SCALE_MAX, 8)
    _adapt(band, difference)


cdef inline void _follow_high(G722Band* band, int32_t code) noexcept nogil:
    cdef int32_t difference = (band.step * _OUTPUT2[code]) >> 15
    _rescale(band, _GROWTH2[code], HIGH_SCALE_MAX, 10)
    _adapt(band, difference)


cdef inline int32_t _limited(int32_t value) noexcept nogil:
    """Block LIMIT: a band's output has 15 bits."""
    value = 16383 if value > 16383 else value
    return -16384 if value < -16384 else value


cdef void g722_encode(G722* state, const int16_t* pcm, uint8_t* out, int n) noexcept nogil:
    cdef int16_t[G722_HISTORY + 2 * BLOCK] work
    cdef int32_t[BLOCK] lows, highs
    cdef int32_t low, high
    cdef int i, k, count
    memcpy(work, state.history, sizeof(state.history))
    while n > 0:
        count = BLOCK if n > BLOCK else n
        memcpy(&work[G722_HISTORY], pcm, 2 * count * sizeof(int16_t))
        for i in range(count):
            low = 0
            high = 0
            for k in range(G722_TAPS):
                low += <int32_t>work[2 * i + k] * <int32_t>_TO_LOW[k]
                high += <int32_t>work[2 * i + k] * <int32_t>_TO_HIGH[k]
            lows[i] = low >> 14
            highs[i] = high >> 14
        for i in range(count):
            low = _quantise_low(&state.low, lows[i])
            high = _quantise_high(&state.high, highs[i])
            _follow_low(&state.low, low)
            _follow_high(&state.high, high)
            out[i] = <uint8_t>(high << 6 | low)
        memmove(work, &work[2 * count], sizeof(state.history))
        pcm += 2 * count
        out += count
        n -= count
    memcpy(state.history, work, sizeof(state.history))


cdef void g722_decode(G722* state, const uint8_t* payload, int16_t* pcm, int n) noexcept nogil:
    cdef int16_t[PHASE - 1 + BLOCK] sums, differences
    cdef int32_t low, high, first, second
    cdef int i, k, count
    memcpy(sums, state.history, (PHASE - 1) * sizeof(int16_t))
    memcpy(differences, &state.history[PHASE - 1], (PHASE - 1) * sizeof(int16_t))
    while n > 0:
        count = BLOCK if n > BLOCK else n
        for i in range(count):
            low = payload[i] & 63
            high = payload[i] >> 6
            first = _limited(state.low.estimate + ((state.low.step * _OUTPUT6[low]) >> 15))
            second = _limited(state.high.estimate + ((state.high.step * _OUTPUT2[high]) >> 15))
            _follow_low(&state.low, low)
            _follow_high(&state.high, high)
            sums[PHASE - 1 + i] = <int16_t>(first + second)
            differences[PHASE - 1 + i] = <int16_t>(first - second)
        for i in range(count):
            first = 0
            second = 0
            for k in range(PHASE):
                first += <int32_t>differences[i + k] * <int32_t>_OF_DIFFERENCE[k]
                second += <int32_t>sums[i + k] * <int32_t>_OF_SUM[k]
            pcm[2 * i] = <int16_t>_saturated(first >> 11)
            pcm[2 * i + 1] = <int16_t>_saturated(second >> 11)
        memmove(sums, &sums[count], (PHASE - 1) * sizeof(int16_t))
        memmove(differences, &differences[count], (PHASE - 1) * sizeof(int16_t))
        payload += count
        pcm += 2 * count
        n -= count
    memcpy(state.history, sums, (PHASE - 1) * sizeof(int16_t))
    memcpy(&state.history[PHASE - 1], differences, (PHASE - 1) * sizeof(int16_t))
