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

from aywa._native.echo_fit cimport fit_mean_square, fit_mean_square_float
from aywa._native.echo_path cimport *
from aywa._native.echo_search cimport ECHO_FIT_TAPS, echo_search
from aywa._native.g711 cimport ulaw_encode

cdef enum:
    SILENCE = 0xFF              # in mu-law
    HANG_OVER = 10              # frames
    HELD = 5                    # frames that a faint sound may wait for a verdict
    ABSENT = 15                 # frames of a missing echo that end the lock
    CLEAN = 8                   # strong blocks (160 ms) unanswered: the line has no echo until one is found
    FRUITLESS = 5               # searches in a row (100 ms) that make a sound the caller's until it changes
    SELDOM = 4                  # frames of which one is searched then
    PROVEN = 5                  # likely fits in a row by one lag that find one there (100 ms)
    ANSWER = 25                 # steps of 20 ms: no echo comes later
    FADE = 16                   # samples over which the gain changes

cdef float _LOUD_SENT = 60.0 * 60.0       # -55 dBFS: quieter things sent come back unheard
cdef float _AUDIBLE = 45.0 * 45.0         # -57 dBFS: quieter things heard cannot start speech
cdef float _CLEARLY_AUDIBLE = 4 * 45.0 * 45.0
cdef float _STRONG_SENT = 840.0 * 840.0   # -32 dBFS: its echo at 25 dB return loss is audible
cdef float _QUIETER = 0.03                # of what is sent (-15 dB): what a caller seldom is
cdef float _CERTAIN = 0.60                # fit that makes an echo at once
cdef float _LIKELY = 0.42                 # fit that makes one when the lag is that of the frame before
cdef float _REFIT = 0.85                  # fit by the known lag that shows that the path has changed
cdef float _IMPOSSIBLE = 4e9              # four times full scale: the path has run away
cdef float _LOUDER = 16.0                 # than it was (12 dB): another sound
cdef float _ALIKE = 0.25                  # what a quieter echo may leave: a caller leaves more
cdef float _FAINT = 0.01                  # of what is sent (-20 dB): more like an echo than a caller


cdef bint _is_echo(Echo* e, float level, bint useless, float* h, int* lag) noexcept nogil:
    """Whether the last 60 ms are an echo by some lag: at once if that is certain, else if it lasts.

    `useless`: the known path makes this frame louder, so only its lag is believed.
    """
    cdef bint again, found
    lag[0] = echo_search(e, h)
    if e.locked and not useless and e.explained >= ECHO_YOUNG and e.fit < _REFIT and echo_is_near_lag(e, lag[0]):
        e.fruitless += 1
        return False
    again = e.candidate >= 0 and lag[0] - e.candidate < 6 and e.candidate - lag[0] < 6
    again = again or (useless and echo_is_near_lag(e, lag[0]))
    if e.fit < _LIKELY:
        e.candidate = lag[0] if e.fit > 0.3 else -1
        e.fruitless += 1
        e.votes = 0
        return False
    e.votes = e.votes + 1 if again else 1
    e.candidate = lag[0]
    if e.unanswered == CLEAN and level > _QUIETER * e.sent_level:
        found = e.votes >= PROVEN
    else:
        found = e.fit > _CERTAIN or again
    e.fruitless = 0 if found else e.fruitless + 1
    return found


cdef bint _is_to_be_searched(Echo* e, float level) noexcept nogil:
    """Not every frame of a sound in which search after search found no echo: by then the caller has been heard.

    Unless it is so soft beside what is sent that a caller seldom is.
    """
    if level > _LOUDER * e.softest:
        e.fruitless = 0
    if level < e.softest or e.fruitless == 0:
        e.softest = level
    if e.fruitless < FRUITLESS or level < _QUIETER * e.sent_level:
        return True
    e.passed_over += 1
    return e.passed_over % SELDOM == 0


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


cdef void _miss(Echo* e, bint missing) noexcept nogil:
    """Give the path up when echoes that it predicts do not come."""
    e.absent += 1 if missing else -(e.absent > 0)
    if e.absent >= ABSENT:
        e.locked = False
        e.absent = 0


cdef bint _is_faint(Echo* e, float level) noexcept nogil:
    """More like an echo than a caller: may wait some frames for a verdict."""
    if level > _FAINT * e.sent_level or e.held == HELD or (e.unanswered == CLEAN and e.candidate < 0):
        return False
    e.held += 1
    return True


cdef bint _is_bent(const Echo* e, const int16_t* pcm, const float* expected, float level, float back,
                   int n) noexcept nogil:
    """Whether this is the echo expected, only quieter: as loud speech is that was clipped on its way."""
    cdef float left = echo_bent(pcm, expected, level, back, n)
    return left < _ALIKE * level and left < echo_usual(e, level)


cdef int _judge_locked(Echo* e, int64_t position, int16_t* pcm, float level, int n) noexcept nogil:
    cdef float[ECHO_BLOCK] expected
    cdef int16_t[ECHO_BLOCK] residual
    cdef float[ECHO_FIT_TAPS] taps
    cdef float back, left, sent, bound
    cdef int lag = 0
    echo_predict(e, position, expected, &sent, n)
    back = fit_mean_square_float(expected, n)
    if not back < _IMPOSSIBLE:
        # Least squares of a degenerate block; also what is not a number ends here.
        e.locked = False
        e.tail = 0
        return _pass(e, pcm, n, ECHO_NEAR)
    left = echo_take_out(pcm, expected, residual, n)
    bound = echo_bound(e, sent, back)
    if left <= 1.1 * level and (left < bound or left < 0.06 * level):
        e.explained += 1
        e.echo_frames += 1
        e.absent = 0
        if back > 4 * e.floor and left < level:
            echo_learn(e, left, back)
            echo_measure(e, sent, back)
            # Once little is left there is time: every fourth frame follows what changes.
            if e.explained < ECHO_YOUNG or left > 0.02 * level or e.explained & 3 == 0:
                echo_adapt(e, position, residual, left, n)
        if left < level:
            memcpy(pcm, residual, n * sizeof(int16_t))
        if e.hang_over:
            e.hang_over -= 1
            return _pass_on(e, pcm, n)
        return _silence(e, pcm, left if left < level else level, n)
    if back > level and _is_bent(e, pcm, expected, level, back, n):
        e.explained += 1
        e.absent = 0
        return _silence(e, pcm, level, n)
    if _is_to_be_searched(e, level) and _is_echo(e, level, left > level and back > level, taps, &lag):
        e.explained += 1
        if e.votes >= 2 and e.fit > (_REFIT if echo_is_near_lag(e, lag) else _CERTAIN):
            echo_lock(e, lag, taps)
        return _silence(e, pcm, level, n)
    if e.explained < ECHO_YOUNG and _is_faint(e, level):
        return _silence(e, pcm, level, n)
    _miss(e, left > 0.9 * level and back > 0.2 * level)
    if left > 1.1 * level and left < bound:
        # The path says too much, but of this level: it has changed rather than the caller spoken. Not for long.
        return _silence(e, pcm, level, n)
    if left < level:
        if back > 4 * e.floor and left < 0.5 * level:
            echo_adapt(e, position, residual, left, n)
        memcpy(pcm, residual, n * sizeof(int16_t))
    return _pass(e, pcm, n, ECHO_BOTH if back > 0.05 * level else ECHO_NEAR)


cdef int _pass_on(Echo* e, int16_t* pcm, int n) noexcept nogil:
    _give(e, pcm, 1, n)
    return ECHO_BOTH


cdef void _note_quiet(Echo* e, int64_t position, int n) noexcept nogil:
    """Count what was sent strongly and found no answer in the time in which one would come."""
    if position // ECHO_BLOCK == (position + n) // ECHO_BLOCK:
        return
    if (e.strong >> (ANSWER - 1)) & 1 and e.unanswered < CLEAN:
        e.unanswered += 1
        # No path there is, or none any more: what was found was the caller's voice.
        e.locked = e.locked and e.unanswered < CLEAN
    e.strong = (e.strong << 1) | e.sending


cdef int _judge(Echo* e, int64_t position, int16_t* pcm, int n) noexcept nogil:
    """A block of at most ECHO_BLOCK samples."""
    cdef float[ECHO_FIT_TAPS] taps
    cdef float level
    cdef int lag = 0
    level = fit_mean_square(pcm, n)
    if level < _AUDIBLE:
        e.floor += (level - e.floor) * (0.05 if level > e.floor else 0.2)
        e.floor = 16 if e.floor < 16 else e.floor
    if position - e.loud_end >= ECHO_HISTORY:
        e.hang_over = 0
        e.strong = 0
        e.fruitless = 0
        _give(e, pcm, 1, n)
        return ECHO_PASSED
    if position != e.heard_end:
        memset(e.heard, 0, sizeof(e.heard))
        e.strong = 0
        e.fruitless = 0
    memmove(e.heard, &e.heard[n], (ECHO_WINDOW - n) * sizeof(int16_t))
    memcpy(&e.heard[ECHO_WINDOW - n], pcm, n * sizeof(int16_t))
    e.heard_end = position + n
    if level < _AUDIBLE:
        e.tail *= 0.4
        e.held = 0
        e.fruitless = 0
        e.hang_over -= e.hang_over > 0
        _note_quiet(e, position, n)
        _give(e, pcm, 1, n)
        return ECHO_PASSED
    # What is audible may be the answer to all that was sent lately: none of it proves anything any more.
    e.strong = 0
    if e.locked:
        return _judge_locked(e, position, pcm, level, n)
    if _is_to_be_searched(e, level) and _is_echo(e, level, False, taps, &lag):
        if e.votes >= 2 and e.fit > _CERTAIN:
            echo_lock(e, lag, taps)
        return _silence(e, pcm, level, n)
    if _is_faint(e, level):
        return _silence(e, pcm, level, n)
    return _pass(e, pcm, n, ECHO_NEAR)


cdef void echo_init(Echo* e) noexcept nogil:
    memset(e, 0, sizeof(Echo))
    memset(e.sent, SILENCE, sizeof(e.sent))
    e.loud_end = -ECHO_HISTORY
    e.candidate = -1
    e.found_delay = -1
    e.floor = 16
    e.gain = 1


cdef bint _would_be_heard(const Echo* e, float level) noexcept nogil:
    """Whether the echo of what is sent now is audible: by the path that is known, else by any that matters."""
    if e.locked and e.energy_back > 0 and e.energy_back * _STRONG_SENT < e.energy_sent * _CLEARLY_AUDIBLE:
        return level * e.energy_back > e.energy_sent * _CLEARLY_AUDIBLE
    return level > _STRONG_SENT


cdef void echo_sent(Echo* e, int64_t position, const int16_t* pcm, int n) noexcept nogil:
    cdef float level
    cdef int start, first
    if position != e.sent_end:
        memset(e.sent, SILENCE, sizeof(e.sent))
    if n > ECHO_HISTORY:
        position += n - ECHO_HISTORY
        pcm += n - ECHO_HISTORY
        n = ECHO_HISTORY
    start = <int>(position & (ECHO_HISTORY - 1))
    first = ECHO_HISTORY - start if ECHO_HISTORY - start < n else n
    ulaw_encode(pcm, &e.sent[start], first)
    ulaw_encode(pcm + first, &e.sent[0], n - first)
    e.sent_end = position + n
    level = fit_mean_square(pcm, n) if n else 0
    e.sending = _would_be_heard(e, level)
    e.sent_level = level if level > 0.99 * e.sent_level else 0.99 * e.sent_level
    if level > _LOUD_SENT:
        e.loud_end = position + n


cdef int echo_process(Echo* e, int64_t position, int16_t* pcm, int n) noexcept nogil:
    cdef int verdict = ECHO_PASSED, part
    while n > 0:
        part = ECHO_BLOCK if n > ECHO_BLOCK else n
        verdict = _judge(e, position, pcm, part)
        position += part
        pcm += part
        n -= part
    return verdict


cdef object echo_return_loss_db(const Echo* e):
    if e.energy_back <= 0 or e.energy_sent <= 0:
        return None
    return 10 * log10f(e.energy_sent / e.energy_back)


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
        return echo_return_loss_db(&self._state)

    @property
    def echo_frames(self):
        return self._state.echo_frames

    @property
    def state_bytes(self):
        return sizeof(Echo)
