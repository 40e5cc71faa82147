"""From the caller: RTP in, order restored, speech and digits told, PCM kept for Python."""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from aywa._native.legstate cimport Leg

# A datagram from `peer` (address << 16 | port) that arrived at timeline position `now`.
cdef void uplink_receive(Leg* leg, const uint8_t* data, int length, uint64_t peer, int64_t now) noexcept nogil
# Once per 20 ms: what ends because nothing arrives. `now` is the timeline.
cdef void uplink_tick(Leg* leg, int64_t now) noexcept nogil
