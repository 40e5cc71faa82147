"""RTP's fixed header (RFC 3550 section 5.1, validity checks of appendix A.1)."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from aywa.errors import ParseError

_REASONS = {
    RTP_TOO_SHORT: ("shorter than the fixed header", "header"),
    RTP_VERSION: ("not RTP version 2", "version"),
    RTP_CSRC: ("the CSRC list leaves the packet", "csrc"),
    RTP_EXTENSION: ("the header extension leaves the packet", "extension"),
    RTP_PADDING: ("the padding count is impossible", "padding"),
    RTP_IS_RTCP: ("an RTCP packet on the RTP port", "payload type"),
}


cdef inline uint16_t _read16(const uint8_t* at) noexcept nogil:
    return <uint16_t>((at[0] << 8) | at[1])


cdef inline uint32_t _read32(const uint8_t* at) noexcept nogil:
    return (<uint32_t>at[0] << 24) | (<uint32_t>at[1] << 16) | (<uint32_t>at[2] << 8) | at[3]


cdef inline void _write32(uint8_t* at, uint32_t value) noexcept nogil:
    at[0] = <uint8_t>(value >> 24)
    at[1] = <uint8_t>(value >> 16)
    at[2] = <uint8_t>(value >> 8)
    at[3] = <uint8_t>value


cdef int rtp_parse(const uint8_t* data, int length, RtpHeader* header) noexcept nogil:
    cdef int offset = RTP_HEADER_SIZE, end = length
    if length < RTP_HEADER_SIZE:
        return RTP_TOO_SHORT
    if data[0] >> 6 != 2:
        return RTP_VERSION
    if 192 <= data[1] <= 223:
        return RTP_IS_RTCP
    offset += 4 * (data[0] & 15)
    if offset > length:
        return RTP_CSRC
    if data[0] & 0x10:
        if offset + 4 > length:
            return RTP_EXTENSION
        offset += 4 + 4 * _read16(data + offset + 2)
        if offset > length:
            return RTP_EXTENSION
    if data[0] & 0x20:
        # The last byte counts the padding, itself included, so 0 is impossible (section 5.1).
        if offset == length or data[length - 1] == 0 or data[length - 1] > length - offset:
            return RTP_PADDING
        end -= data[length - 1]
    header.payload_type = data[1] & 0x7F
    header.marker = data[1] >> 7
    header.sequence = _read16(data + 2)
    header.timestamp = _read32(data + 4)
    header.ssrc = _read32(data + 8)
    header.payload_offset = offset
    header.payload_length = end - offset
    return 0


cdef void rtp_pack(uint8_t* out, uint8_t payload_type, bint marker, uint16_t sequence, uint32_t timestamp,
                   uint32_t ssrc) noexcept nogil:
    out[0] = 0x80
    out[1] = (0x80 if marker else 0) | (payload_type & 0x7F)
    out[2] = <uint8_t>(sequence >> 8)
    out[3] = <uint8_t>sequence
    _write32(out + 4, timestamp)
    _write32(out + 8, ssrc)


def parse_header(const uint8_t[::1] data):
    cdef RtpHeader header
    cdef int verdict
    cdef uint8_t none = 0
    verdict = rtp_parse(&data[0] if data.shape[0] else &none, <int>data.shape[0], &header)
    if verdict < 0:
        detail, where = _REASONS[verdict]
        raise ParseError(detail, where=where)
    return (
        header.payload_type,
        bool(header.marker),
        header.sequence,
        header.timestamp,
        header.ssrc,
        header.payload_offset,
        header.payload_length,
    )


def pack_header(uint8_t payload_type, bint marker, uint16_t sequence, uint32_t timestamp, uint32_t ssrc):
    if payload_type > 127:
        raise ValueError("an RTP payload type has 7 bits")
    out = PyBytes_FromStringAndSize(NULL, RTP_HEADER_SIZE)
    rtp_pack(<uint8_t*>PyBytes_AS_STRING(out), payload_type, marker, sequence, timestamp, ssrc)
    return out
