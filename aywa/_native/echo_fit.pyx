"""The arithmetic of the echo guard: correlations of 16-bit blocks and least squares by Levinson's recursion.

Blocks are shifted to 11 or 12 bits first, so that a sum of products stays in 32 bits and the compiler can
use the multiply-add of 16-bit vectors.
"""

from libc.stdint cimport int16_t, int32_t
from libc.string cimport memset

from aywa._native.correlate cimport correlate

cdef enum:
    LAGS = FIT_LONGEST // FIT_STEP + 1
    THINNED = 1024              # the most that `fit_thin` makes


cdef int fit_dot(const int16_t* a, const int16_t* b, int n) noexcept nogil:
    """Overflows unless both are of 11 bits and n <= 512, or of 12 and n <= 160."""
    cdef int i, total = 0
    for i in range(n):
        total += a[i] * b[i]
    return total


cdef float fit_mean_square(const int16_t* pcm, int n) noexcept nogil:
    cdef int i, total = 0
    for i in range(n):
        total += (pcm[i] * pcm[i]) >> 8
    return 256.0 * total / n


cdef float fit_mean_square_float(const float* x, int n) noexcept nogil:
    cdef float a = 0, b = 0, c = 0, d = 0
    cdef int i
    for i in range(0, n - 3, 4):
        a += x[i] * x[i]
        b += x[i + 1] * x[i + 1]
        c += x[i + 2] * x[i + 2]
        d += x[i + 3] * x[i + 3]
    return (a + b + c + d) / n


cdef float fit_narrow(int16_t* block, int n, int bits) noexcept nogil:
    """Shift a block so that it fits `bits` and a sign; returns what one unit of it is worth."""
    cdef int i, shift = 0, high, half
    cdef int16_t largest = 0, smallest = 0
    for i in range(n):
        largest = block[i] if block[i] > largest else largest
        smallest = block[i] if block[i] < smallest else smallest
    high = largest if largest > -smallest else -smallest
    while (high >> shift) >= (1 << bits) - 1:
        shift += 1
    half = (1 << shift) >> 1
    if shift:
        for i in range(n):
            block[i] = <int16_t>((block[i] + half) >> shift)
    return <float>(1 << shift)


cdef void fit_solve(const float* r, const float* p, float* h, int n) noexcept nogil:
    """The taps of the Toeplitz system R h = p (Levinson's recursion); n <= FIT_MOST_TAPS."""
    cdef float[FIT_MOST_TAPS] reversed_r
    cdef float[FIT_MOST_TAPS] forward
    cdef float[2 * FIT_MOST_TAPS] store
    cdef float* backward
    cdef float error = r[0], k, q, held
    cdef int i, m
    for i in range(n):
        reversed_r[n - 1 - i] = r[i]
    memset(forward, 0, sizeof(forward))
    memset(store, 0, sizeof(store))
    forward[0] = 1
    backward = &store[FIT_MOST_TAPS]
    backward[0] = 1
    memset(h, 0, n * sizeof(float))
    h[0] = p[0] / error
    for m in range(1, n):
        k = -fit_dot_float(forward, &reversed_r[n - 1 - m], m) / error
        backward -= 1
        backward[0] = 0
        for i in range(m + 1):
            held = backward[i]
            backward[i] += k * forward[i]
            forward[i] += k * held
        error *= 1 - k * k
        q = (p[m] - fit_dot_float(h, &reversed_r[n - 1 - m], m)) / error
        for i in range(m + 1):
            h[i] += q * backward[i]


cdef float fit_dot_float(const float* a, const float* b, int n) noexcept nogil:
    cdef float s = 0, t = 0, u = 0, v = 0
    cdef int i, whole = n & ~3
    for i in range(0, whole, 4):
        s += a[i] * b[i]
        t += a[i + 1] * b[i + 1]
        u += a[i + 2] * b[i + 2]
        v += a[i + 3] * b[i + 3]
    for i in range(whole, n):
        s += a[i] * b[i]
    return s + t + u + v


cdef void fit_emphasise(const int16_t* source, int16_t* target, int n) noexcept nogil:
    """Lift the highs by 6 dB an octave, so that not the first formant alone decides; target[0] is 0."""
    cdef int i
    target[0] = 0
    for i in range(1, n):
        target[i] = <int16_t>((source[i] >> 1) - ((source[i - 1] * 15) >> 5))


cdef void fit_thin(const int16_t* source, int16_t* target, int n) noexcept nogil:
    """8 to 2 kHz: n sums of four, lifted like `fit_emphasise`; source has FIT_STEP * n samples."""
    cdef int16_t[THINNED] sums                    # of n > 0
    cdef int i
    for i in range(n):
        sums[i] = <int16_t>((source[4 * i] + source[4 * i + 1] + source[4 * i + 2] + source[4 * i + 3]) >> 3)
    target[0] = sums[0] >> 1
    for i in range(1, n):
        target[i] = <int16_t>((sums[i] >> 1) - ((sums[i - 1] * 13) >> 5))


cdef void fit_thin_sharp(const int16_t* source, int16_t* target, int n) noexcept nogil:
    """Every fourth sample, unfiltered: what lies above 1 kHz folds down but still tells lags apart."""
    cdef int i
    for i in range(n):
        target[i] = source[FIT_STEP * i]


cdef void fit_best_lags(const int16_t* heard, const int16_t* sent, int first, float* scores,
                     int* lags) noexcept nogil:
    """Add to the two best lags those of the thinned history, whose index 0 is lag `first`."""
    cdef int32_t[LAGS] crosses
    cdef float[LAGS] worths
    cdef float score
    cdef int at, lag, energy = 1 + FIT_COARSE_WINDOW
    for at in range(FIT_COARSE_WINDOW):
        energy += sent[at] * sent[at]
    for at in range(LAGS):
        worths[at] = energy
        energy += sent[at + FIT_COARSE_WINDOW] * sent[at + FIT_COARSE_WINDOW] - sent[at] * sent[at]
    correlate(heard, FIT_COARSE_WINDOW, sent, LAGS, crosses)
    for at in range(LAGS):
        worths[at] = <float>crosses[at] * <float>crosses[at] / worths[at]
    for at in range(LAGS):
        score = worths[at]
        if score > scores[1]:
            lag = first - at * FIT_STEP
            if score > scores[0]:
                if lags[0] - lag > 2 * FIT_STEP or lag - lags[0] > 2 * FIT_STEP:
                    scores[1] = scores[0]
                    lags[1] = lags[0]
                scores[0] = score
                lags[0] = lag
            elif lags[0] - lag > 2 * FIT_STEP or lag - lags[0] > 2 * FIT_STEP:
                scores[1] = score
                lags[1] = lag
