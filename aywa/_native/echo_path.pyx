"""The echo path that is known: what it lets expect, what it leaves, and how it follows the line.

A filter of ECHO_TAPS taps from the lag `delay` on. It follows by block least squares, each frame weighted by
the inverse of what it left unexplained.
"""

from libc.stdint cimport int16_t, int32_t, int64_t
from libc.string cimport memcpy, memset

from aywa._native.correlate cimport correlate
from aywa._native.echo cimport ECHO_TAPS, Echo
from aywa._native.echo_fit cimport *
from aywa._native.echo_search cimport ECHO_FIT_TAPS, echo_recall

cdef enum:
    LEAD = 12                   # taps before those that the search found
    SURE = 100                  # echo frames after which a path that leaves little is believed

cdef float _FORGET = 0.95                 # per adapted frame
# Makes the directions in which a vowel says nothing of the path follow slowly: noise must not build up there.
cdef float _STEADY = 1.03
cdef float _YOUNG_MARGIN = 4.0
cdef float _LEAKY = 0.05                  # a path that leaves less is believed and followed closely
cdef float _MARGIN = 5.0                  # above the usual leak: the caller
cdef float _TRUST = 10.0                  # the same on the level of all that comes back


cdef void echo_lock(Echo* e, int lag, const float* h) noexcept nogil:
    cdef int at = lag if lag < LEAD else LEAD
    e.delay = lag - at
    memset(e.path, 0, sizeof(e.path))
    memset(e.correlation, 0, sizeof(e.correlation))
    memcpy(&e.path[at], h, ECHO_FIT_TAPS * sizeof(float))
    e.locked = True
    e.unanswered = 0
    e.leak = 0.2
    e.explained = 0
    e.absent = 0
    e.votes = 0
    e.candidate = -1


cdef bint echo_is_near_lag(const Echo* e, int lag) noexcept nogil:
    """Whether the lag is that of the known path: another fit there may only be the caller's doing."""
    return lag > e.delay - ECHO_TAPS and lag < e.delay + ECHO_TAPS


cdef void echo_predict(const Echo* e, int64_t position, float* expected, float* sent_energy,
                   int n) noexcept nogil:
    cdef int16_t[ECHO_BLOCK + ECHO_TAPS] raw
    cdef float[ECHO_BLOCK + ECHO_TAPS] sent
    cdef float[ECHO_TAPS] path
    cdef float[ECHO_BLOCK] sums
    cdef const float* x
    cdef int i, k
    echo_recall(e, position - e.delay - (ECHO_TAPS - 1), raw, n + ECHO_TAPS - 1)
    for i in range(n + ECHO_TAPS - 1):
        sent[i] = raw[i]
    # In arrays of its own: the compiler must see that taps and sums do not overlap.
    memcpy(path, e.path, sizeof(path))
    memset(sums, 0, sizeof(sums))
    for k in range(0, ECHO_TAPS, 4):
        x = &sent[ECHO_TAPS - 4 - k]
        for i in range(n):
            sums[i] += path[k] * x[i + 3] + path[k + 1] * x[i + 2] + path[k + 2] * x[i + 1] + path[k + 3] * x[i]
    memcpy(expected, sums, n * sizeof(float))
    sent_energy[0] = fit_mean_square(&raw[ECHO_TAPS - 1 - LEAD - ECHO_FIT_TAPS // 2], n)


cdef float echo_take_out(const int16_t* pcm, const float* expected, int16_t* residual, int n) noexcept nogil:
    """Subtract what is expected; returns the mean square of what is left."""
    cdef float value
    cdef int i
    for i in range(n):
        value = pcm[i] - expected[i]
        value = 32767 if value > 32767 else value
        residual[i] = <int16_t>(-32768 if value < -32768 else value)
    return fit_mean_square(residual, n)


cdef float echo_usual(const Echo* e, float back) noexcept nogil:
    """The mean square that the path may leave of so much echo."""
    return _MARGIN * e.leak * back + 4 * e.floor


cdef float echo_bound(Echo* e, float sent, float back) noexcept nogil:
    """The mean square up to which what is left of a frame is still echo."""
    cdef float value, bound, surplus
    e.tail = back if back > 0.4 * e.tail else 0.4 * e.tail
    e.sent_tail = sent if sent > 0.5 * e.sent_tail else 0.5 * e.sent_tail
    bound = echo_usual(e, e.tail)
    if e.energy_sent <= 0:
        return bound
    # The level that comes back is known before the shape of the path, and better than it if that bends.
    value = e.energy_back / e.energy_sent
    if e.explained < ECHO_YOUNG:
        value *= _YOUNG_MARGIN
    else:
        surplus = 2
        if e.explained >= SURE and e.leak < _LEAKY:
            surplus = _TRUST * e.leak if _TRUST * e.leak < 0.7 else 0.7
        value = surplus * value if value < 0.015 else 0.03
    value *= e.sent_tail
    return value if value > bound else bound


cdef float echo_bent(const int16_t* pcm, const float* expected, float level, float back, int n) noexcept nogil:
    """What is left when the echo expected is scaled down to fit best, as one that was clipped on its way."""
    cdef float common = 0
    cdef int i
    for i in range(n):
        common += pcm[i] * expected[i]
    common /= n
    return level - common * common / back if common > 0 else level


cdef void echo_learn(Echo* e, float left, float back) noexcept nogil:
    """How much of the echo the path usually leaves."""
    cdef float value = left / back
    # Upwards slowly once the path is known: a caller's pauses must not make him part of the echo.
    cdef float rise = 0.05 if e.explained < ECHO_YOUNG else 0.01
    value = 0.3 if value > 0.3 else value
    e.leak += (value - e.leak) * (0.1 if value < e.leak else rise)
    e.leak = 0.004 if e.leak < 0.004 else e.leak


cdef void echo_measure(Echo* e, float sent, float back) noexcept nogil:
    cdef int k, peak = 0
    e.energy_sent = 0.98 * e.energy_sent + sent
    e.energy_back = 0.98 * e.energy_back + back
    for k in range(ECHO_TAPS):
        if e.path[k] * e.path[k] > e.path[peak] * e.path[peak]:
            peak = k
    e.found_delay = e.delay + peak


cdef void echo_adapt(Echo* e, int64_t position, const int16_t* residual, float unexplained, int n) noexcept nogil:
    """One step of block least squares towards what explains this block too."""
    cdef int16_t[ECHO_BLOCK + ECHO_TAPS] sent
    cdef int16_t[ECHO_BLOCK] left
    cdef int32_t[ECHO_TAPS] own
    cdef int32_t[ECHO_TAPS] cross
    cdef float[ECHO_TAPS] p
    cdef float[ECHO_TAPS] r
    cdef float[ECHO_TAPS] change
    cdef float weight, worth_sent, worth_left
    cdef int k
    echo_recall(e, position - e.delay - (ECHO_TAPS - 1), sent, n + ECHO_TAPS - 1)
    memcpy(left, residual, n * sizeof(int16_t))
    worth_sent = fit_narrow(sent, n + ECHO_TAPS - 1, 11)
    worth_left = fit_narrow(left, n, 11)
    weight = 1 / (unexplained + 4 * e.floor + 1)
    correlate(&sent[ECHO_TAPS - 1], n, sent, ECHO_TAPS, own)
    correlate(left, n, sent, ECHO_TAPS, cross)
    for k in range(ECHO_TAPS):
        r[k] = own[ECHO_TAPS - 1 - k]
        p[k] = cross[ECHO_TAPS - 1 - k] * (weight * worth_sent * worth_left)
    for k in range(ECHO_TAPS):
        e.correlation[k] = _FORGET * e.correlation[k] + weight * worth_sent * worth_sent * r[k]
    memcpy(r, e.correlation, sizeof(r))
    if r[0] <= 0:
        return
    r[0] = _STEADY * r[0] + 1e-6
    fit_solve(r, p, change, ECHO_TAPS)
    for k in range(ECHO_TAPS):
        e.path[k] += 0.7 * change[k]
