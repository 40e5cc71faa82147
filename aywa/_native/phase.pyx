"""The phase of a leg: when, between two packets of the caller, its own packet goes out.

What stops the assistant is decided when a packet of the caller comes, and takes effect with the next one sent. A
leg that sends just before the caller's packets come has 20 ms of speech on the way by then, one that sends just
after them none. So a leg turns to that place once it knows the caller's clock, and again when the clocks have
drifted: by one gap in its silence, in which its timestamps go on as time does.
"""

from libc.stdint cimport int64_t

from aywa._native.atomic cimport load_u32, load_u64
from aywa._native.legstate cimport *
from aywa._native.uplink_clock cimport clock_newest

cdef enum:
    MILLISECOND = 8            # samples
    MARGIN = 24                # samples after the earliest packets: what the clock of the source is known by, and a tick
    EARLY = 16                 # samples of it that may go
    LATE = 40                  # samples after it that are not worth a gap
    LOOK = 800                 # samples between two looks
    SELDOM = 80000             # samples (10 s) after a gap: a hundredth of the packets must keep their pace


cdef bint _is_silent(const Leg* leg) noexcept nogil:
    cdef const Downlink* down = &leg.down
    if down.playing or down.cut > 1 or load_u64(&down.written) > down.read or not down.begun:
        return False
    # A room and a background go by their own clocks; key presses by the packets they are sent in.
    return (leg_mixing(leg) == NULL and down.digits_read == load_u64(&down.digits_written)
            and not down.digit.active and leg.up.hearing.sender.event < 0)


cdef int phase_lag(Leg* leg, int longest) noexcept nogil:
    cdef Uplink* up = &leg.up
    cdef int period = leg.wire.period, margin, over, lag
    if not leg.follows or leg.timeline < leg.phase_due:
        return 0
    leg.phase_due = leg.timeline + LOOK
    if (up.windows == 0 or up.packet_samples != period or leg.timeline - up.arrival > 2 * period
            or load_u32(&leg.held) or not _is_silent(leg)):
        return 0
    margin = MARGIN + 2 * <int>(leg.stats.jitter_16 >> 4)
    if margin > period // 2:
        return 0                                  # its packets come at any time
    over = <int>((leg.timeline - clock_newest(up) - margin) % period)
    over += period if over < 0 else 0
    if over <= LATE or over >= period - EARLY:
        return 0
    lag = (period - over + MILLISECOND - 1) // MILLISECOND * MILLISECOND
    if lag > longest:
        return 0
    leg.phase_due = leg.timeline + SELDOM
    return lag
