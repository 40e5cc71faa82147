"""The engine thread: an absolute 1 ms grid, per tick send first, then receive, then wake Python at most once.

Legs wait in the slot of the tick in which their next turn is due: a period of 10 to 60 ms after the last. No
Python, no allocation, no lock in here. A tick that comes late is run at once and the grid stays; when the
machine itself was away for long, the ticks in between are skipped, so that no burst follows.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from aywa._native.atomic cimport load_i64, load_u32, load_u64, store_i64, store_u32, store_u64
from aywa._native.capture cimport CAPTURE_SENT, Capture, capture_rtp
from aywa._native.downlink cimport downlink_rewire, downlink_skip, downlink_tick, downlink_wait
from aywa._native.legstate cimport *
from aywa._native.linux cimport *
from aywa._native.mixing cimport mixing_leave
from aywa._native.phase cimport phase_lag
from aywa._native.recorder cimport recorder_fetch
from aywa._native.reporting cimport reporting_claims, reporting_leave, reporting_receive, reporting_send
from aywa._native.rooms cimport rooms_add, rooms_join, rooms_leave, rooms_remove, rooms_tick
from aywa._native.rtp cimport RTP_HEADER_SIZE
from aywa._native.source cimport source_may_learn
from aywa._native.srtp cimport crypt_protect
from aywa._native.uplink cimport uplink_receive, uplink_rewire, uplink_tick
from aywa._native.wire cimport Wire, wire_inherit

cdef enum:
    SKIP_NS = 100000000        # 100 ms late: five packets a leg would go out in a burst
    WINDOW_NS = 1000000000
    FLAG_TICKS = 5             # level flags wake Python every 5 ms at most, events within their own tick
    ROUNDS = 9                 # eight packets a leg and tick: a flood costs its own, not the other legs' pace
    GLANCE = 16                # packets taken between two looks at the clock, and at least in a tick that is late
    OVERTIME_NS = 2000000      # that packets to be sent may be late while more sockets are ready than one look shows
    STRANGERS = 4              # packets of theirs passed over for one of the peer's: a spray must not fill its socket
    NS_PER_SAMPLE = 125000
    SAMPLES_PER_TICK = 8
    CROWD = 8                  # legs in one tick that are no crowd however few there are in all
    REPORTS = 1                # in the lowest bit of an owner: the socket is the leg's RTCP port
    # How much of a leg is fetched ahead of its turn, in bytes; hints, wrong ones cost time only.
    HEAD = 128                 # and the first line of its figures
    DOWN_HEAD = 128
    UP_HEAD = 256              # with the reorder buffer's own head
    WIRE_HEAD = 64
    RECORDER_HEAD = 64
    HEARING_HEAD = 64
    REPORTS_HEAD = 128
    VAD_STATE = 768            # what the WebRTC VAD keeps of a call


cdef bint wheel_init(Wheel* w, uint32_t legs) noexcept nogil:
    """False when memory or descriptors are out."""
    cdef uint32_t capacity = 64
    while capacity < legs:
        capacity *= 2
    memset(w, 0, sizeof(Wheel))
    w.outbox.legs = <uint32_t*>calloc(capacity, sizeof(uint32_t))
    w.removed = <uint32_t*>calloc(capacity, sizeof(uint32_t))
    w.outbox.mask = capacity - 1
    w.epoll_fd = epoll_create()
    w.event_fd = event_fd()
    return w.outbox.legs != NULL and w.removed != NULL and w.epoll_fd >= 0 and w.event_fd >= 0


cdef void wheel_free(Wheel* w) noexcept nogil:
    free(w.outbox.legs)
    free(w.removed)
    if w.epoll_fd >= 0:
        close_fd(w.epoll_fd)
    if w.event_fd >= 0:
        close_fd(w.event_fd)


cdef void wheel_start(Wheel* w, int64_t now) noexcept nogil:
    w.base_ns = now
    w.window_ns = now


cdef inline void _append(Wheel* w, Leg* leg, int64_t number) noexcept nogil:
    """Behind those whose turn is in the same tick: the order, and with it each leg's pace, stays."""
    cdef int slot = <int>(number & (SLOTS - 1))
    leg.following = NULL
    leg.preceding = w.tails[slot]
    if leg.preceding != NULL:
        leg.preceding.following = leg
    else:
        w.slots[slot] = leg
    w.tails[slot] = leg


cdef void _link(Wheel* w, Leg* leg) noexcept nogil:
    cdef int64_t ahead = (leg.phase - w.number) % PHASES
    ahead += PHASES if ahead < 0 else 0
    leg.start_ns = w.base_ns + (w.number + ahead) * TICK_NS
    _append(w, leg, w.number + ahead)
    w.legs += 1
    leg.reports.epoch_ns = w.epoch_ns
    epoll_add(w.epoll_fd, leg.fd, leg)
    if leg.reports.fd >= 0:
        epoll_add(w.epoll_fd, leg.reports.fd, <void*>(<uintptr_t>leg | REPORTS))


cdef void _leave_slot(Wheel* w, Leg* leg) noexcept nogil:
    cdef int slot
    if leg.preceding != NULL:
        leg.preceding.following = leg.following
    if leg.following != NULL:
        leg.following.preceding = leg.preceding
    if leg.preceding != NULL and leg.following != NULL:
        return
    for slot in range(SLOTS):
        if w.slots[slot] == leg:
            w.slots[slot] = leg.following
        if w.tails[slot] == leg:
            w.tails[slot] = leg.preceding


cdef void _unlink(Wheel* w, Leg* leg) noexcept nogil:
    reporting_leave(leg, w.now_ns)
    epoll_remove(w.epoll_fd, leg.fd)
    if leg.reports.fd >= 0:
        epoll_remove(w.epoll_fd, leg.reports.fd)
    _leave_slot(w, leg)
    w.legs -= 1
    if leg.mixing != NULL:
        mixing_leave(leg.mixing)
    # The last touch: Python may free the leg as soon as it reads this.
    w.removed[w.removed_written & w.outbox.mask] = leg.index
    store_u64(&w.removed_written, w.removed_written + 1)
    w.outbox.fresh = True
    w.outbox.urgent = True


cdef Wire* wheel_rewire(Leg* leg, Wire* wire) noexcept nogil:
    """The next packet of the leg is of this kind."""
    cdef Wire* before = leg.wire
    uplink_rewire(leg, wire, wire_inherit(wire, before, leg.up.codec))
    downlink_rewire(leg, wire)
    leg.wire = wire
    return before


cdef void _configure(Wheel* w, Leg* leg, Wire* wire) noexcept nogil:
    w.replaced[w.replaced_written & (COMMANDS - 1)] = wheel_rewire(leg, wire)
    store_u64(&w.replaced_written, w.replaced_written + 1)
    w.outbox.fresh = True


cdef void wheel_obey(Wheel* w) noexcept nogil:
    cdef uint64_t written = load_u64(&w.commands_written)
    cdef Command* command
    while w.commands_read < written:
        command = &w.commands[w.commands_read & (COMMANDS - 1)]
        if command.kind == COMMAND_ADD:
            _link(w, command.leg)
        elif command.kind == COMMAND_CONFIGURE:
            _configure(w, command.leg, command.wire)
        elif command.kind == COMMAND_ADD_ROOM:
            rooms_add(&w.rooms, command.room)
        elif command.kind == COMMAND_REMOVE_ROOM:
            rooms_remove(&w.rooms, command.room)
        elif command.kind == COMMAND_JOIN:
            rooms_join(leg_mixing(command.leg), command.member)
        elif command.kind == COMMAND_LEAVE:
            rooms_leave(command.member)
        else:
            _unlink(w, command.leg)
        store_u64(&w.commands_read, w.commands_read + 1)


cdef inline const void* _ring_end(const Leg* leg) noexcept nogil:
    return &leg.up.pcm[(leg.up.written & (RING - 1)) << leg.up.shift]


cdef void _fetch(const Leg* leg) noexcept nogil:
    """Between two ticks of a leg all others went through the cache: ask for what the next packet needs."""
    prefetch_span(leg, HEAD)
    prefetch(&leg.reports)
    prefetch_span(&leg.up, UP_HEAD)


cdef uint32_t _turns(const Wheel* w, int64_t number, uint32_t most) noexcept nogil:
    """Legs whose turn is in this tick, up to `most`."""
    cdef const Leg* leg = w.slots[number & (SLOTS - 1)]
    cdef uint32_t legs = 0
    while leg != NULL and legs < most:
        leg = leg.following
        legs += 1
    return legs


cdef int _delay(const Wheel* w, Leg* leg) noexcept nogil:
    """Ticks that the leg's next turn comes later, for the sake of its phase; not into a crowd."""
    cdef int ticks = leg.wire.ticks, samples = phase_lag(leg, (SLOTS - 1 - ticks) * SAMPLES_PER_TICK)
    cdef int64_t number = w.number + samples // SAMPLES_PER_TICK
    cdef uint32_t most = w.legs // 8 + CROWD
    # Those of that phase that have moved to the tick already, and those that will with their next turn.
    if samples == 0 or _turns(w, number + ticks, most) + _turns(w, number, most) >= most:
        return 0
    downlink_wait(leg, samples)
    return samples // SAMPLES_PER_TICK


cdef void _send(Wheel* w, bint skip) noexcept nogil:
    cdef int slot = <int>(w.number & (SLOTS - 1))
    cdef Leg* leg = w.slots[slot]
    cdef Leg* next
    cdef Capture* capture
    cdef uint64_t peer
    cdef int length, octets
    w.slots[slot] = NULL
    w.tails[slot] = NULL
    while leg != NULL:
        next = leg.following
        if next != NULL:
            # The head of the leg after the next, and what the head of the next one, here by now, points to.
            if next.following != NULL:
                prefetch_span(next.following, HEAD)
                prefetch_span(&next.following.down, DOWN_HEAD)
                prefetch(&next.following.up)
            prefetch_span(next.wire, WIRE_HEAD)
            prefetch_span(next.recorder, RECORDER_HEAD)
            prefetch_span(&next.down.pcm[next.down.read & ((RING << next.down.shift) - 1)], FRAME * sizeof(int16_t))
        if leg.recorder != NULL:
            recorder_fetch(leg.recorder)
        peer = leg_peer(leg)
        if skip or peer == 0 or load_u32(&leg.held) & HELD:
            downlink_skip(leg)                    # what waits to be played is kept: nobody would hear it
        else:
            length = downlink_tick(leg, w.packet)
            capture = leg_capture(leg)
            if capture != NULL and length > 0:
                capture_rtp(capture, CAPTURE_SENT, w.now_ns, peer, w.packet, length,
                            w.packet[1] & 0x7F == leg.wire.events_type)
            octets = length - RTP_HEADER_SIZE
            if length > 0 and leg.wire.crypt != NULL:
                length = crypt_protect(leg.wire.crypt, w.packet, length)
            if length == 0:
                pass                              # discontinuous transmission
            elif length < 0:
                leg.stats.send_errors += 1
            elif send_to(leg.fd, w.packet, length, peer) == length:
                leg.stats.sent += 1
                leg.stats.sent_octets += octets
            else:
                # Counted as played all the same: "played" is what was due by now, and a packet lost here is as
                # lost as one that the next router drops, of which nobody tells. Sent later it would come
                # after its time, and everything behind it too.
                leg.stats.send_errors += 1
        uplink_tick(leg, leg.timeline)
        if leg.timeline >= leg.report_due:
            reporting_send(leg, w.now_ns)
        _append(w, leg, w.number + leg.wire.ticks + _delay(w, leg))
        leg = next


cdef int _next(Wheel* w, Leg* leg, uint64_t* peer) noexcept nogil:
    """The next datagram on the RTP port that may be worth a look; -1: none."""
    cdef int i, length
    for i in range(STRANGERS):
        length = receive_from(leg.fd, w.datagram, DATAGRAM, peer)
        if length < 0 or peer[0] == leg_peer(leg) or (leg.nat and source_may_learn(&leg.reports.lock, peer[0])):
            return length
        leg.stats.rejected_source += 1
    return -1


cdef inline Leg* _leg_of(const void* owner) noexcept nogil:
    return <Leg*>(<uintptr_t>owner & ~<uintptr_t>REPORTS)


cdef void _take(Wheel* w, void* owner, int64_t now) noexcept nogil:
    """One datagram of a socket that has some."""
    cdef Leg* leg = _leg_of(owner)
    cdef uint64_t peer = 0
    cdef int length
    if <uintptr_t>owner & REPORTS:
        length = receive_from(leg.reports.fd, w.datagram, DATAGRAM, &peer)
        if length >= 0:
            reporting_receive(leg, w.datagram, length, peer, False, now)
        return
    length = _next(w, leg, &peer)
    if length >= 0 and reporting_claims(w.datagram, length):
        reporting_receive(leg, w.datagram, length, peer, True, now)
    elif length >= 0:
        uplink_receive(leg, w.datagram, length, peer, (now - leg.start_ns) // NS_PER_SAMPLE)


cdef void _receive(Wheel* w, int64_t now, int64_t next_ns) noexcept nogil:
    """One packet of each ready leg per round: the round after the last finds no socket ready.

    What comes in can wait for a millisecond and what goes out cannot: when the next tick is due, the rest stays in
    its sockets until that has sent. The kernel tells of them again, those that waited longest first. Where so many
    wait that nobody would be heard in time, what goes out gives a little.
    """
    cdef void* owners[READY]
    cdef int i, ready = 1, rounds = 0
    cdef int64_t until
    cdef Leg* next
    while ready > 0 and rounds < ROUNDS:
        ready = epoll_ready(w.epoll_fd, owners)
        rounds += 1
        until = next_ns + (OVERTIME_NS if ready == READY else 0)
        if ready > 0:
            _fetch(_leg_of(owners[0]))
        for i in range(ready):
            if i + 2 < ready:
                _fetch(_leg_of(owners[i + 2]))
            if i + 1 < ready:
                next = _leg_of(owners[i + 1])
                prefetch_span(next.wire, WIRE_HEAD)
                prefetch_span(next.reports, REPORTS_HEAD)
                prefetch_span(next.up.speech.vad, VAD_STATE)
                prefetch_span(next.up.hearing, HEARING_HEAD)
                prefetch_span(_ring_end(next), FRAME * sizeof(int16_t))
            _take(w, owners[i], now)
            if i % GLANCE == GLANCE - 1 and w.paced and now_ns() >= until:
                return


cdef void wheel_tick(Wheel* w, int64_t due_ns, int64_t now) noexcept nogil:
    cdef int64_t late_us = (now - due_ns) // 1000, limit = 10
    cdef int grade = 0
    while grade < LATENESS_CLASSES - 1 and late_us >= limit:
        grade += 1
        limit *= 2
    w.lateness[grade] += 1
    w.ticks += 1
    w.skipped += now - due_ns > SKIP_NS
    w.now_ns = now
    wheel_obey(w)
    rooms_tick(&w.rooms, w.number)
    _send(w, now - due_ns > SKIP_NS)
    _receive(w, now, due_ns + TICK_NS)
    w.number += 1
    if w.outbox.urgent or (w.outbox.fresh and w.number % FLAG_TICKS == 0):
        w.outbox.fresh = False
        w.outbox.urgent = False
        if load_i64(&w.notified_ns) == 0:
            store_i64(&w.notified_ns, now)
        signal_event(w.event_fd)


cdef void wheel_run(Wheel* w) noexcept nogil:
    cdef int64_t due, now, end
    block_signals()
    wheel_start(w, now_ns())
    w.epoch_ns = unix_ns() - w.base_ns
    w.paced = True
    while not load_u32(&w.stop):
        due = w.base_ns + w.number * TICK_NS
        now = now_ns()
        if now < due:
            sleep_until_ns(due)
            now = now_ns()
        wheel_tick(w, due, now)
        end = now_ns()
        w.busy_ns += end - now
        if end - w.window_ns >= WINDOW_NS:
            store_u32(&w.busy_ppm, <uint32_t>(w.busy_ns * 1000000 // (end - w.window_ns)))
            w.busy_ns = 0
            w.window_ns = end
