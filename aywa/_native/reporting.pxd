"""A leg's reports: when they are sent, what those of the far side change, what is counted for them."""

from libc.stdint cimport int64_t, uint8_t, uint64_t

from aywa._native.legstate cimport Leg
from aywa._native.rtp cimport RtpHeader

# Is this datagram on the RTP port a report (RFC 5761 section 4)? Encrypted or not.
cdef bint reporting_claims(const uint8_t* data, int length) noexcept nogil
# A packet of the chosen source got `verdict` from the reorder buffer. `now` is the timeline.
cdef void reporting_hear(Leg* leg, const RtpHeader* header, int kind, int index, int verdict, int64_t now) noexcept nogil
# A report from `sender` (address << 16 | port), on the RTP port if `muxed`. May be decrypted in place.
cdef void reporting_receive(Leg* leg, uint8_t* data, int length, uint64_t sender, bint muxed, int64_t now_ns) noexcept nogil
# The report that is due, and when the next one will be.
cdef void reporting_send(Leg* leg, int64_t now_ns) noexcept nogil
# The leg leaves: BYE, if anything was ever sent.
cdef void reporting_leave(Leg* leg, int64_t now_ns) noexcept nogil
# When the first report is due. `seed` draws all intervals of the leg.
cdef void reporting_init(Leg* leg, uint64_t seed) noexcept nogil
