"""Where on the leg's timeline a packet of the caller stands."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from aywa._native.legstate cimport Leg, Uplink

cdef enum:
    CLOCK_JUMP = 8000           # samples: a timestamp further than 1 s from its arrival starts a new timeline
    UNITS_PER_SAMPLE = 6        # of 1/48000 s
    UNITS_AT_KHZ = 48           # divided by a clock in kHz: the units of its tick

cdef void clock_init(Uplink* up) noexcept nogil
# A packet of audio that arrived at `now`: unwraps its timestamp, measures the jitter, keeps the placement true while
# two clocks drift. `units`: of its codec's clock. `restarted`: of a new source.
cdef void clock_follow(Leg* leg, uint32_t timestamp, uint16_t sequence, uint8_t units, int64_t now,
                       bint restarted) noexcept nogil
# The timeline sample a packet begins at.
cdef int64_t clock_position(const Uplink* up, uint32_t timestamp, uint16_t sequence, uint8_t units) noexcept nogil
# The timeline sample at which the newest packet began, or would have on a network without jitter.
cdef int64_t clock_newest(const Uplink* up) noexcept nogil
