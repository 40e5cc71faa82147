"""The arithmetic of the echo guard; nothing here keeps a state."""

from libc.stdint cimport int16_t

cdef enum:
    FIT_MOST_TAPS = 64          # that fit_solve can find
    FIT_STEP = 4                # samples at 8 kHz per sample of the coarse search
    FIT_COARSE_WINDOW = 120     # samples (60 ms) that are looked for
    FIT_LONGEST = 3520          # samples (440 ms): no lag beyond is looked for

# Overflows unless both are of 11 bits and n <= 512, or of 12 and n <= 160.
cdef int fit_dot(const int16_t* a, const int16_t* b, int n) noexcept nogil
cdef float fit_mean_square(const int16_t* pcm, int n) noexcept nogil
cdef float fit_mean_square_float(const float* x, int n) noexcept nogil
# Shift a block so that it fits `bits` and a sign; returns what one unit of it is worth.
cdef float fit_narrow(int16_t* block, int n, int bits) noexcept nogil
# The taps of the Toeplitz system R h = p (Levinson's recursion); n <= ECHO_TAPS.
cdef void fit_solve(const float* r, const float* p, float* h, int n) noexcept nogil
cdef float fit_dot_float(const float* a, const float* b, int n) noexcept nogil
# Lift the highs by 6 dB an octave, so that not the first formant alone decides; target[0] is 0.
cdef void fit_emphasise(const int16_t* source, int16_t* target, int n) noexcept nogil
# 8 to 2 kHz: n sums of four, lifted like `_emphasise`; source has STEP * n samples.
cdef void fit_thin(const int16_t* source, int16_t* target, int n) noexcept nogil
# Every fourth sample, unfiltered: what lies above 1 kHz folds down but still tells lags apart.
cdef void fit_thin_sharp(const int16_t* source, int16_t* target, int n) noexcept nogil
# Add to the two best lags those of the thinned history, whose index 0 is lag `first`.
cdef void fit_best_lags(const int16_t* heard, const int16_t* sent, int first, float* scores, int* lags) noexcept nogil
