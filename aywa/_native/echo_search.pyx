"""Where in what was sent the sound of the last 60 ms may come from: a coarse correlation, then least squares."""

from libc.stdint cimport int16_t, int32_t, int64_t
from libc.string cimport memcpy, memset

from aywa._native.correlate cimport correlate
from aywa._native.echo cimport ECHO_HISTORY, ECHO_WINDOW, Echo
from aywa._native.echo_fit cimport *
from aywa._native.g711 cimport ulaw_decode

cdef enum:
    COARSE = ECHO_HISTORY // FIT_STEP

cdef float _HISS = 0.12
cdef float _ENOUGH = 0.60                 # fit that ends the search


cdef void echo_recall(const Echo* e, int64_t position, int16_t* out, int n) noexcept nogil:
    """What was sent from `position` on; silence where that is not known."""
    cdef int64_t oldest = e.sent_end - ECHO_HISTORY
    cdef int before = 0, after = 0, start, first
    if position < oldest:
        before = n if oldest - position > n else <int>(oldest - position)
    if position + n > e.sent_end:
        after = n if position > e.sent_end else <int>(position + n - e.sent_end)
    if before + after >= n:
        memset(out, 0, n * sizeof(int16_t))
        return
    memset(out, 0, before * sizeof(int16_t))
    memset(out + n - after, 0, after * sizeof(int16_t))
    out += before
    n -= before + after
    start = <int>((position + before) & (ECHO_HISTORY - 1))
    first = ECHO_HISTORY - start if ECHO_HISTORY - start < n else n
    ulaw_decode(&e.sent[start], out, first)
    ulaw_decode(&e.sent[0], out + first, n - first)


cdef float _fit(const Echo* e, int lag, float* h) noexcept nogil:
    """ECHO_FIT_TAPS taps from `lag` on that explain the window best; returns the share they explain."""
    cdef int16_t[ECHO_WINDOW + ECHO_FIT_TAPS] raw
    cdef int16_t[ECHO_WINDOW + ECHO_FIT_TAPS] sent
    cdef int16_t[ECHO_WINDOW] heard
    cdef int32_t[ECHO_FIT_TAPS] own
    cdef int32_t[ECHO_FIT_TAPS] cross
    cdef float[ECHO_FIT_TAPS] r
    cdef float[ECHO_FIT_TAPS] p
    cdef float worth_sent, worth_heard, energy, noise, share = 0
    cdef int k
    echo_recall(e, e.heard_end - ECHO_WINDOW - lag - ECHO_FIT_TAPS, raw, ECHO_WINDOW + ECHO_FIT_TAPS)
    fit_emphasise(raw, sent, ECHO_WINDOW + ECHO_FIT_TAPS)
    worth_sent = fit_narrow(sent, ECHO_WINDOW + ECHO_FIT_TAPS, 10)
    fit_emphasise(e.heard, heard, ECHO_WINDOW)
    worth_heard = fit_narrow(heard, ECHO_WINDOW, 10)
    energy = fit_dot(heard, heard, ECHO_WINDOW)
    correlate(&sent[ECHO_FIT_TAPS], ECHO_WINDOW, &sent[1], ECHO_FIT_TAPS, own)
    correlate(heard, ECHO_WINDOW, &sent[1], ECHO_FIT_TAPS, cross)
    for k in range(ECHO_FIT_TAPS):
        r[k] = own[ECHO_FIT_TAPS - 1 - k]
        p[k] = cross[ECHO_FIT_TAPS - 1 - k]
    if r[0] < ECHO_WINDOW or energy < ECHO_WINDOW:
        return 0
    r[0] *= 1.003
    fit_solve(r, p, h, ECHO_FIT_TAPS)
    for k in range(ECHO_FIT_TAPS):
        share += h[k] * p[k]
        h[k] *= worth_heard / worth_sent
    # What is noise cannot be explained; white noise keeps 0.47 of its energy in `_emphasise`.
    noise = 0.47 * ECHO_WINDOW * e.floor / (worth_heard * worth_heard)
    share /= energy - noise if noise < 0.6 * energy else 0.4 * energy
    return 0 if share < 0 else 1 if share > 1 else share


cdef int _fit_best(Echo* e, const int* lags, float* h) noexcept nogil:
    cdef float[ECHO_FIT_TAPS] taps
    cdef float share
    cdef int i, lag, found = -1
    for i in range(2):
        lag = lags[i] - ECHO_FIT_TAPS // 2
        if lags[i] < 0:
            continue
        lag = 0 if lag < 0 else lag
        share = _fit(e, lag, taps)
        if share > e.fit:
            e.fit = share
            found = lag
            memcpy(h, taps, sizeof(taps))
    return found


cdef int echo_search(Echo* e, float* h) noexcept nogil:
    """The lag of the taps `h` that explain the window best, the share in `e.fit`."""
    cdef int16_t[ECHO_HISTORY] raw
    cdef int16_t[ECHO_HISTORY] lifted
    cdef int16_t[COARSE] sent
    cdef int16_t[ECHO_WINDOW] sharp
    cdef int16_t[FIT_COARSE_WINDOW] heard
    cdef float[2] scores
    cdef int[2] lags
    cdef int phase, found, better
    scores[0] = scores[1] = 0
    lags[0] = lags[1] = -1
    echo_recall(e, e.heard_end - ECHO_WINDOW - FIT_LONGEST, raw, ECHO_HISTORY)
    fit_thin(raw, sent, COARSE)
    fit_narrow(sent, COARSE, 10)
    fit_thin(e.heard, heard, FIT_COARSE_WINDOW)
    fit_narrow(heard, FIT_COARSE_WINDOW, 10)
    e.fit = 0
    fit_best_lags(heard, sent, FIT_LONGEST, scores, lags)
    found = _fit_best(e, lags, h)
    fit_emphasise(e.heard, sharp, ECHO_WINDOW)
    # Lifted by 6 dB an octave, a hiss keeps half of its energy and a vowel a tenth.
    if e.fit > _ENOUGH or fit_mean_square(sharp, ECHO_WINDOW) < _HISS * fit_mean_square(e.heard, ECHO_WINDOW):
        return found
    fit_thin_sharp(sharp, heard, FIT_COARSE_WINDOW)
    fit_narrow(heard, FIT_COARSE_WINDOW, 10)
    fit_emphasise(raw, lifted, ECHO_HISTORY)
    fit_narrow(lifted, ECHO_HISTORY, 10)
    scores[0] = scores[1] = 0
    lags[0] = lags[1] = -1
    for phase in range(FIT_STEP):
        fit_thin_sharp(&lifted[phase], sent, COARSE)
        fit_best_lags(heard, sent, FIT_LONGEST - phase, scores, lags)
    better = _fit_best(e, lags, h)
    return better if better >= 0 else found
