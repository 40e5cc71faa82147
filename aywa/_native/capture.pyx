"""A ring of packet copies. The engine writes; Python copies slots out at any time.

A slot carries the number of its packet, which is cleared while the slot is written and set again afterwards: a
reader that finds the same number before and after its copy has a whole packet.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from aywa._native.atomic cimport load_u32, load_u64, store_u32, store_u64
from aywa._native.rtp cimport RtpHeader, rtp_parse

cdef enum:
    RTCP_HEADER = 4
    RTCP_SOURCE = 8             # header and the first SSRC
    RTCP_SDES = 202             # and BYE, 203
    RTCP_APP = 204

cdef extern from * nogil:
    void fence "__sync_synchronize"()


cdef void _keep(Capture* capture, int direction, int64_t at_ns, uint64_t peer, const uint8_t* data, int length,
                int header, bint cut) noexcept nogil:
    """`header` bytes as they are, the rest blank or, when `cut`, not at all; negative: everything as it is."""
    cdef CaptureSlot* slot = &capture.slots[capture.written & capture.mask]
    cdef int kept = CAPTURE_BYTES if length > CAPTURE_BYTES else length
    store_u64(&slot.number, 0)
    fence()
    slot.at_ns = at_ns
    slot.peer = peer
    slot.length = <uint16_t>length
    slot.direction = <uint8_t>direction
    if header >= 0 and cut:
        kept = header if header < kept else kept
    slot.kept = <uint16_t>kept
    memcpy(slot.data, data, kept)
    if 0 <= header < kept:
        memset(slot.data + header, 0, kept - header)
    fence()
    capture.written += 1
    store_u64(&slot.number, capture.written)


cdef void capture_rtp(Capture* capture, int direction, int64_t at_ns, uint64_t peer, const uint8_t* data, int length,
                      bint secret) noexcept nogil:
    cdef RtpHeader header
    cdef CaptureSlot* slot = &capture.slots[capture.written & capture.mask]
    cdef int verdict = rtp_parse(data, length, &header)
    # Once: it may change at any time, and half of each mode would keep what neither keeps.
    cdef uint32_t mode = load_u32(&capture.mode)
    cdef bint cut = mode == CAPTURE_HEADERS
    slot.is_rtcp = False
    if verdict != 0:
        # Nobody knows where its payload begins: of what is no RTP the length is kept, unless all is.
        _keep(capture, direction, at_ns, peer, data, length, -1 if mode == CAPTURE_FULL else 0, cut)
    elif cut or (secret and mode != CAPTURE_FULL):
        _keep(capture, direction, at_ns, peer, data, length, header.payload_offset, cut)
    else:
        _keep(capture, direction, at_ns, peer, data, length, -1, cut)


cdef void _blank_names(uint8_t* data, int length) noexcept nogil:
    """Of compound RTCP, what has text in it (SDES, BYE, APP) after its first source: header, and zeros."""
    cdef int at = 0, size
    while at + RTCP_HEADER <= length:
        size = 4 * ((data[at + 2] << 8 | data[at + 3]) + 1)
        size = size if size < length - at else length - at
        if RTCP_SDES <= data[at + 1] <= RTCP_APP and size > RTCP_SOURCE:
            memset(data + at + RTCP_SOURCE, 0, size - RTCP_SOURCE)
        at += size


cdef void capture_rtcp(Capture* capture, int direction, int64_t at_ns, uint64_t peer, const uint8_t* data,
                       int length) noexcept nogil:
    cdef uint8_t[CAPTURE_BYTES] named
    cdef int kept = CAPTURE_BYTES if length > CAPTURE_BYTES else length
    capture.slots[capture.written & capture.mask].is_rtcp = True
    if load_u32(&capture.mode) != CAPTURE_FULL:
        memcpy(named, data, kept)
        _blank_names(named, kept)
        data = named
    _keep(capture, direction, at_ns, peer, data, length, -1, False)


cdef class NativeCapture:
    def __cinit__(self, int mode, uint32_t packets):
        if not CAPTURE_HEADERS <= mode <= CAPTURE_FULL:
            raise ValueError("a capture keeps headers (1), audio (2) or everything (3)")
        if packets < 2 or packets & (packets - 1) or packets > 65536:
            raise ValueError("a capture keeps 2 to 65536 packets, a power of two")
        self.capture.slots = <CaptureSlot*>calloc(packets, sizeof(CaptureSlot))
        if self.capture.slots == NULL:
            raise MemoryError("no memory for a capture")
        # Also touches every page, which spares the engine the faults.
        memset(self.capture.slots, 0, packets * sizeof(CaptureSlot))
        self.capture.mask = packets - 1
        self.capture.mode = <uint32_t>mode

    def __dealloc__(self):
        free(self.capture.slots)

    def rtp(self, int direction, int64_t at_ns, uint64_t peer, const uint8_t[::1] data, bint secret):
        capture_rtp(&self.capture, direction, at_ns, peer, &data[0] if data.shape[0] else NULL,
                    <int>data.shape[0], secret)

    def rtcp(self, int direction, int64_t at_ns, uint64_t peer, const uint8_t[::1] data):
        capture_rtcp(&self.capture, direction, at_ns, peer, &data[0] if data.shape[0] else NULL, <int>data.shape[0])

    @property
    def mode(self):
        return self.capture.mode

    @mode.setter
    def mode(self, int mode):
        if not CAPTURE_HEADERS <= mode <= CAPTURE_FULL:
            raise ValueError("a capture keeps headers (1), audio (2) or everything (3)")
        store_u32(&self.capture.mode, <uint32_t>mode)

    @property
    def memory(self):
        return (self.capture.mask + 1) * sizeof(CaptureSlot)

    def packets(self):
        cdef uint64_t number, stop = load_u64(&self.capture.written), start = 0
        cdef CaptureSlot copy
        cdef CaptureSlot* slot
        cdef list found = []
        if stop > self.capture.mask + 1:
            start = stop - self.capture.mask - 1
        for number in range(start, stop):
            slot = &self.capture.slots[number & self.capture.mask]
            if load_u64(&slot.number) != number + 1:
                continue
            memcpy(&copy, slot, sizeof(CaptureSlot))
            fence()
            if load_u64(&slot.number) != number + 1:
                continue
            found.append((
                copy.at_ns, copy.direction, bool(copy.is_rtcp), copy.peer, copy.length,
                PyBytes_FromStringAndSize(<char*>copy.data, copy.kept),
            ))
        return found
