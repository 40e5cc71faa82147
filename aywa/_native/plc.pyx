"""Concealment of lost frames: linear prediction of 10 ms order by Burg's method, from both sides of the hole.

A voice is predicted from 20 ms of it with as many coefficients as its longest pitch period has samples, so pitch and
formants go on together and no period is searched. A hole is conceded only once later packets wait, so its far side is
known: it is predicted backwards from there as well and the two are cross-faded over the whole hole. Where nothing is
known of the far side, the forward prediction alone is faded as ITU-T G.711 Appendix I does it (full level for 10 ms,
silent at 60 ms) and cross-faded into the first good frame. Nothing is delayed. Burg: J. P. Burg, Maximum entropy
spectral analysis, 1967; the lattice recursion is written from its definition.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int16_t, uint8_t
from libc.string cimport memcpy, memmove, memset

cdef enum:
    LONGEST_BRIDGE = 1600       # samples at 16 kHz (100 ms): a longer hole is silent in its middle


cdef void plc_init(Concealer* state) noexcept nogil:
    memset(state, 0, sizeof(Concealer))
    state.rate = 8000


cdef int _ms(const Concealer* state, int milliseconds) noexcept nogil:
    return milliseconds * (16 if state.rate == 16000 else 8)


cdef void _burg(const float* signal, int n, int order, float* coefficients) noexcept nogil:
    """Predictor with the least forward and backward error: the coefficient of the oldest sample first.

    As if white noise at -40 dB were added: that keeps the poles inside the unit circle and the sums well conditioned.
    """
    cdef float[PLC_HISTORY] forward, backward
    cdef float[PLC_ORDER] weights, mirrored
    cdef float* ahead = forward
    cdef float product, energy, reflection, before, noise = 0.0
    cdef int i, stage, left = n - 1
    for i in range(n):
        noise += signal[i] * signal[i]
    noise = <float>1.0 + noise * <float>1e-4 / n
    for i in range(left):
        forward[i] = signal[i + 1]
        backward[i] = signal[i]
    for stage in range(order):
        product = 0.0
        energy = 0.0
        for i in range(left):
            product += ahead[i] * backward[i]
            energy += ahead[i] * ahead[i] + backward[i] * backward[i]
        reflection = -2 * product / (energy + 2 * left * noise)
        for i in range(stage):
            mirrored[i] = weights[stage - 1 - i]
        for i in range(stage):
            weights[i] += reflection * mirrored[i]
        weights[stage] = reflection
        for i in range(left):
            before = ahead[i]
            ahead[i] = before + reflection * backward[i]
            backward[i] = backward[i] + reflection * before
        ahead += 1
        left -= 1
    for i in range(order):
        coefficients[i] = -weights[order - 1 - i]


cdef void _predict(const float* coefficients, int order, float peak, float* line, int n) noexcept nogil:
    """n samples behind the `order` samples that `line` begins with."""
    cdef const float* past
    cdef float value
    cdef int i, k
    for i in range(n):
        past = line + i
        value = 0.0
        for k in range(order):
            value += coefficients[k] * past[k]
        value = peak if value > peak else value
        line[order + i] = -peak if value < -peak else value


cdef float _peak(const float* signal, int n) noexcept nogil:
    cdef float highest = 0.0
    cdef int i
    for i in range(n):
        highest = signal[i] if signal[i] > highest else highest
        highest = -signal[i] if -signal[i] > highest else highest
    return highest


cdef void _begin(Concealer* state) noexcept nogil:
    cdef float[PLC_HISTORY] signal
    cdef int i, n = _ms(state, 20)
    for i in range(n):
        signal[i] = state.history[PLC_HISTORY - n + i]
    state.peak = _peak(signal, n)
    state.order = _ms(state, 10)
    _burg(signal, n, state.order, state.coefficients)
    memcpy(state.recent, signal + n - state.order, state.order * sizeof(float))


cdef void _continue(Concealer* state, float* line, int n) noexcept nogil:
    """The next n samples of the forward prediction to line[order:]; the state goes on by them."""
    memcpy(line, state.recent, state.order * sizeof(float))
    _predict(state.coefficients, state.order, state.peak, line, n)
    memcpy(state.recent, line + n, state.order * sizeof(float))


cdef float _gain(const Concealer* state, int missing) noexcept nogil:
    cdef int silent = _ms(state, 60), fade = _ms(state, 50)
    if missing >= silent:
        return 0.0
    return <float>1.0 if silent - missing >= fade else <float>(silent - missing) / fade


cdef int16_t _rounded(float value) noexcept nogil:
    return <int16_t>(value + <float>0.5 if value >= 0 else value - <float>0.5)


cdef void _fill(Concealer* state, int16_t* out, int n) noexcept nogil:
    """Forward prediction faded; `missing` goes on by n."""
    cdef float[PLC_ORDER + PLC_HISTORY] line
    cdef int i, part, done = 0, silent = _ms(state, 60)
    while done < n and state.missing < silent:
        part = n - done if n - done < PLC_HISTORY else PLC_HISTORY
        _continue(state, line, part)
        for i in range(part):
            out[done + i] = _rounded(line[state.order + i] * _gain(state, state.missing + i))
        state.missing += part
        done += part
    memset(out + done, 0, (n - done) * sizeof(int16_t))
    if done < n:
        state.missing = silent


cdef void plc_remember(Concealer* state, const int16_t* frame, int n) noexcept nogil:
    if n >= PLC_HISTORY:
        memcpy(state.history, frame + n - PLC_HISTORY, sizeof(state.history))
        return
    memmove(state.history, &state.history[n], (PLC_HISTORY - n) * sizeof(int16_t))
    memcpy(&state.history[PLC_HISTORY - n], frame, n * sizeof(int16_t))


cdef void plc_conceal(Concealer* state, int16_t* out, int n) noexcept nogil:
    if n <= 0:
        return
    if state.missing == 0:
        _begin(state)
    _fill(state, out, n)
    plc_remember(state, out, n)


cdef int _backwards(const Concealer* state, const int16_t* later, int later_n, float* line, int n) noexcept nogil:
    """line[order:] becomes the hole from its end to its beginning, predicted from what follows; the order."""
    cdef float[PLC_HISTORY] signal
    cdef float[PLC_ORDER] coefficients
    cdef int i, order = _ms(state, 10), known = _ms(state, 20)
    memset(signal, 0, sizeof(signal))
    known = later_n if later_n < known else known
    order = 3 * known // 4 if 3 * known // 4 < order else order
    for i in range(known):
        signal[i] = later[known - 1 - i]
    _burg(signal, known, order, coefficients)
    memcpy(line, signal + known - order, order * sizeof(float))
    _predict(coefficients, order, _peak(signal, known), line, n)
    return order


cdef void plc_bridge(Concealer* state, int16_t* out, int n, const int16_t* later, int later_n) noexcept nogil:
    cdef float[PLC_ORDER + LONGEST_BRIDGE] ahead, back
    cdef int i, order, longest = _ms(state, 100)
    cdef float gain, into
    if later_n <= 0:
        plc_conceal(state, out, n)
        return
    if n > longest:
        plc_conceal(state, out, n - longest)
        out += n - longest
        n = longest
    if n > 0:
        if state.missing == 0:
            _begin(state)
        gain = _gain(state, state.missing)
        _continue(state, ahead, n)
        order = _backwards(state, later, later_n, back, n)
        for i in range(n):
            into = (i + <float>0.5) / n
            into = into * into * (3 - 2 * into)
            out[i] = _rounded(gain * (1 - into) * ahead[state.order + i] + into * back[order + n - 1 - i])
        plc_remember(state, out, n)
    state.missing = 0


cdef void plc_good(Concealer* state, int16_t* frame, int n) noexcept nogil:
    cdef int16_t[PLC_HISTORY] tail
    cdef int i, overlap = _ms(state, 5)
    if state.missing and n > 0:
        overlap = n if overlap > n else overlap
        _fill(state, tail, overlap)
        for i in range(overlap):
            frame[i] = <int16_t>((tail[i] * (overlap - i) + frame[i] * (i + 1)) // (overlap + 1))
        state.missing = 0
    plc_remember(state, frame, n)


cdef class LossConcealer:
    cdef Concealer _state

    def __cinit__(self, int rate=8000):
        if rate != 8000 and rate != 16000:
            raise ValueError("concealment is for 8000 or 16000 samples a second")
        plc_init(&self._state)
        self._state.rate = rate

    def good(self, const uint8_t[::1] pcm):
        cdef int n = <int>(pcm.shape[0] // 2)
        if pcm.shape[0] % 2:
            raise ValueError("S16LE PCM must have an even number of bytes")
        out = PyBytes_FromStringAndSize(NULL, 2 * n)
        if n:
            memcpy(PyBytes_AS_STRING(out), &pcm[0], 2 * n)
            plc_good(&self._state, <int16_t*>PyBytes_AS_STRING(out), n)
        return out

    def conceal(self, int samples):
        if not 0 <= samples <= 16000:
            raise ValueError("at most 16000 samples are concealed at once")
        out = PyBytes_FromStringAndSize(NULL, 2 * samples)
        plc_conceal(&self._state, <int16_t*>PyBytes_AS_STRING(out), samples)
        return out

    def bridge(self, int samples, const uint8_t[::1] later):
        cdef const int16_t* known = NULL
        if not 0 <= samples <= 16000:
            raise ValueError("at most 16000 samples are concealed at once")
        if later.shape[0] % 2:
            raise ValueError("S16LE PCM must have an even number of bytes")
        if later.shape[0]:
            known = <const int16_t*>&later[0]
        out = PyBytes_FromStringAndSize(NULL, 2 * samples)
        plc_bridge(&self._state, <int16_t*>PyBytes_AS_STRING(out), samples, known, <int>(later.shape[0] // 2))
        return out
