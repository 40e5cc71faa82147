"""Correlation of 16-bit blocks over many lags at once, in vectors of the processor it finds itself on.

The compiler makes vectors of one dot product and then adds up their lanes, for each lag anew; here every lane is a
lag. Sums are of whole numbers, so every way gives the same.
"""
from libc.stdint cimport int16_t, int32_t


cdef extern from * nogil:
    """
    #include <stdint.h>
    #include <string.h>
    #define AYWA_CORRELATE_ROOM 1056

    static inline __attribute__((always_inline))
    void aywa_correlate_each(const int16_t *a, int n, const int16_t *x, int lags, int32_t *out) {
        int i, lag;
        for (lag = 0; lag < lags; lag++) {
            int32_t total = 0;
            for (i = 0; i < n; i++) total += a[i] * x[lag + i];
            out[lag] = total;
        }
    }

    #if defined(__x86_64__) && defined(__GNUC__)
    #include <immintrin.h>
    __attribute__((target("avx2")))
    static void aywa_correlate_few(const int16_t *a, int n, const int16_t *x, int lags, int32_t *out) {
        aywa_correlate_each(a, n, x, lags, out);
    }

    /* Lags by 32: four vectors of eight sums. A pair of `a` in every lane meets the pairs of x that begin one
       sample apart, which are laid out once. */
    __attribute__((target("avx2")))
    static void aywa_correlate_lanes(const int16_t *a, int n, const int16_t *x, int lags, int32_t *out) {
        int32_t pairs[AYWA_CORRELATE_ROOM], sums[32], pair;
        int i, lag, count = lags + n - 1;
        for (i = 0; i + 1 < count; i++) pairs[i] = (int32_t)((uint32_t)(uint16_t)x[i] | (uint32_t)(uint16_t)x[i + 1] << 16);
        pairs[count - 1] = (uint16_t)x[count - 1];
        memset(&pairs[count], 0, (AYWA_CORRELATE_ROOM - count) * sizeof pairs[0]);
        for (lag = 0; lag < lags; lag += 32) {
            const int32_t *at = &pairs[lag];
            __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0, both;
            for (i = 0; i < n; i += 2, at += 2) {
                pair = (uint16_t)a[i];
                if (i + 1 < n) pair = (int32_t)((uint32_t)pair | (uint32_t)(uint16_t)a[i + 1] << 16);
                both = _mm256_set1_epi32(pair);
                s0 = _mm256_add_epi32(s0, _mm256_madd_epi16(both, _mm256_loadu_si256((const __m256i *)at)));
                s1 = _mm256_add_epi32(s1, _mm256_madd_epi16(both, _mm256_loadu_si256((const __m256i *)(at + 8))));
                s2 = _mm256_add_epi32(s2, _mm256_madd_epi16(both, _mm256_loadu_si256((const __m256i *)(at + 16))));
                s3 = _mm256_add_epi32(s3, _mm256_madd_epi16(both, _mm256_loadu_si256((const __m256i *)(at + 24))));
            }
            _mm256_storeu_si256((__m256i *)&sums[0], s0);
            _mm256_storeu_si256((__m256i *)&sums[8], s1);
            _mm256_storeu_si256((__m256i *)&sums[16], s2);
            _mm256_storeu_si256((__m256i *)&sums[24], s3);
            memcpy(&out[lag], sums, (lags - lag < 32 ? lags - lag : 32) * sizeof sums[0]);
        }
    }
    #endif

    static inline void aywa_correlate(const int16_t *a, int n, const int16_t *x, int lags, int32_t *out) {
    #if defined(__x86_64__) && defined(__GNUC__)
        if (__builtin_cpu_supports("avx2")) {
            /* For a few lags laying out the pairs costs more than it saves. */
            if (lags >= 32 && n + (lags + 31) / 32 * 32 <= AYWA_CORRELATE_ROOM) aywa_correlate_lanes(a, n, x, lags, out);
            else aywa_correlate_few(a, n, x, lags, out);
            return;
        }
    #endif
        aywa_correlate_each(a, n, x, lags, out);
    }
    """
    # out[lag] = sum of a[i] * x[lag + i] for i < n, for each lag < lags; must fit 32 bits. Reads x up to lags + n - 1.
    void correlate "aywa_correlate"(const int16_t* a, int n, const int16_t* x, int lags, int32_t* out) noexcept
