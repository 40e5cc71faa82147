"""RTP's fixed header (RFC 3550 section 5.1), read and written."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

cdef enum:
    RTP_HEADER_SIZE = 12
    RTP_TOO_SHORT = -1          # fewer than 12 bytes
    RTP_VERSION = -2            # not version 2
    RTP_CSRC = -3               # the CSRC list leaves the packet
    RTP_EXTENSION = -4          # the header extension leaves the packet
    RTP_PADDING = -5            # the padding count is 0 or leaves the packet
    RTP_IS_RTCP = -6            # second byte 192..223: RTCP on the RTP port (RFC 5761 section 4)

cdef struct RtpHeader:
    uint8_t payload_type
    bint marker
    uint16_t sequence
    uint32_t timestamp
    uint32_t ssrc
    int payload_offset          # bytes from the start of the packet
    int payload_length          # bytes without padding; may be 0

# 0, or one of the negative reasons above (then `header` is undefined). Never reads past data[length - 1].
cdef int rtp_parse(const uint8_t* data, int length, RtpHeader* header) noexcept nogil
# Writes 12 bytes: version 2, no padding, extension or CSRC.
cdef void rtp_pack(uint8_t* out, uint8_t payload_type, bint marker, uint16_t sequence, uint32_t timestamp,
                   uint32_t ssrc) noexcept nogil
