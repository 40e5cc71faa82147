"""Echo guard: what was sent is looked for in what is heard.

Three steps, each only when the one before leaves a doubt. A frame is passed untouched unless something was
sent within the last half second and the frame is audible. With a known path the echo is predicted by a short
FIR filter and subtracted; a frame of which little is left is an echo. What it does not explain is searched
for in all that was sent: a coarse correlation proposes lags, a least-squares fit of 16 taps over 60 ms
decides. The filter follows by block least squares, each frame weighted by the inverse of what it left
unexplained, so a caller who speaks over the echo barely moves it. docs/decisions.md has the figures.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.math cimport log10f, sqrtf
from libc.stdint cimport int16_t, int64_t, uint8_t
from libc.string cimport memcpy, memmove, memset

cdef enum:
    BLOCK = 160
    LEAD = 12                   # taps before those that the search found
    FIT_TAPS = 16
    STEP = 4                    # samples at 8 kHz per sample of the coarse search
    COARSE = ECHO_HISTORY // STEP
    COARSE_WINDOW = ECHO_WINDOW // STEP
    LONGEST = 3520              # samples (440 ms): no lag beyond is looked for
    HANG_OVER = 10              # frames
    YOUNG = 50                  # echo frames (1 s) until the shape of the path is trusted
    HELD = 5                    # frames that a faint sound may wait for a verdict
    ABSENT = 15                 # frames of a missing echo that end the lock
    FADE = 16                   # samples over which the gain changes

cdef float _LOUD_SENT = 60.0 * 60.0       # -55 dBFS: quieter things sent come back unheard
cdef float _AUDIBLE = 45.0 * 45.0         # -57 dBFS: quieter things heard cannot start speech
cdef float _HISS = 0.12
cdef float _CERTAIN = 0.60                # fit that makes an echo at once
cdef float _LIKELY = 0.42                 # fit that makes one when the lag is that of the frame before
cdef float _REFIT = 0.85                  # fit by the known lag that shows that the path has changed
cdef float _FORGET = 0.95                 # per adapted frame
cdef float _YOUNG_MARGIN = 4.0
cdef float _FAINT = 0.01                  # of what is sent (-20 dB): more like an echo than a caller
cdef float _MARGIN = 5.0                  # above the usual leak: the caller


cdef int _dot(const int16_t* a, const int16_t* b, int n) noexcept nogil:
    """Overflows unless both are of 11 bits and n <= 512, or of 12 and n <= 160."""
    cdef int i, total = 0
    for i in range(n):
        total += a[i] * b[i]
    return total


cdef float _mean_square(const int16_t* pcm, int n) noexcept nogil:
    cdef int i, total = 0
    for i in range(n):
        total += (pcm[i] * pcm[i]) >> 8
    return 256.0 * total / n


cdef float _mean_square_float(const float* x, int n) noexcept nogil:
    cdef float a = 0, b = 0, c = 0, d = 0
    cdef int i
    for i in range(0, n - 3, 4):
        a += x[i] * x[i]
        b += x[i + 1] * x[i + 1]
        c += x[i + 2] * x[i + 2]
        d += x[i + 3] * x[i + 3]
    return (a + b + c + d) / n


cdef float _narrow(const int16_t* source, int16_t* target, int n, int bits) noexcept nogil:
    """Shift a block so that it fits `bits` and a sign; returns what one unit of it is worth."""
    cdef int i, shift = 0, low = 0, high = 0, half
    for i in range(n):
        high = source[i] if source[i] > high else high
        low = source[i] if source[i] < low else low
    high = high if high > -low else -low
    while (high >> shift) >= (1 << bits) - 1:
        shift += 1
    half = (1 << shift) >> 1
    for i in range(n):
        target[i] = <int16_t>((source[i] + half) >> shift)
    return <float>(1 << shift)


cdef void _solve(const float* r, const float* p, float* h, int n) noexcept nogil:
    """The taps of the Toeplitz system R h = p (Levinson's recursion); n <= ECHO_TAPS."""
    cdef float[ECHO_TAPS] reversed_r
    cdef float[ECHO_TAPS] forward
    cdef float[2 * ECHO_TAPS] store
    cdef float* backward
    cdef float error = r[0], k, q, held
    cdef int i, m
    for i in range(n):
        reversed_r[n - 1 - i] = r[i]
    memset(forward, 0, sizeof(forward))
    memset(store, 0, sizeof(store))
    forward[0] = 1
    backward = &store[ECHO_TAPS]
    backward[0] = 1
    memset(h, 0, n * sizeof(float))
    h[0] = p[0] / error
    for m in range(1, n):
        k = -_dot_float(forward, &reversed_r[n - 1 - m], m) / error
        backward -= 1
        backward[0] = 0
        for i in range(m + 1):
            held = backward[i]
            backward[i] += k * forward[i]
            forward[i] += k * held
        error *= 1 - k * k
        q = (p[m] - _dot_float(h, &reversed_r[n - 1 - m], m)) / error
        for i in range(m + 1):
            h[i] += q * backward[i]


cdef float _dot_float(const float* a, const float* b, int n) noexcept nogil:
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


cdef void _recall(const Echo* e, int64_t position, int16_t* out, int n) noexcept nogil:
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
    memcpy(out, &e.sent[start], first * sizeof(int16_t))
    memcpy(out + first, &e.sent[0], (n - first) * sizeof(int16_t))


cdef void _emphasise(const int16_t* source, int16_t* target, int n) noexcept nogil:
    """Lift the highs by 6 dB an octave, so that not the first formant alone decides; target[0] is 0."""
    cdef int i
    for i in range(n - 1, 0, -1):
        target[i] = <int16_t>((source[i] >> 1) - ((source[i - 1] * 15) >> 5))
    target[0] = 0


cdef void _thin(const int16_t* source, int16_t* target, int n) noexcept nogil:
    """8 to 2 kHz: n sums of four, lifted like `_emphasise`; source has STEP * n samples."""
    cdef int i, value, last = 0
    for i in range(n):
        value = (source[4 * i] + source[4 * i + 1] + source[4 * i + 2] + source[4 * i + 3]) >> 3
        target[i] = <int16_t>((value >> 1) - ((last * 13) >> 5))
        last = value


cdef float _fit(const Echo* e, int lag, float* h) noexcept nogil:
    """FIT_TAPS taps from `lag` on that explain the window best; returns the share they explain."""
    cdef int16_t[ECHO_WINDOW + FIT_TAPS] raw
    cdef int16_t[ECHO_WINDOW + FIT_TAPS] sent
    cdef int16_t[ECHO_WINDOW] heard
    cdef float[FIT_TAPS] r
    cdef float[FIT_TAPS] p
    cdef float worth_sent, worth_heard, energy, noise, share = 0
    cdef int k
    _recall(e, e.heard_end - ECHO_WINDOW - lag - FIT_TAPS, raw, ECHO_WINDOW + FIT_TAPS)
    _emphasise(raw, sent, ECHO_WINDOW + FIT_TAPS)
    worth_sent = _narrow(sent, sent, ECHO_WINDOW + FIT_TAPS, 10)
    _emphasise(e.heard, heard, ECHO_WINDOW)
    worth_heard = _narrow(heard, heard, ECHO_WINDOW, 10)
    energy = _dot(heard, heard, ECHO_WINDOW)
    for k in range(FIT_TAPS):
        r[k] = _dot(&sent[FIT_TAPS], &sent[FIT_TAPS - k], ECHO_WINDOW)
        p[k] = _dot(heard, &sent[FIT_TAPS - k], ECHO_WINDOW)
    if r[0] < ECHO_WINDOW or energy < ECHO_WINDOW:
        return 0
    r[0] *= 1.003
    _solve(r, p, h, FIT_TAPS)
    for k in range(FIT_TAPS):
        share += h[k] * p[k]
        h[k] *= worth_heard / worth_sent
    # What is noise cannot be explained; white noise keeps 0.47 of its energy in `_emphasise`.
    noise = 0.47 * ECHO_WINDOW * e.floor / (worth_heard * worth_heard)
    share /= energy - noise if noise < 0.6 * energy else 0.4 * energy
    return 0 if share < 0 else 1 if share > 1 else share


cdef void _thin_sharp(const int16_t* source, int16_t* target, int n) noexcept nogil:
    """Every fourth sample, unfiltered: what lies above 1 kHz folds down but still tells lags apart."""
    cdef int i
    for i in range(n):
        target[i] = source[STEP * i]


cdef void _best_lags(const int16_t* heard, const int16_t* sent, int first, float* scores,
                     int* lags) noexcept nogil:
    """Add to the two best lags those of the thinned history, whose index 0 is lag `first`."""
    cdef float energy = 1, score, cross
    cdef int at, lag
    for at in range(COARSE_WINDOW):
        energy += sent[at] * sent[at]
    for at in range(LONGEST // STEP + 1):
        cross = _dot(heard, &sent[at], COARSE_WINDOW)
        score = cross * cross / (energy + COARSE_WINDOW)
        if score > scores[1]:
            lag = first - at * STEP
            if score > scores[0]:
                if lags[0] - lag > 2 * STEP or lag - lags[0] > 2 * STEP:
                    scores[1] = scores[0]
                    lags[1] = lags[0]
                scores[0] = score
                lags[0] = lag
            elif lags[0] - lag > 2 * STEP or lag - lags[0] > 2 * STEP:
                scores[1] = score
                lags[1] = lag
        energy += sent[at + COARSE_WINDOW] * sent[at + COARSE_WINDOW] - sent[at] * sent[at]


cdef int _fit_best(Echo* e, const int* lags, float* h) noexcept nogil:
    cdef float[FIT_TAPS] taps
    cdef float share
    cdef int i, lag, found = -1
    for i in range(2):
        lag = lags[i] - FIT_TAPS // 2
        if lags[i] < 0:
            continue
        lag = 0 if lag < 0 else lag
        share = _fit(e, lag, taps)
        if share > e.fit:
            e.fit = share
            found = lag
            memcpy(h, taps, sizeof(taps))
    return found


cdef int _search(Echo* e, float* h) noexcept nogil:
    """The lag of the taps `h` that explain the window best, the share in `e.fit`."""
    cdef int16_t[ECHO_HISTORY] raw
    cdef int16_t[COARSE] sent
    cdef int16_t[ECHO_WINDOW] sharp
    cdef int16_t[COARSE_WINDOW] heard
    cdef float[2] scores
    cdef int[2] lags
    cdef int phase, found, better
    scores[0] = scores[1] = 0
    lags[0] = lags[1] = -1
    _recall(e, e.heard_end - ECHO_WINDOW - LONGEST, raw, ECHO_HISTORY)
    _thin(raw, sent, COARSE)
    _narrow(sent, sent, COARSE, 10)
    _thin(e.heard, heard, COARSE_WINDOW)
    _narrow(heard, heard, COARSE_WINDOW, 10)
    e.fit = 0
    _best_lags(heard, sent, LONGEST, scores, lags)
    found = _fit_best(e, lags, h)
    _emphasise(e.heard, sharp, ECHO_WINDOW)
    # Lifted by 6 dB an octave, a hiss keeps half of its energy and a vowel a tenth.
    if e.fit > _CERTAIN or _mean_square(sharp, ECHO_WINDOW) < _HISS * _mean_square(e.heard, ECHO_WINDOW):
        return found
    _thin_sharp(sharp, heard, COARSE_WINDOW)
    _narrow(heard, heard, COARSE_WINDOW, 10)
    _emphasise(raw, raw, ECHO_HISTORY)
    _narrow(raw, raw, ECHO_HISTORY, 10)
    scores[0] = scores[1] = 0
    lags[0] = lags[1] = -1
    for phase in range(STEP):
        _thin_sharp(&raw[phase], sent, COARSE)
        _best_lags(heard, sent, LONGEST - phase, scores, lags)
    better = _fit_best(e, lags, h)
    return better if better >= 0 else found


cdef void _predict(const Echo* e, int64_t position, float* expected, float* sent_energy,
                   int n) noexcept nogil:
    cdef int16_t[BLOCK + ECHO_TAPS] raw
    cdef float[BLOCK + ECHO_TAPS] sent
    cdef const float* x
    cdef int i, k
    _recall(e, position - e.delay - (ECHO_TAPS - 1), raw, n + ECHO_TAPS - 1)
    for i in range(n + ECHO_TAPS - 1):
        sent[i] = raw[i]
    memset(expected, 0, n * sizeof(float))
    for k in range(0, ECHO_TAPS, 4):
        x = &sent[ECHO_TAPS - 4 - k]
        for i in range(n):
            expected[i] += (e.path[k] * x[i + 3] + e.path[k + 1] * x[i + 2]
                            + e.path[k + 2] * x[i + 1] + e.path[k + 3] * x[i])
    sent_energy[0] = _mean_square(&raw[ECHO_TAPS - 1 - LEAD - FIT_TAPS // 2], n)


cdef void _adapt(Echo* e, int64_t position, const int16_t* residual, float unexplained, int n) noexcept nogil:
    """One step of block least squares towards what explains this block too."""
    cdef int16_t[BLOCK + ECHO_TAPS] sent
    cdef int16_t[BLOCK] left
    cdef float[ECHO_TAPS] p
    cdef float[ECHO_TAPS] r
    cdef float[ECHO_TAPS] change
    cdef float weight, worth_sent, worth_left
    cdef int k
    _recall(e, position - e.delay - (ECHO_TAPS - 1), sent, n + ECHO_TAPS - 1)
    worth_sent = _narrow(sent, sent, n + ECHO_TAPS - 1, 11)
    worth_left = _narrow(residual, left, n, 11)
    weight = 1 / (unexplained + 4 * e.floor + 1)
    for k in range(ECHO_TAPS):
        r[k] = _dot(&sent[ECHO_TAPS - 1], &sent[ECHO_TAPS - 1 - k], n)
        p[k] = _dot(left, &sent[ECHO_TAPS - 1 - k], n) * (weight * worth_sent * worth_left)
    for k in range(ECHO_TAPS):
        e.correlation[k] = _FORGET * e.correlation[k] + weight * worth_sent * worth_sent * r[k]
    memcpy(r, e.correlation, sizeof(r))
    if r[0] <= 0:
        return
    r[0] = 1.01 * r[0] + 1e-6
    _solve(r, p, change, ECHO_TAPS)
    for k in range(ECHO_TAPS):
        e.path[k] += 0.7 * change[k]


cdef void _lock(Echo* e, int lag, const float* h) noexcept nogil:
    cdef int at = lag if lag < LEAD else LEAD
    e.delay = lag - at
    memset(e.path, 0, sizeof(e.path))
    memset(e.correlation, 0, sizeof(e.correlation))
    memcpy(&e.path[at], h, FIT_TAPS * sizeof(float))
    e.locked = True
    e.leak = 0.2
    e.explained = 0
    e.absent = 0
    e.votes = 0
    e.candidate = -1


cdef bint _is_near_lag(const Echo* e, int lag) noexcept nogil:
    """Whether the lag is that of the known path: another fit there may only be the caller's doing."""
    return lag > e.delay - ECHO_TAPS and lag < e.delay + ECHO_TAPS


cdef bint _is_echo(Echo* e, float* h, int* lag) noexcept nogil:
    """Whether the last 60 ms are an echo by some lag: at once if that is certain, else if it lasts."""
    cdef bint again
    lag[0] = _search(e, h)
    if e.locked and e.explained >= YOUNG and e.fit < _REFIT and _is_near_lag(e, lag[0]):
        return False
    again = e.candidate >= 0 and lag[0] - e.candidate < 6 and e.candidate - lag[0] < 6
    if e.fit < _LIKELY:
        e.candidate = lag[0] if e.fit > 0.3 else -1
        e.votes = 0
        return False
    e.votes = e.votes + 1 if again else 1
    e.candidate = lag[0]
    return e.fit > _CERTAIN or again


cdef void _give(Echo* e, int16_t* pcm, float gain, int n) noexcept nogil:
    """Fade from the gain before to this one."""
    cdef int i
    cdef float step
    if gain == 1 and e.gain == 1:
        return
    step = (gain - e.gain) / FADE
    for i in range(FADE if FADE < n else n):
        pcm[i] = <int16_t>(pcm[i] * (e.gain + step * i))
    for i in range(FADE, n):
        pcm[i] = <int16_t>(pcm[i] * gain)
    e.gain = gain


cdef int _silence(Echo* e, int16_t* pcm, float level, int n) noexcept nogil:
    _give(e, pcm, sqrtf(e.floor / level) if level > e.floor else 1, n)
    e.near_frames = 0
    e.hang_over = 0
    return ECHO_ONLY


cdef int _pass(Echo* e, int16_t* pcm, int n, int verdict) noexcept nogil:
    e.near_frames += 1
    if e.locked and e.near_frames >= 3:
        e.hang_over = HANG_OVER
    _give(e, pcm, 1, n)
    return verdict


cdef void _measure(Echo* e, float sent, float back) noexcept nogil:
    cdef int k, peak = 0
    e.energy_sent = 0.98 * e.energy_sent + sent
    e.energy_back = 0.98 * e.energy_back + back
    for k in range(ECHO_TAPS):
        if e.path[k] * e.path[k] > e.path[peak] * e.path[peak]:
            peak = k
    e.found_delay = e.delay + peak


cdef void _miss(Echo* e, bint missing) noexcept nogil:
    """Give the path up when echoes that it predicts do not come."""
    e.absent += 1 if missing else -(e.absent > 0)
    if e.absent >= ABSENT:
        e.locked = False
        e.absent = 0


cdef bint _is_faint(Echo* e, float level) noexcept nogil:
    """More like an echo than a caller: may wait some frames for a verdict."""
    if level > _FAINT * e.sent_level or e.held == HELD:
        return False
    e.held += 1
    return True


cdef int _judge_locked(Echo* e, int64_t position, int16_t* pcm, float level, int n) noexcept nogil:
    cdef float[BLOCK] expected
    cdef int16_t[BLOCK] residual
    cdef float[FIT_TAPS] taps
    cdef float back, left, sent, value, bound, rise
    cdef int i, lag = 0
    _predict(e, position, expected, &sent, n)
    back = _mean_square_float(expected, n)
    for i in range(n):
        value = pcm[i] - expected[i]
        value = 32767 if value > 32767 else value
        residual[i] = <int16_t>(-32768 if value < -32768 else value)
    left = _mean_square(residual, n)
    e.tail = back if back > 0.4 * e.tail else 0.4 * e.tail
    bound = _MARGIN * e.leak * e.tail + 4 * e.floor
    e.sent_tail = sent if sent > 0.5 * e.sent_tail else 0.5 * e.sent_tail
    if e.energy_sent > 0:
        # The level that comes back is known before the shape of the path, and better than it if that bends.
        value = e.energy_back / e.energy_sent
        if e.explained < YOUNG:
            value *= _YOUNG_MARGIN
        else:
            value = 2 * value if value < 0.015 else 0.03
        value *= e.sent_tail
        bound = value if value > bound else bound
    if left <= 1.1 * level and (left < bound or left < 0.06 * level):
        e.explained += 1
        e.echo_frames += 1
        e.absent = 0
        if back > 4 * e.floor and left < level:
            value = left / back
            value = 0.3 if value > 0.3 else value
            # Upwards slowly once the path is known: a caller's pauses must not make him part of the echo.
            rise = 0.05 if e.explained < YOUNG else 0.01
            e.leak += (value - e.leak) * (0.1 if value < e.leak else rise)
            e.leak = 0.004 if e.leak < 0.004 else e.leak
            _measure(e, sent, back)
            # Once little is left there is time: every fourth frame follows what changes.
            if e.explained < YOUNG or left > 0.02 * level or e.explained & 3 == 0:
                _adapt(e, position, residual, left, n)
        if left < level:
            memcpy(pcm, residual, n * sizeof(int16_t))
        if e.hang_over:
            e.hang_over -= 1
            return _pass_on(e, pcm, n)
        return _silence(e, pcm, left if left < level else level, n)
    if _is_echo(e, taps, &lag):
        e.explained += 1
        if e.votes >= 2 and e.fit > (_REFIT if _is_near_lag(e, lag) else _CERTAIN):
            _lock(e, lag, taps)
        return _silence(e, pcm, level, n)
    if e.explained < YOUNG and _is_faint(e, level):
        return _silence(e, pcm, level, n)
    _miss(e, left > 0.9 * level and back > 0.2 * level)
    if left > 1.1 * level and left < bound:
        # The path says too much, but of this level: it has changed rather than the caller spoken. Not for long.
        return _silence(e, pcm, level, n)
    if left < level:
        if back > 4 * e.floor and left < 0.5 * level:
            _adapt(e, position, residual, left, n)
        memcpy(pcm, residual, n * sizeof(int16_t))
    return _pass(e, pcm, n, ECHO_BOTH if back > 0.05 * level else ECHO_NEAR)


cdef int _pass_on(Echo* e, int16_t* pcm, int n) noexcept nogil:
    _give(e, pcm, 1, n)
    return ECHO_BOTH


cdef int _judge(Echo* e, int64_t position, int16_t* pcm, int n) noexcept nogil:
    """A block of at most BLOCK samples."""
    cdef float[FIT_TAPS] taps
    cdef float level
    cdef int lag = 0
    level = _mean_square(pcm, n)
    if level < _AUDIBLE:
        e.floor += (level - e.floor) * (0.05 if level > e.floor else 0.2)
        e.floor = 16 if e.floor < 16 else e.floor
    if position - e.loud_end >= ECHO_HISTORY:
        e.hang_over = 0
        _give(e, pcm, 1, n)
        return ECHO_PASSED
    if position != e.heard_end:
        memset(e.heard, 0, sizeof(e.heard))
    memmove(e.heard, &e.heard[n], (ECHO_WINDOW - n) * sizeof(int16_t))
    memcpy(&e.heard[ECHO_WINDOW - n], pcm, n * sizeof(int16_t))
    e.heard_end = position + n
    if level < _AUDIBLE:
        e.tail *= 0.4
        e.held = 0
        e.hang_over -= e.hang_over > 0
        _give(e, pcm, 1, n)
        return ECHO_PASSED
    if e.locked:
        return _judge_locked(e, position, pcm, level, n)
    if _is_echo(e, taps, &lag):
        if e.votes >= 2 and e.fit > _CERTAIN:
            _lock(e, lag, taps)
        return _silence(e, pcm, level, n)
    if _is_faint(e, level):
        return _silence(e, pcm, level, n)
    return _pass(e, pcm, n, ECHO_NEAR)


cdef void echo_init(Echo* e) noexcept nogil:
    memset(e, 0, sizeof(Echo))
    e.loud_end = -ECHO_HISTORY
    e.candidate = -1
    e.found_delay = -1
    e.floor = 16
    e.gain = 1


cdef void echo_sent(Echo* e, int64_t position, const int16_t* pcm, int n) noexcept nogil:
    cdef float level
    cdef int start, first
    if position != e.sent_end:
        memset(e.sent, 0, sizeof(e.sent))
    if n > ECHO_HISTORY:
        position += n - ECHO_HISTORY
        pcm += n - ECHO_HISTORY
        n = ECHO_HISTORY
    start = <int>(position & (ECHO_HISTORY - 1))
    first = ECHO_HISTORY - start if ECHO_HISTORY - start < n else n
    memcpy(&e.sent[start], pcm, first * sizeof(int16_t))
    memcpy(&e.sent[0], pcm + first, (n - first) * sizeof(int16_t))
    e.sent_end = position + n
    level = _mean_square(pcm, n) if n else 0
    e.sent_level = level if level > 0.99 * e.sent_level else 0.99 * e.sent_level
    if level > _LOUD_SENT:
        e.loud_end = position + n


cdef int echo_process(Echo* e, int64_t position, int16_t* pcm, int n) noexcept nogil:
    cdef int verdict = ECHO_PASSED, part
    while n > 0:
        part = BLOCK if n > BLOCK else n
        verdict = _judge(e, position, pcm, part)
        position += part
        pcm += part
        n -= part
    return verdict


cdef class EchoGuard:
    cdef Echo _state

    def __cinit__(self):
        echo_init(&self._state)

    def sent(self, int64_t position, const uint8_t[::1] pcm):
        if pcm.shape[0] % 2:
            raise ValueError("S16LE PCM must have an even number of bytes")
        if pcm.shape[0]:
            echo_sent(&self._state, position, <const int16_t*>&pcm[0], <int>(pcm.shape[0] // 2))

    def process(self, int64_t position, const uint8_t[::1] pcm):
        cdef int verdict = ECHO_PASSED
        cdef Py_ssize_t size = pcm.shape[0]
        if size % 2:
            raise ValueError("S16LE PCM must have an even number of bytes")
        out = PyBytes_FromStringAndSize(NULL, size)
        if size:
            memcpy(PyBytes_AS_STRING(out), &pcm[0], size)
            verdict = echo_process(&self._state, position, <int16_t*>PyBytes_AS_STRING(out), <int>(size // 2))
        return out, verdict

    @property
    def locked(self):
        return bool(self._state.locked)

    @property
    def delay_samples(self):
        return None if self._state.found_delay < 0 else self._state.found_delay

    @property
    def return_loss_db(self):
        if self._state.energy_back <= 0 or self._state.energy_sent <= 0:
            return None
        return 10 * log10f(self._state.energy_sent / self._state.energy_back)

    @property
    def echo_frames(self):
        return self._state.echo_frames

    @property
    def state_bytes(self):
        return sizeof(Echo)
