"""The last packets of a leg, kept in memory until somebody asks or the call goes wrong."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    CAPTURE_BYTES = 224         # of a packet that are kept: 20 ms of G.711 whole, with an extension
    CAPTURE_HEADERS = 1         # no payload
    CAPTURE_AUDIO = 2           # payload, but key presses blanked
    CAPTURE_FULL = 3

    CAPTURE_RECEIVED = 0
    CAPTURE_SENT = 1

cdef struct CaptureSlot:
    uint64_t number             # 1 + index of the packet while the slot is whole, 0 while it is written
    int64_t at_ns               # monotonic
    uint64_t peer               # address << 16 | port
    uint16_t length             # of the packet on the wire, without the key's tag
    uint16_t kept
    uint8_t direction
    uint8_t is_rtcp
    uint8_t[2] spare
    uint8_t[CAPTURE_BYTES] data

cdef struct Capture:
    uint64_t written
    uint32_t mask               # slots - 1
    uint32_t mode               # Python
    CaptureSlot* slots

# An RTP packet, not encrypted; `secret`: its payload is a key press.
cdef void capture_rtp(Capture* capture, int direction, int64_t at_ns, uint64_t peer, const uint8_t* data, int length,
                      bint secret) noexcept nogil
# An RTCP packet, not encrypted.
cdef void capture_rtcp(Capture* capture, int direction, int64_t at_ns, uint64_t peer, const uint8_t* data,
                       int length) noexcept nogil

cdef class NativeCapture:
    cdef Capture capture
