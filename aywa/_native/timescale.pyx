"""Time-scaling by whole pitch periods: one is overlapped with the next, or given out twice.

The lag is where the normalised cross-correlation with the next 10 ms is largest, so both ends of the joint are alike
and it keeps the pitch. Silence has any lag.
"""

from libc.stdint cimport int16_t

cdef enum:
    SILENT = 24                 # mean square per sample below which all lags are alike: about -77 dBFS


cdef int timescale_lag(const int16_t* pcm, int n, int rate, int longest, float least) noexcept nogil:
    cdef int window = rate // 100, shortest = rate // 400, lag, best = 0, i
    cdef float product, energy, own = 0.0, score
    cdef const int16_t* other
    longest = longest if longest < rate * 3 // 200 else rate * 3 // 200
    longest = longest if longest < n - window else n - window
    for i in range(window):
        own += <float>pcm[i] * pcm[i]
    if own < SILENT * window:
        return longest if longest >= shortest else 0
    for lag in range(shortest, longest + 1):
        other = pcm + lag
        product = 0.0
        energy = own
        for i in range(window):
            product += <float>pcm[i] * other[i]
            energy += <float>other[i] * other[i]
        # Both energies count: a lag into another loudness would be heard as a jump.
        score = 2 * product / energy
        if score > least:
            least = score
            best = lag
    return best


cdef void _fade(const int16_t* old, const int16_t* new, int16_t* out, int n) noexcept nogil:
    cdef int i
    for i in range(n):
        out[i] = <int16_t>((old[i] * (n - i) + new[i] * (i + 1)) // (n + 1))


cdef void timescale_shorten(const int16_t* pcm, int lag, int16_t* out, int n) noexcept nogil:
    cdef int i
    _fade(pcm, pcm + lag, out, lag)
    for i in range(lag, n):
        out[i] = pcm[lag + i]


cdef void timescale_lengthen(const int16_t* pcm, int lag, int16_t* out, int n) noexcept nogil:
    cdef int i
    for i in range(lag):
        out[i] = pcm[i]
    _fade(pcm + lag, pcm, out + lag, lag)
    for i in range(2 * lag, n):
        out[i] = pcm[i - lag]
