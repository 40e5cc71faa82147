"""DTMF as RFC 4733 telephone events, received and sent.

A press is known by its RTP timestamp, which all of its packets share; marker and end bit are only hints, since any
packet may be lost, repeated or late. A press is over with its first end packet, with the first packet of another
press, or when its packets stop.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memset


cdef void digit_receiver_init(DigitReceiver* state) noexcept nogil:
    memset(state, 0, sizeof(DigitReceiver))
    state.queued = -1


cdef int _finish(DigitReceiver* state, int event, uint32_t timestamp, uint32_t duration) noexcept nogil:
    state.finished[state.finished_count % DIGIT_REMEMBERED] = timestamp
    # Counts on from the ring's size, so that it tells a full ring and never overflows.
    state.finished_count += 1
    if state.finished_count == 2 * DIGIT_REMEMBERED:
        state.finished_count = DIGIT_REMEMBERED
    state.finished_duration = duration
    return event


cdef int _finish_active(DigitReceiver* state) noexcept nogil:
    state.active = False
    return _finish(state, state.event, state.timestamp, state.duration)


cdef bint _is_finished(DigitReceiver* state, uint32_t timestamp) noexcept nogil:
    cdef int i
    for i in range(DIGIT_REMEMBERED if state.finished_count > DIGIT_REMEMBERED else state.finished_count):
        if state.finished[i] == timestamp:
            return True
    return False


cdef int digit_receive(DigitReceiver* state, const uint8_t* payload, int length, uint32_t timestamp,
                       bint marker) noexcept nogil:
    cdef int event, before = -1
    cdef uint32_t duration
    cdef bint end
    if length < DIGIT_PAYLOAD_SIZE or payload[0] >= DIGIT_EVENTS:
        return -1
    event = payload[0]
    end = payload[1] >> 7
    duration = (<uint32_t>payload[2] << 8) | payload[3]
    if state.active and not marker and event == state.event and timestamp != state.segment \
            and timestamp == state.segment + DIGIT_MAX_DURATION:
        # A press longer than 65535 samples goes on in a new segment (section 2.5.1.3).
        state.base += DIGIT_MAX_DURATION
        state.segment = timestamp
    if state.active and timestamp == state.segment:
        state.idle = 0
        if state.base + duration > state.duration:
            state.duration = state.base + duration
        return _finish_active(state) if end else -1
    if _is_finished(state, timestamp):
        return -1
    if state.active and <int32_t>(timestamp - state.timestamp) < 0:
        # Of a press before the one going on, all packets but this were lost or are late.
        return _finish(state, event, timestamp, duration) if end else -1
    if state.active:
        before = _finish_active(state)
    if end and before < 0:
        return _finish(state, event, timestamp, duration)
    if end:
        state.queued = event
        state.timestamp = timestamp
        state.queued_duration = duration
        return before
    state.timestamp = timestamp
    state.segment = timestamp
    state.base = 0
    state.duration = duration
    state.event = event
    state.idle = 0
    state.active = True
    return before


cdef int digit_receive_next(DigitReceiver* state) noexcept nogil:
    cdef int event = state.queued
    if event < 0:
        return -1
    state.queued = -1
    return _finish(state, event, state.timestamp, state.queued_duration)


cdef int digit_receiver_timeout(DigitReceiver* state, int elapsed, int limit) noexcept nogil:
    if not state.active:
        return -1
    state.idle += elapsed
    return _finish_active(state) if state.idle >= limit else -1


cdef void digit_sender_init(DigitSender* state) noexcept nogil:
    memset(state, 0, sizeof(DigitSender))


cdef int digit_sender_start(DigitSender* state, int event, int duration, uint32_t timestamp, int volume) noexcept nogil:
    if state.active or not 0 <= event < DIGIT_EVENTS or not 0 < duration <= DIGIT_MAX_DURATION \
            or not 0 <= volume <= 63:
        return -1
    state.event = event
    state.volume = volume
    state.total = duration
    state.timestamp = timestamp
    state.sent = 0
    state.ends_left = DIGIT_END_PACKETS
    state.active = True
    return 0


cdef int digit_sender_next(DigitSender* state, int step, uint8_t* payload, uint32_t* timestamp,
                           bint* marker) noexcept nogil:
    cdef bint end
    if not state.active:
        return 0
    marker[0] = state.sent == 0
    timestamp[0] = state.timestamp
    state.sent = state.total if state.sent + step > state.total else state.sent + step
    end = state.sent == state.total
    payload[0] = <uint8_t>state.event
    payload[1] = <uint8_t>((0x80 if end else 0) | state.volume)
    payload[2] = <uint8_t>(state.sent >> 8)
    payload[3] = <uint8_t>state.sent
    if end:
        state.ends_left -= 1
        state.active = state.ends_left > 0
    return DIGIT_PAYLOAD_SIZE


cdef class DigitEvents:
    cdef DigitReceiver _state

    def __cinit__(self):
        digit_receiver_init(&self._state)

    cdef list _drain(self, int event):
        presses = []
        while event >= 0:
            presses.append((event, self._state.finished_duration))
            event = digit_receive_next(&self._state)
        return presses

    def receive(self, bytes payload, uint32_t timestamp, bint marker=False):
        cdef const uint8_t* data = payload
        return self._drain(digit_receive(&self._state, data, <int>len(payload), timestamp, marker))

    def elapse(self, int samples, int limit):
        return self._drain(digit_receiver_timeout(&self._state, samples, limit))


cdef class DigitTransmitter:
    cdef DigitSender _state

    def __cinit__(self):
        digit_sender_init(&self._state)

    def start(self, int event, int duration, uint32_t timestamp, int volume=10):
        if self._state.active:
            raise ValueError("a press is being sent")
        if digit_sender_start(&self._state, event, duration, timestamp, volume):
            raise ValueError("a press has an event in 0..15, 1..65535 samples and a volume in 0..63")

    def next(self, int step):
        cdef uint8_t[DIGIT_PAYLOAD_SIZE] payload
        cdef uint32_t timestamp = 0
        cdef bint marker = False
        if digit_sender_next(&self._state, step, payload, &timestamp, &marker) == 0:
            return None
        return (PyBytes_FromStringAndSize(<char*>payload, DIGIT_PAYLOAD_SIZE), timestamp, bool(marker))
