"""From the caller: RTP in, order restored, speech and digits told, PCM kept for Python."""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from aywa._native.legstate cimport Leg
from aywa._native.wire cimport Wire

# A datagram from `peer` (address << 16 | port) that arrived at timeline position `now`. May be decrypted in place.
cdef void uplink_receive(Leg* leg, uint8_t* data, int length, uint64_t peer, int64_t now) noexcept nogil
# Once per turn: what ends because nothing arrives. `now` is the timeline.
cdef void uplink_tick(Leg* leg, int64_t now) noexcept nogil
# The wire is about to become this one; `codec`: the place in it of the codec heard last, -1 for none.
cdef void uplink_rewire(Leg* leg, const Wire* wire, int codec) noexcept nogil
