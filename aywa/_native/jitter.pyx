"""Adaptive playout buffer of one source: delay by the measured lateness, clock drift and change by time-scaling.

How late packets are beyond the least of the last second goes into a histogram that forgets; its 97th percentile and
10 ms are the delay aimed at. More delay than that by 20 ms is taken back a pitch period at a time, less is added so.
When nothing is there the playout stands still and concealment is played: a late burst is then played whole, and its
delay taken back by and by. A jump of the position without loss (DTX) is silence. The memory is bounded: beyond half a
second the oldest is skipped. In a settled stream nothing is altered.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int16_t, int64_t, uint8_t
from libc.string cimport memset

from aywa._native.plc cimport plc_conceal, plc_good, plc_init
from aywa._native.timescale cimport TIMESCALE_LONGEST, timescale_lag, timescale_lengthen, timescale_shorten

cdef enum:
    BIN = 40                    # 8 kHz samples: 5 ms
    WINDOW = 25                 # packets whose least lateness is kept, and of the window before
    MARGIN = 10                 # ms of delay beyond the jitter
    SLACK = 20                  # ms of delay too much before it is taken back
    URGENT = 100                # ms too much: any joint is better than that
    SOURCE_JUMP = 4000          # 8 kHz samples (0.5 s) forwards or back: another source


cdef void jitter_init(Jitter* state, int rate) noexcept nogil:
    memset(state, 0, sizeof(Jitter))
    state.rate = rate
    state.waiting = True
    plc_init(&state.concealer)
    state.concealer.rate = rate


cdef int _ms(const Jitter* state, int milliseconds) noexcept nogil:
    return milliseconds * (16 if state.rate == 16000 else 8)


cdef int64_t _room(const Jitter* state) noexcept nogil:
    return JITTER_RING if state.rate == 16000 else JITTER_RING // 2


cdef void _measure(Jitter* state, int64_t lateness) noexcept nogil:
    """Into the histogram, and its 97th percentile."""
    cdef int64_t least
    cdef int i, found
    cdef float total = 0.0, sum = 0.0
    state.least = lateness if lateness < state.least else state.least
    least = state.least if state.least < state.least_before else state.least_before
    found = <int>((lateness - least) // BIN) if lateness - least < BIN * JITTER_BINS else JITTER_BINS - 1
    for i in range(JITTER_BINS):
        state.histogram[i] = state.histogram[i] * <float>0.992
        total += state.histogram[i]
    state.histogram[found] += 1
    total += 1
    state.packets += 1
    if state.packets == WINDOW:
        state.packets = 0
        state.least_before = state.least
        state.least = lateness
    for i in range(JITTER_BINS):
        sum += state.histogram[i]
        if sum >= <float>0.97 * total:
            # A percentile in the first bin is no jitter.
            state.jitter = _ms(state, 5) * (i + 1 if i else 0)
            return


cdef void _restart(Jitter* state, int64_t start, int64_t lateness, bint forget) noexcept nogil:
    """Nothing is there; what comes begins at `start`."""
    state.next = start
    state.end = start
    state.waiting = True
    state.waited = 0
    state.jumped = True
    if forget:
        state.least = lateness
        state.least_before = lateness
        state.packets = 0
        state.jitter = 0
        state.delay = 0.0
        memset(state.histogram, 0, sizeof(state.histogram))


cdef void _append(Jitter* state, const int16_t* pcm, int64_t n) noexcept nogil:
    """n samples, or that much silence, behind what is there; too much skips the oldest."""
    cdef int64_t i, excess = state.end + n - state.next - _room(state)
    for i in range(n):
        state.ring[(state.end + i) & (JITTER_RING - 1)] = pcm[i] if pcm != NULL else 0
    state.end += n
    if excess > 0:
        state.next += excess
        state.skipped += excess
        state.jumped = True


cdef void jitter_push(Jitter* state, int64_t position, const int16_t* pcm, int n, int64_t arrival) noexcept nogil:
    cdef int64_t start = position * (state.rate // 8000), lateness = arrival - position, known, least
    if n <= 0 or n > _room(state) // 2:
        return
    if not state.started:
        state.started = True
        _restart(state, start, lateness, True)
    known = state.end - start
    if known > _ms(state, SOURCE_JUMP // 8) or known < -_ms(state, SOURCE_JUMP // 8) - n:
        _restart(state, start, lateness, state.end > start or lateness > state.least + SOURCE_JUMP
                 or lateness < state.least - SOURCE_JUMP)
        known = 0
    if known >= n:
        state.late += n
        return
    _measure(state, lateness)
    least = state.least if state.least < state.least_before else state.least_before
    if known > 0:
        state.late += known
        pcm += known
        n -= <int>known
    elif known < 0 and state.end == state.next:
        _restart(state, start, lateness, False)
    elif known < 0:
        _append(state, NULL, -known)
    state.packet = n
    _append(state, pcm, n)
    state.delay += (<float>(start - state.next + (lateness - least) * (state.rate // 8000)) - state.delay) / 8


cdef int _aim(const Jitter* state, int n) noexcept nogil:
    """PCM samples of delay that pulls of n need: a pull longer than the packets waits for several."""
    cdef int aim = state.jitter + _ms(state, MARGIN) + (n - state.packet if n > state.packet else 0)
    return aim if aim < _room(state) * 3 // 4 - n else <int>_room(state) * 3 // 4 - n


cdef int _scaled(Jitter* state, int16_t* out, int n, int there) noexcept nogil:
    """n samples made of more or fewer if the delay wants it; how many were used, 0 for none of it."""
    cdef int16_t[JITTER_MAX_PULL + TIMESCALE_LONGEST] line
    cdef int i, lag, count, aim = _aim(state, n)
    cdef float excess = state.delay - aim
    if 0 <= excess < _ms(state, SLACK):
        return 0
    count = n + TIMESCALE_LONGEST if there > n + TIMESCALE_LONGEST else there
    for i in range(count):
        line[i] = state.ring[(state.next + i) & (JITTER_RING - 1)]
    if excess > 0:
        lag = timescale_lag(line, count, state.rate, n if n < count - n else count - n,
                            <float>0.0 if excess > _ms(state, URGENT) else <float>0.6)
        if lag == 0:
            return 0
        timescale_shorten(line, lag, out, n)
        state.shortened += lag
        state.delay -= lag
        return n + lag
    lag = timescale_lag(line, count, state.rate, n // 2, <float>(0.6 if excess > -_ms(state, MARGIN) else 0.3))
    if lag == 0:
        return 0
    timescale_lengthen(line, lag, out, n)
    state.lengthened += lag
    state.delay += lag
    return n - lag


cdef bint _ready(Jitter* state, int n, int64_t there) noexcept nogil:
    """Whether to play: while waiting, once there is the delay aimed at, or it had the time to come."""
    if not state.waiting:
        return there > 0
    if there == 0:
        state.waited = 0
        return False
    if there < _aim(state, n) + n and state.waited < _aim(state, n):
        state.waited += n
        return False
    state.waiting = False
    # Behind the newest packet, whose length may be that of several pulls.
    state.delay = there - (state.packet if state.packet > n else n)
    return True


cdef int jitter_pull(Jitter* state, int16_t* pcm, int n) noexcept nogil:
    cdef int i, used = 0, real = n
    cdef int16_t begun
    cdef int64_t there = state.end - state.next
    if not _ready(state, n, there):
        plc_conceal(&state.concealer, pcm, n)
        state.concealed += n if state.started else 0
        return 0
    if there >= n:
        used = _scaled(state, pcm, n, <int>there)
    if used == 0:
        real = n if there >= n else <int>there
        for i in range(real):
            pcm[i] = state.ring[(state.next + i) & (JITTER_RING - 1)]
        used = real
    if state.jumped and state.concealer.missing == 0:
        # A hole of one sample: what was played goes on for 5 ms under what comes.
        plc_conceal(&state.concealer, &begun, 1)
    state.jumped = False
    state.next += used
    plc_good(&state.concealer, pcm, real)
    if real < n:
        plc_conceal(&state.concealer, pcm + real, n - real)
        state.concealed += n - real
        state.waiting = True
        state.waited = 0
    return real


cdef class JitterBuffer:
    cdef Jitter _state

    def __cinit__(self, int rate=8000):
        if rate != 8000 and rate != 16000:
            raise ValueError("the buffer is for 8000 or 16000 samples a second")
        jitter_init(&self._state, rate)

    def push(self, int64_t position, const uint8_t[::1] pcm, int64_t arrival):
        if pcm.shape[0] % 2:
            raise ValueError("S16LE PCM must have an even number of bytes")
        if pcm.shape[0] > 4 * JITTER_MAX_PULL:
            raise ValueError("a packet has at most 1920 samples")
        if pcm.shape[0]:
            jitter_push(&self._state, position, <const int16_t*>&pcm[0], <int>(pcm.shape[0] // 2), arrival)

    def pull(self, int samples):
        if not 0 < samples <= JITTER_MAX_PULL:
            raise ValueError("1 to 960 samples are pulled at once")
        out = PyBytes_FromStringAndSize(NULL, 2 * samples)
        return out, jitter_pull(&self._state, <int16_t*>PyBytes_AS_STRING(out), samples)

    @property
    def buffered(self):
        return self._state.end - self._state.next

    @property
    def jitter(self):
        return self._state.jitter

    @property
    def counters(self):
        cdef Jitter* state = &self._state
        return state.late, state.skipped, state.concealed, state.shortened, state.lengthened
