"""To the caller: one RTP packet every 20 ms, speech while the gate is open, silence otherwise."""

from libc.stdint cimport uint8_t

from aywa._native.legstate cimport Leg

cdef enum:
    PACKET_SIZE = 172           # header and 160 samples of G.711: room for every packet of a leg

# Writes the packet of this tick and returns its length in bytes; advances the timeline by 160 samples.
cdef int downlink_tick(Leg* leg, uint8_t* packet) noexcept nogil
# The engine was away for longer than is worth catching up: time passes, nothing is sent.
cdef void downlink_skip(Leg* leg) noexcept nogil
