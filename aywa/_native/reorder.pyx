"""The reorder buffer of the uplink.

Speech recognition and the VAD want order, not a clock: a packet goes out the moment its predecessors did. A hole
is conceded when three later packets wait or when the caller says that time has passed. A packet from another
SSRC or far from the expected sequence number is kept aside until its successor confirms it (appendix A.1's
`bad_seq`), so a stray or forged packet disturbs nothing, and a restarted source costs no packet.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy, memset


cdef enum:
    PYTHON_PAYLOAD = 480        # of a ReorderBuffer


cdef void reorder_init(Reorder* state, uint8_t* payloads, int payload_size) noexcept nogil:
    memset(state, 0, sizeof(Reorder))
    state.payloads = payloads
    state.payload_size = payload_size


cdef void reorder_move(Reorder* state, uint8_t* payloads, int payload_size) noexcept nogil:
    cdef ReorderPacket* packet
    cdef int i
    for i in range(REORDER_SLOTS + 1):
        packet = &state.slots[i] if i < REORDER_SLOTS else &state.suspect
        if packet.used and packet.length <= payload_size:
            memcpy(payloads + i * payload_size, packet.payload, packet.length)
            packet.payload = payloads + i * payload_size
        elif packet.used:
            packet.used = False
            state.pending -= i < REORDER_SLOTS
    state.payloads = payloads
    state.payload_size = payload_size


cdef void _store(Reorder* state, ReorderPacket* slot, int index, const ReorderPacket* packet) noexcept nogil:
    slot[0] = packet[0]
    slot.used = True
    slot.payload = state.payloads + index * state.payload_size
    memcpy(slot.payload, packet.payload, packet.length)


cdef int _enqueue(Reorder* state, const ReorderPacket* packet) noexcept nogil:
    cdef int i, free = -1
    for i in range(REORDER_SLOTS):
        if not state.slots[i].used:
            free = i
        elif state.slots[i].sequence == packet.sequence:
            return REORDER_DUPLICATE
    if free < 0:
        return REORDER_FULL
    _store(state, &state.slots[free], free, packet)
    state.pending += 1
    return REORDER_ACCEPTED


cdef void _start(Reorder* state, uint32_t ssrc, uint16_t sequence) noexcept nogil:
    cdef int i
    for i in range(REORDER_SLOTS):
        state.slots[i].used = False
    state.pending = 0
    state.release = 0
    state.seen = 0
    state.ssrc = ssrc
    state.expected = sequence
    state.started = True


cdef int _confirm(Reorder* state, const ReorderPacket* packet) noexcept nogil:
    """A packet out of place: keep it, or take it and its predecessor if that was kept."""
    cdef ReorderPacket first = state.suspect
    cdef uint16_t jump = first.sequence - state.expected
    if not first.used or first.ssrc != packet.ssrc or <uint16_t>(first.sequence + 1) != packet.sequence:
        _store(state, &state.suspect, REORDER_SLOTS, packet)
        return REORDER_SUSPECT
    if first.ssrc == state.ssrc and jump < REORDER_DROPOUT and state.pending + 2 <= REORDER_SLOTS:
        # A long outage of the same source: all that waits goes out, with its holes.
        state.suspect.used = False
        _enqueue(state, &first)
        _enqueue(state, packet)
        state.release = state.pending
        return REORDER_ACCEPTED
    _start(state, packet.ssrc, first.sequence)
    state.suspect.used = False
    _enqueue(state, &first)
    _enqueue(state, packet)
    return REORDER_RESET


cdef int reorder_push(Reorder* state, const ReorderPacket* packet) noexcept nogil:
    cdef uint16_t ahead, behind
    cdef int verdict
    if packet.length < 0 or packet.length > state.payload_size:
        return REORDER_OVERSIZE
    if not state.started:
        _start(state, packet.ssrc, packet.sequence)
        return _enqueue(state, packet)
    ahead = packet.sequence - state.expected
    behind = state.expected - packet.sequence
    if packet.ssrc != state.ssrc or (ahead >= REORDER_NEAR and behind > REORDER_MISORDER):
        return _confirm(state, packet)
    if ahead < REORDER_NEAR:
        verdict = _enqueue(state, packet)
    else:
        verdict = REORDER_LATE
        if behind <= 64 and (state.seen >> (behind - 1)) & 1:
            verdict = REORDER_DUPLICATE
    state.suspect.used = False
    return verdict


cdef bint reorder_pass(Reorder* state, uint32_t ssrc, uint16_t sequence) noexcept nogil:
    if not state.started or state.pending or sequence != state.expected or ssrc != state.ssrc:
        return False
    state.suspect.used = False
    state.release = 0
    state.seen = (state.seen << 1) | 1
    state.expected += 1
    return True


cdef int reorder_pop(Reorder* state, ReorderPacket* packet) noexcept nogil:
    cdef int i, nearest = -1
    cdef uint16_t ahead, best = 0
    if state.pending == 0:
        state.release = 0
        return REORDER_EMPTY
    for i in range(REORDER_SLOTS):
        ahead = state.slots[i].sequence - state.expected
        if state.slots[i].used and (nearest < 0 or ahead < best):
            nearest = i
            best = ahead
    if best and not state.release and state.pending < REORDER_LATER:
        return REORDER_EMPTY
    packet[0] = state.slots[nearest]
    packet.missing = best
    if best:
        state.seen = state.seen << best if best < 64 else 0
        state.expected = packet.sequence
        return REORDER_HOLE
    state.slots[nearest].used = False
    state.seen = (state.seen << 1) | 1
    state.expected += 1
    state.pending -= 1
    state.release -= 1 if state.release else 0
    return REORDER_PACKET


cdef void reorder_concede(Reorder* state) noexcept nogil:
    if state.pending and not state.release:
        state.release = 1


_VERDICTS = {
    REORDER_ACCEPTED: "accepted",
    REORDER_RESET: "reset",
    REORDER_LATE: "late",
    REORDER_DUPLICATE: "duplicate",
    REORDER_SUSPECT: "suspect",
    REORDER_OVERSIZE: "oversize",
    REORDER_FULL: "full",
}


cdef class ReorderBuffer:
    cdef Reorder _state
    cdef uint8_t[(REORDER_SLOTS + 1) * PYTHON_PAYLOAD] _payloads

    def __cinit__(self):
        reorder_init(&self._state, self._payloads, PYTHON_PAYLOAD)

    def push(
        self, uint16_t sequence, uint32_t timestamp, bytes payload, *, uint32_t ssrc=0, bint marker=False,
        uint8_t payload_type=0
    ):
        cdef ReorderPacket packet
        cdef const uint8_t* data = payload
        memset(&packet, 0, sizeof(packet))
        packet.sequence = sequence
        packet.timestamp = timestamp
        packet.ssrc = ssrc
        packet.marker = marker
        packet.payload_type = payload_type
        packet.length = <int>len(payload)
        packet.payload = <uint8_t*>data
        return _VERDICTS[reorder_push(&self._state, &packet)]

    def pop(self):
        cdef ReorderPacket packet
        cdef int kind = reorder_pop(&self._state, &packet)
        if kind == REORDER_EMPTY:
            return None
        if kind == REORDER_HOLE:
            return ("hole", packet.missing, packet.timestamp)
        payload = packet.payload[: packet.length]
        return ("packet", packet.sequence, packet.timestamp, payload, bool(packet.marker), packet.payload_type)

    def concede(self):
        reorder_concede(&self._state)

    @property
    def pending(self):
        return self._state.pending
