"""DTMF as RFC 4733 telephone events, received and sent.

A press is known by its RTP timestamp, which all of its packets share; marker and end bit are only hints, since any
packet may be lost. A press is over with its first end packet, with the first packet of another press, or when its
packets stop. Some senders take one timestamp for several presses or a new one for every packet: then event code,
duration and marker tell, which is safe because packets come in order.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint32_t
from libc.string cimport memset


cdef void digit_receiver_init(DigitReceiver* state) noexcept nogil:
    memset(state, 0, sizeof(DigitReceiver))
    state.queued = -1


cdef int digit_from_wire(uint32_t samples, int clock_hz) noexcept nogil:
    cdef int64_t scaled = (<int64_t>samples * 8000 + clock_hz // 2) // clock_hz
    return 0x7FFFFFFF if scaled > 0x7FFFFFFF else <int>scaled


cdef int digit_to_wire(int samples, int clock_hz) noexcept nogil:
    cdef int64_t scaled = (<int64_t>samples * clock_hz + 4000) // 8000
    return 0x7FFFFFFF if scaled > 0x7FFFFFFF else <int>scaled


cdef int _finish(DigitReceiver* state, int event, uint32_t timestamp, uint32_t duration) noexcept nogil:
    state.finished_duration = duration
    state.finished_timestamp = timestamp
    return event


cdef void _remember(DigitReceiver* state, uint32_t timestamp) noexcept nogil:
    state.finished[state.finished_count % DIGIT_REMEMBERED] = timestamp
    # Counts on from the ring's size, so that it tells a full ring and never overflows.
    state.finished_count += 1
    if state.finished_count == 2 * DIGIT_REMEMBERED:
        state.finished_count = DIGIT_REMEMBERED


cdef int _finish_active(DigitReceiver* state, bint cut) noexcept nogil:
    state.active = False
    state.cut = cut
    _remember(state, state.segment)
    return _finish(state, state.event, state.timestamp, state.duration)


cdef bint _is_finished(DigitReceiver* state, uint32_t timestamp) noexcept nogil:
    cdef int i
    for i in range(DIGIT_REMEMBERED if state.finished_count > DIGIT_REMEMBERED else state.finished_count):
        if state.finished[i] == timestamp:
            return True
    return False


cdef bint _is_same(DigitReceiver* state, int event, bint end, uint32_t duration, uint32_t timestamp,
                   bint marker) noexcept nogil:
    """Whether a packet belongs to the newest press, which may be over."""
    cdef uint32_t ahead = timestamp - state.segment
    if not state.seen or event != state.event:
        return False
    if ahead == 0:
        if duration == 0:
            return True
        if state.active:
            return not (marker and duration < state.last)
        # One timestamp for two presses: the second begins anew, with less than the first had in the end.
        return duration >= state.last and (end or not marker)
    if marker:
        return False
    # A new timestamp in every packet: it begins before the last packet ended, or as far ahead as the press grew.
    if duration >= state.last and (
            ahead <= state.last or (state.active and ahead <= duration <= ahead + state.last)):
        return True
    # A press that outlasts the duration field goes on in a new segment (section 2.5.1.3).
    return (state.active or state.cut) and ahead <= DIGIT_SEGMENT + 1 \
        and ahead >= DIGIT_SEGMENT - DIGIT_SEGMENT_SHORT \
        and state.last + DIGIT_SEGMENT_SHORT * 4 >= ahead


cdef int _go_on(DigitReceiver* state, bint end, uint32_t duration, uint32_t timestamp) noexcept nogil:
    """A packet of the newest press."""
    cdef uint32_t ahead = timestamp - state.segment
    if ahead:
        if duration < state.last:
            state.base += ahead
            state.last = 0
        state.segment = timestamp
        if not state.active:
            _remember(state, timestamp)
    if duration > state.last:
        state.last = duration
    if not state.active:
        state.cut = state.cut and not end
        return -1
    state.idle = 0
    if state.base + state.last > state.duration:
        state.duration = state.base + state.last
    return _finish_active(state, False) if end else -1


cdef int digit_receive(DigitReceiver* state, const uint8_t* payload, int length, uint32_t timestamp,
                       bint marker) noexcept nogil:
    cdef int event, before = -1
    cdef int32_t ahead = <int32_t>(timestamp - state.timestamp)
    cdef uint32_t duration
    cdef bint end
    if length < DIGIT_PAYLOAD_SIZE or payload[0] >= DIGIT_EVENTS:
        return -1
    event = payload[0]
    end = payload[1] >> 7
    duration = (<uint32_t>payload[2] << 8) | payload[3]
    if _is_same(state, event, end, duration, timestamp, marker):
        return _go_on(state, end, duration, timestamp)
    if duration == 0:
        return -1                                 # keeps a path open; of a press, its next packet says the same
    if timestamp != state.segment and _is_finished(state, timestamp):
        return -1
    if state.seen and not marker and ahead < 0 and ahead > -DIGIT_BACKWARD:
        # Of a press before the newest, all packets but this were lost or are late.
        if end:
            _remember(state, timestamp)
        return _finish(state, event, timestamp, duration) if end else -1
    if state.active:
        before = _finish_active(state, False)
    state.seen = True
    state.timestamp = timestamp
    state.segment = timestamp
    state.base = 0
    state.last = duration
    state.duration = duration
    state.event = <int8_t>event
    state.idle = 0
    state.cut = False
    state.active = True
    if not end:
        return before
    if before < 0:
        return _finish_active(state, False)
    state.active = False
    _remember(state, timestamp)
    state.queued = <int8_t>event
    return before


cdef int digit_receive_next(DigitReceiver* state) noexcept nogil:
    cdef int event = state.queued
    if event < 0:
        return -1
    state.queued = -1
    return _finish(state, event, state.timestamp, state.duration)


cdef int digit_receiver_timeout(DigitReceiver* state, int elapsed, int limit) noexcept nogil:
    if not state.active:
        return -1
    state.idle += elapsed
    return _finish_active(state, True) if state.idle >= limit else -1


cdef void digit_sender_init(DigitSender* state) noexcept nogil:
    memset(state, 0, sizeof(DigitSender))


cdef int digit_sender_start(DigitSender* state, int event, int duration, uint32_t timestamp, int volume) noexcept nogil:
    if state.active or not 0 <= event < DIGIT_EVENTS or not 0 < duration <= DIGIT_MAX_DURATION \
            or not 0 <= volume <= 63:
        return -1
    memset(state, 0, sizeof(DigitSender))
    state.event = <uint8_t>event
    state.volume = <uint8_t>volume
    state.total = duration
    state.timestamp = timestamp
    state.active = True
    return 0


cdef bint digit_sender_ready(const DigitSender* state, int gap) noexcept nogil:
    return not state.active and (state.total == 0 or state.quiet >= gap)


cdef int digit_sender_next(DigitSender* state, int step, uint8_t* payload, uint32_t* timestamp,
                           bint* marker) noexcept nogil:
    cdef bint end = False
    cdef int duration
    if state.sent == state.total and state.quiet < DIGIT_MAX_DURATION:
        state.quiet += step
    if not state.active:
        return 0
    state.sent = state.total if state.sent + step > state.total else state.sent + step
    duration = state.sent - state.base
    marker[0] = state.packets == 0
    timestamp[0] = state.timestamp
    if duration > DIGIT_SEGMENT:
        # A segment ends with the longest duration there is, and the next one begins there.
        duration = DIGIT_SEGMENT
        state.base += DIGIT_SEGMENT
        state.timestamp += DIGIT_SEGMENT
    else:
        end = state.sent == state.total
    if end and state.ends_left == 0:
        state.ends_left = DIGIT_PACKETS - state.packets
        if state.ends_left < DIGIT_END_PACKETS:
            state.ends_left = DIGIT_END_PACKETS
    payload[0] = <uint8_t>state.event
    payload[1] = <uint8_t>((0x80 if end else 0) | state.volume)
    payload[2] = <uint8_t>(duration >> 8)
    payload[3] = <uint8_t>duration
    state.packets += state.packets < DIGIT_PACKETS
    if end:
        state.ends_left -= 1
        state.active = state.ends_left > 0
    return DIGIT_PAYLOAD_SIZE


cdef class DigitEvents:
    cdef DigitReceiver _state
    cdef int _clock_hz

    def __cinit__(self, int clock_hz=8000):
        if not 8000 <= clock_hz <= 192000:
            raise ValueError("an event clock has 8000..192000 Hz")
        self._clock_hz = clock_hz
        digit_receiver_init(&self._state)

    cdef list _drain(self, int event):
        presses = []
        while event >= 0:
            presses.append((event, digit_from_wire(self._state.finished_duration, self._clock_hz)))
            event = digit_receive_next(&self._state)
        return presses

    def receive(self, bytes payload, uint32_t timestamp, bint marker=False):
        cdef const uint8_t* data = payload
        return self._drain(digit_receive(&self._state, data, <int>len(payload), timestamp, marker))

    def elapse(self, int samples, int limit):
        return self._drain(digit_receiver_timeout(&self._state, samples, limit))

    @property
    def pressing(self):
        return bool(self._state.active)

    @property
    def seen(self):
        return bool(self._state.seen)


cdef class DigitTransmitter:
    cdef DigitSender _state

    def __cinit__(self):
        digit_sender_init(&self._state)

    def start(self, int event, int duration, uint32_t timestamp, int volume=10):
        if self._state.active:
            raise ValueError("a press is being sent")
        if digit_sender_start(&self._state, event, duration, timestamp, volume):
            raise ValueError("a press has an event in 0..15, 1..5760000 samples and a volume in 0..63")

    def next(self, int step):
        cdef uint8_t[DIGIT_PAYLOAD_SIZE] payload
        cdef uint32_t timestamp = 0
        cdef bint marker = False
        if digit_sender_next(&self._state, step, payload, &timestamp, &marker) == 0:
            return None
        return (PyBytes_FromStringAndSize(<char*>payload, DIGIT_PAYLOAD_SIZE), timestamp, bool(marker))

    def is_ready(self, int gap):
        return bool(digit_sender_ready(&self._state, gap))
