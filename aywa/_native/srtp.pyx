"""SRTP and SRTCP (RFC 3711, RFC 7714) of one call: one key a direction, of any SSRC, so a peer may change it.

A packet is looked at in this order: is it one, is there room for its SSRC, is it new, is it authentic. Only then is
anything written down, so strangers change nothing and whoever has the key makes CRYPT_SOURCES streams, no more.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memcpy, memset

from aywa._native.srtp_cipher cimport (
    ENCIPHERED, FOR_RTCP, FOR_RTP, INDEX_SIZE, CryptName, is_gcm, side_close, side_open, side_seal, side_unseal, tag_size,
)
from aywa._native.srtp_replay cimport (
    REPORTED_WORDS, SEEN_WORDS, index_estimate, received_init, sent_init, sources_find, sources_keep, window_is_new,
    window_take,
)

cdef enum:
    RTP_SIZE = 12
    RTCP_SIZE = 8
    LARGEST = 65535                 # what UDP carries; counter mode would reach to a mebibyte

cdef int64_t INDEX_LAST = (<int64_t>1 << 48) - 1    # packets under one key (RFC 3711 section 9.2)
cdef int64_t REPORT_LAST = (<int64_t>1 << 31) - 1

SUITES = ("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM")
KEY_SIZES = (30, 30, 28, 44)
SOURCES = CRYPT_SOURCES
FAILED, BAD_TAG, REPLAY = CRYPT_FAILED, CRYPT_BAD_TAG, CRYPT_REPLAY
MALFORMED, CROWDED = CRYPT_MALFORMED, CRYPT_CROWDED


cdef int crypt_open(Crypt* crypt, int suite, const uint8_t* local, const uint8_t* remote) noexcept nogil:
    memset(crypt, 0, sizeof(Crypt))
    if not CRYPT_AES_CM_128_SHA1_80 <= suite <= CRYPT_AES_256_GCM:
        return -1
    if side_open(&crypt.sending, suite, local, True) < 0:
        return -1
    if side_open(&crypt.receiving, suite, remote, False) < 0:
        side_close(&crypt.sending)
        return -1
    sent_init(&crypt.sent)
    received_init(&crypt.received)
    return 0


cdef void crypt_close(Crypt* crypt) noexcept nogil:
    side_close(&crypt.sending)
    side_close(&crypt.receiving)


cdef inline uint32_t _read32(const uint8_t* at) noexcept nogil:
    return (<uint32_t>at[0] << 24) | (<uint32_t>at[1] << 16) | (<uint32_t>at[2] << 8) | at[3]


cdef int _header_size(const uint8_t* packet, int length) noexcept nogil:
    """Bytes that stay in clear: header, CSRCs and extension. -1: they do not fit, or this is not RTP."""
    cdef int size
    if not RTP_SIZE <= length <= LARGEST or packet[0] >> 6 != 2:
        return -1
    size = RTP_SIZE + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        if size + 4 > length:
            return -1
        size += 4 + 4 * (packet[size + 2] << 8 | packet[size + 3])
    return size if size <= length else -1


cdef bint _is_rtcp(const uint8_t* packet, int length) noexcept nogil:
    return RTCP_SIZE <= length <= LARGEST and packet[0] >> 6 == 2


cdef int crypt_protect(Crypt* crypt, uint8_t* packet, int length) noexcept nogil:
    cdef CryptSent* sent = &crypt.sent
    cdef CryptName name
    cdef int head = _header_size(packet, length)
    cdef int slot
    if head < 0:
        return CRYPT_FAILED
    name.kind = FOR_RTP
    name.ssrc = _read32(packet + 8)
    slot = sources_find(&sent.sources, name.ssrc)
    if slot < 0:
        return CRYPT_CROWDED
    name.index = index_estimate(sent.last[slot], packet[2] << 8 | packet[3])
    # An index twice under one key would give both packets away.
    if name.index <= sent.last[slot] or name.index > INDEX_LAST:
        return CRYPT_FAILED
    length = side_seal(&crypt.sending, &name, packet, head, length)
    if length < 0:
        return CRYPT_FAILED
    sources_keep(&sent.sources, slot, name.ssrc)
    sent.last[slot] = name.index
    return length


cdef int crypt_unprotect(Crypt* crypt, uint8_t* packet, int length) noexcept nogil:
    cdef CryptReceived* received = &crypt.received
    cdef CryptName name
    cdef int head, slot
    length -= tag_size(&crypt.receiving, FOR_RTP)
    head = _header_size(packet, length)
    if head < 0:
        return CRYPT_MALFORMED
    name.kind = FOR_RTP
    name.ssrc = _read32(packet + 8)
    slot = sources_find(&received.sources, name.ssrc)
    if slot < 0:
        return CRYPT_CROWDED
    name.index = index_estimate(received.last[slot], packet[2] << 8 | packet[3])
    if name.index > INDEX_LAST or not window_is_new(received.seen[slot], SEEN_WORDS, received.last[slot],
                                                    name.index):
        return CRYPT_REPLAY
    length = side_unseal(&crypt.receiving, &name, packet, head, length)
    if length < 0:
        return CRYPT_BAD_TAG
    sources_keep(&received.sources, slot, name.ssrc)
    received.last[slot] = window_take(received.seen[slot], SEEN_WORDS, received.last[slot], name.index)
    return length


cdef int crypt_protect_rtcp(Crypt* crypt, uint8_t* packet, int length) noexcept nogil:
    cdef CryptSent* sent = &crypt.sent
    cdef CryptName name
    cdef int slot
    if not _is_rtcp(packet, length):
        return CRYPT_FAILED
    name.kind = FOR_RTCP
    name.ssrc = _read32(packet + 4)
    slot = sources_find(&sent.sources, name.ssrc)
    if slot < 0:
        return CRYPT_CROWDED
    name.index = <int64_t>sent.report[slot] + 1
    if name.index > REPORT_LAST:
        return CRYPT_FAILED
    length = side_seal(&crypt.sending, &name, packet, RTCP_SIZE, length)
    if length < 0:
        return CRYPT_FAILED
    sources_keep(&sent.sources, slot, name.ssrc)
    sent.report[slot] = <int>name.index
    return length


cdef int crypt_unprotect_rtcp(Crypt* crypt, uint8_t* packet, int length) noexcept nogil:
    cdef CryptReceived* received = &crypt.received
    cdef CryptName name
    cdef uint32_t word
    cdef int slot
    length -= tag_size(&crypt.receiving, FOR_RTCP) + INDEX_SIZE
    if not _is_rtcp(packet, length):
        return CRYPT_MALFORMED
    word = _read32(packet + length + (tag_size(&crypt.receiving, FOR_RTCP) if is_gcm(&crypt.receiving) else 0))
    # Reports in clear are for peers that negotiated them (RFC 4568 section 6.3.2), which nobody does here.
    if not word & ENCIPHERED:
        return CRYPT_MALFORMED
    name.kind = FOR_RTCP
    name.ssrc = _read32(packet + 4)
    name.index = word & ~ENCIPHERED
    slot = sources_find(&received.sources, name.ssrc)
    if slot < 0:
        return CRYPT_CROWDED
    if not window_is_new(received.reported[slot], REPORTED_WORDS, received.report[slot], name.index):
        return CRYPT_REPLAY
    length = side_unseal(&crypt.receiving, &name, packet, RTCP_SIZE, length)
    if length < 0:
        return CRYPT_BAD_TAG
    sources_keep(&received.sources, slot, name.ssrc)
    received.report[slot] = <int>window_take(received.reported[slot], REPORTED_WORDS,
                                             received.report[slot], name.index)
    return length


ctypedef int (*crypt_fn)(Crypt* crypt, uint8_t* packet, int length) noexcept nogil


cdef class CryptSession:
    cdef Crypt _crypt

    def __cinit__(self, int suite, bytes local not None, bytes remote not None):
        cdef const uint8_t* near = <const uint8_t*>local
        cdef const uint8_t* far = <const uint8_t*>remote
        cdef int opened
        if not 0 <= suite < len(KEY_SIZES):
            raise ValueError("an SRTP suite is one of SUITES")
        if len(local) != KEY_SIZES[suite] or len(remote) != KEY_SIZES[suite]:
            raise ValueError("the suite wants keys of another length")
        # Opened without the GIL, as the engine's thread may be using another session meanwhile.
        with nogil:
            opened = crypt_open(&self._crypt, suite, near, far)
        if opened < 0:
            raise MemoryError("libcrypto could not open a session")

    def __dealloc__(self):
        crypt_close(&self._crypt)

    @property
    def sources(self):
        return self._crypt.sent.sources.count, self._crypt.received.sources.count

    def protect(self, const uint8_t[::1] packet):
        return self._apply(crypt_protect, packet)

    def unprotect(self, const uint8_t[::1] packet):
        return self._apply(crypt_unprotect, packet)

    def protect_rtcp(self, const uint8_t[::1] packet):
        return self._apply(crypt_protect_rtcp, packet)

    def unprotect_rtcp(self, const uint8_t[::1] packet):
        return self._apply(crypt_unprotect_rtcp, packet)

    cdef object _apply(self, crypt_fn function, const uint8_t[::1] packet):
        cdef uint8_t[2048 + CRYPT_TRAILER] work
        cdef int length = <int>packet.shape[0]
        if packet.shape[0] > 2048:
            raise ValueError("a packet has at most 2048 bytes")
        if length:
            memcpy(work, &packet[0], length)
        length = function(&self._crypt, work, length)
        return length if length < 0 else PyBytes_FromStringAndSize(<char*>work, length)
