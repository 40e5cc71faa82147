"""The caller's clock: timestamps of any rate, unwrapped and tied to the leg's timeline.

Time is kept in units of 1/48000 s, of which every RTP clock served is a whole multiple: nothing is rounded before
the end. When the codec changes to one of another clock, its timestamps say nothing about those before (RFC 7160
section 3: implementations differ); the sequence number and the length of the packets do.
"""

from libc.math cimport floor
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t

from aywa._native.legstate cimport *

cdef enum:
    LEARNING = 12              # windows in which the drift is learnt
    WINDOW_FIRST = 10          # packets: the first one is often late, and is made good before anybody speaks
    WINDOW_LEARNING = 50       # packets of each (1 s at 20 ms): their least lateness shows the clocks drifting apart
    WINDOW = 250               # packets of a later one
    DEAF = 16                  # samples: what the engine's own tick adds and more
    LONGEST_SPAN = 80000       # samples: after a longer pause the lateness is that of the pause
    CHANGE_LATE = 800          # samples (100 ms): a packet this late after a change of clocks follows a pause

cdef float _FASTEST = 0.03     # of a clock that is followed


cdef void clock_init(Uplink* up) noexcept nogil:
    up.units = UNITS_PER_SAMPLE
    up.extended = <int64_t>UNITS_PER_SAMPLE << 40  # packets from before the first stay positive


cdef int64_t _change(const Uplink* up, uint16_t sequence) noexcept nogil:
    """Extended time of a packet of another clock than the newest's: as many packets on as it has been numbered."""
    return up.extended + <int64_t><int16_t>(sequence - up.sequence) * up.packet_samples * UNITS_PER_SAMPLE


cdef inline int64_t _extend(const Uplink* up, uint32_t timestamp, uint16_t sequence, uint8_t units) noexcept nogil:
    if units != up.units:
        return _change(up, sequence)
    return up.extended + <int64_t><int32_t>(timestamp - up.timestamp) * units


cdef inline int64_t _placed(const Uplink* up, int64_t extended) noexcept nogil:
    return <int64_t>floor(up.anchor) + extended // UNITS_PER_SAMPLE


cdef int64_t clock_position(const Uplink* up, uint32_t timestamp, uint16_t sequence, uint8_t units) noexcept nogil:
    return _placed(up, _extend(up, timestamp, sequence, units))


cdef int64_t clock_newest(const Uplink* up) noexcept nogil:
    return _placed(up, up.extended)


cdef void _begin_window(Uplink* up) noexcept nogil:
    up.lateness_min = CLOCK_JUMP
    up.window = 0
    up.span = 0


cdef void _anchor(Uplink* up, int64_t now) noexcept nogil:
    """Tie the source's clock to the timeline: the packet that arrives now is heard now."""
    up.anchor = now - up.extended // UNITS_PER_SAMPLE
    up.end = now - up.packet_samples
    _begin_window(up)


cdef void _end_window(Uplink* up) noexcept nogil:
    """Lean towards the packets that came soonest, and learn from how far they lay off how the clocks drift apart.

    Twelve windows of a second learn fast; after that a network whose delay goes up and down must not be taken for a
    clock, so both gains are small.
    """
    cdef bint learning = up.windows < LEARNING
    cdef int off = up.lateness_min
    up.windows += learning
    if off > DEAF or off < -DEAF:
        # No packet comes before it was spoken: one that is early shows for certain what the others' delay hid.
        up.anchor += off if learning or off < 0 else off * 0.5
        if up.span < LONGEST_SPAN and up.windows > 1:
            up.drift += (0.5 if learning else 0.1) * off / up.span
            up.drift = _FASTEST if up.drift > _FASTEST else -_FASTEST if up.drift < -_FASTEST else up.drift
    _begin_window(up)


cdef void _judge(Uplink* up, int64_t lateness) noexcept nogil:
    if lateness < up.lateness_min:
        up.lateness_min = <int>lateness
    up.window += 1
    if up.window >= (WINDOW_FIRST if up.windows == 0 else WINDOW_LEARNING if up.windows < LEARNING else WINDOW):
        _end_window(up)


cdef void _measure_jitter(Leg* leg, int64_t transit) noexcept nogil:
    cdef int64_t change = transit - leg.up.transit
    leg.up.transit = transit
    leg.stats.jitter_16 += (change if change > 0 else -change) - ((<int64_t>leg.stats.jitter_16 + 8) >> 4)


cdef void _restart(Uplink* up, uint32_t timestamp, uint16_t sequence, uint8_t units, int64_t now) noexcept nogil:
    up.timestamp = timestamp
    up.sequence = sequence
    up.units = units
    up.transit = now - up.extended // UNITS_PER_SAMPLE
    _anchor(up, now)


cdef void clock_follow(Leg* leg, uint32_t timestamp, uint16_t sequence, uint8_t units, int64_t now,
                       bint restarted) noexcept nogil:
    cdef Uplink* up = &leg.up
    cdef int64_t extended, lateness
    cdef bint changed = units != up.units
    if restarted:
        up.drift = 0
        up.windows = 0
        # The packet on probation before this one belongs to the new source as well.
        leg.stats.source_changes += up.started
        _restart(up, timestamp, sequence, units, now)
        return
    extended = _extend(up, timestamp, sequence, units)
    if extended > up.extended:
        up.anchor += up.drift * (extended - up.extended) / UNITS_PER_SAMPLE
        up.span += <uint32_t>((extended - up.extended) // UNITS_PER_SAMPLE)
    lateness = now - _placed(up, extended)
    if lateness > CLOCK_JUMP or lateness < -CLOCK_JUMP:
        up.extended = extended
        _restart(up, timestamp, sequence, units, now)
        return
    if changed and lateness > CHANGE_LATE:
        extended += lateness * UNITS_PER_SAMPLE
        lateness = 0
    if extended > up.extended:
        up.extended = extended
        up.timestamp = timestamp
        up.sequence = sequence
        up.units = units
    if changed:
        up.transit = now - extended // UNITS_PER_SAMPLE
    else:
        _measure_jitter(leg, now - extended // UNITS_PER_SAMPLE)
        _judge(up, lateness)
