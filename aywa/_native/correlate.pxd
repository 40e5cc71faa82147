"""Correlation of 16-bit blocks over many lags at once, in vectors of the processor it finds itself on.

The compiler makes vectors of one dot product and then adds up their lanes, for each lag anew; here every lane is a
lag. Sums are of whole numbers, so every way gives the same.
"""
from libc.stdint cimport int16_t, int32_t


cdef extern from * nogil:
    """
    #include <stdint.h>

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

    /* Lags by 32, the last ones together with some that are done: nothing behind x is read. A pair of `a` in every
       lane meets the pairs of x that begin a sample apart. */
    __attribute__((target("avx2")))
    static void aywa_correlate_lanes(const int16_t *a, int n, const int16_t *x, int lags, int32_t *out) {
        int lag, i, done;
        for (done = 0; done < lags; done = lag + 32) {
            lag = done + 32 > lags ? lags - 32 : done;
            __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0;
            for (i = 0; i < n; i += 2) {
                const __m256i *at = (const __m256i *)(x + lag + i), *next = (const __m256i *)(x + lag + i + 1);
                int last = i + 1 == n;
                __m256i both = _mm256_set1_epi32(
                    (int32_t)((uint16_t)a[i] | (last ? 0 : (uint32_t)(uint16_t)a[i + 1] << 16)));
                __m256i u = _mm256_loadu_si256(at), v = last ? u : _mm256_loadu_si256(next);
                s0 = _mm256_add_epi32(s0, _mm256_madd_epi16(both, _mm256_unpacklo_epi16(u, v)));
                s1 = _mm256_add_epi32(s1, _mm256_madd_epi16(both, _mm256_unpackhi_epi16(u, v)));
                u = _mm256_loadu_si256(at + 1);
                v = last ? u : _mm256_loadu_si256(next + 1);
                s2 = _mm256_add_epi32(s2, _mm256_madd_epi16(both, _mm256_unpacklo_epi16(u, v)));
                s3 = _mm256_add_epi32(s3, _mm256_madd_epi16(both, _mm256_unpackhi_epi16(u, v)));
            }
            /* Unpacking goes by halves of a vector: the low sums are of lags 0-3 and 8-11, the high ones of the rest. */
            _mm256_storeu_si256((__m256i *)&out[lag], _mm256_permute2x128_si256(s0, s1, 0x20));
            _mm256_storeu_si256((__m256i *)&out[lag + 8], _mm256_permute2x128_si256(s0, s1, 0x31));
            _mm256_storeu_si256((__m256i *)&out[lag + 16], _mm256_permute2x128_si256(s2, s3, 0x20));
            _mm256_storeu_si256((__m256i *)&out[lag + 24], _mm256_permute2x128_si256(s2, s3, 0x31));
        }
    }
    #endif

    static inline void aywa_correlate(const int16_t *a, int n, const int16_t *x, int lags, int32_t *out) {
    #if defined(__x86_64__) && defined(__GNUC__)
        if (__builtin_cpu_supports("avx2")) {
            if (lags >= 32) aywa_correlate_lanes(a, n, x, lags, out);
            else aywa_correlate_few(a, n, x, lags, out);
            return;
        }
    #endif
        aywa_correlate_each(a, n, x, lags, out);
    }
    """
    # out[lag] = sum of a[i] * x[lag + i] for i < n, for each lag < lags; must fit 32 bits. Reads x up to lags + n - 1.
    void correlate "aywa_correlate"(const int16_t* a, int n, const int16_t* x, int lags, int32_t* out) noexcept
