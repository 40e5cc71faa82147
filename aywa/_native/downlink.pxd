"""To the caller: one RTP packet per period, speech while the gate is open, silence otherwise."""

from libc.stdint cimport uint8_t

from aywa._native.legstate cimport Leg
from aywa._native.wire cimport Wire

cdef enum:
    PACKET_SIZE = 1500          # room for every packet of a leg, and for what encryption appends

# Writes the packet of this turn and returns its length in bytes, 0 when the codec has nothing to send; advances
# the timeline by the wire's period.
cdef int downlink_tick(Leg* leg, uint8_t* packet) noexcept nogil
# The gate has just closed: what was being said dies away.
cdef void downlink_cut(Leg* leg) noexcept nogil
# The engine was away for longer than is worth catching up: time passes, nothing is sent.
cdef void downlink_skip(Leg* leg) noexcept nogil
# The next turn comes so many samples later (at most MAX_SAMPLES): silence is kept for as long.
cdef void downlink_wait(Leg* leg, int samples) noexcept nogil
# The wire is about to become this one.
cdef void downlink_rewire(Leg* leg, const Wire* wire) noexcept nogil
