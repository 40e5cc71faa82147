"""SRTP and SRTCP (RFC 3711, RFC 7714) of one call by libsrtp2.

One policy a direction, for any SSRC, so a peer may change its SSRC in mid-call. libsrtp makes a stream for a new SSRC
only once its first packet is authentic: strangers cannot make it allocate. A peer with the key could, so SSRCs are
counted here and those beyond CRYPT_SOURCES refused. Refused, not forgotten: with a forgotten stream goes what it has
seen, and its packets could be replayed.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset

cdef extern from "srtp2/srtp.h" nogil:
    ctypedef enum srtp_err_status_t:
        srtp_err_status_ok
        srtp_err_status_auth_fail
        srtp_err_status_cipher_fail
        srtp_err_status_replay_fail
        srtp_err_status_replay_old
        srtp_err_status_pkt_idx_old
    enum:
        ssrc_any_inbound
        ssrc_any_outbound
    ctypedef struct srtp_ssrc_t:
        int type
    ctypedef struct srtp_crypto_policy_t:
        int auth_tag_len
    ctypedef struct srtp_policy_t:
        srtp_ssrc_t ssrc
        srtp_crypto_policy_t rtp
        srtp_crypto_policy_t rtcp
        unsigned char* key
        unsigned long window_size
    ctypedef struct srtp_ctx_t:
        pass
    srtp_err_status_t srtp_init()
    srtp_err_status_t srtp_create(srtp_ctx_t** session, const srtp_policy_t* policy)
    srtp_err_status_t srtp_dealloc(srtp_ctx_t* session)
    srtp_err_status_t srtp_protect(srtp_ctx_t* session, void* packet, int* length)
    srtp_err_status_t srtp_unprotect(srtp_ctx_t* session, void* packet, int* length)
    srtp_err_status_t srtp_protect_rtcp(srtp_ctx_t* session, void* packet, int* length)
    srtp_err_status_t srtp_unprotect_rtcp(srtp_ctx_t* session, void* packet, int* length)
    void srtp_crypto_policy_set_rtp_default(srtp_crypto_policy_t* policy)
    void srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(srtp_crypto_policy_t* policy)
    void srtp_crypto_policy_set_aes_gcm_128_16_auth(srtp_crypto_policy_t* policy)
    void srtp_crypto_policy_set_aes_gcm_256_16_auth(srtp_crypto_policy_t* policy)

cdef enum:
    RTP_SIZE = 12
    RTCP_SIZE = 8
    RTCP_INDEX = 4

ctypedef srtp_err_status_t (*transform_fn)(srtp_ctx_t* session, void* packet, int* length) noexcept nogil

SUITES = ("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM")
KEY_SIZES = (30, 30, 28, 44)
SOURCES = CRYPT_SOURCES
FAILED, BAD_TAG, REPLAY = CRYPT_FAILED, CRYPT_BAD_TAG, CRYPT_REPLAY
MALFORMED, CROWDED = CRYPT_MALFORMED, CRYPT_CROWDED

# Importing runs once a process and under a lock, which is what srtp_init needs.
if srtp_init() != srtp_err_status_ok:
    raise ImportError("libsrtp2 failed its self-tests")


cdef void _choose(srtp_policy_t* policy, int suite) noexcept nogil:
    srtp_crypto_policy_set_rtp_default(&policy.rtp)
    srtp_crypto_policy_set_rtp_default(&policy.rtcp)
    if suite == CRYPT_AES_CM_128_SHA1_32:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp)
    elif suite == CRYPT_AES_128_GCM:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
    elif suite == CRYPT_AES_256_GCM:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp)
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp)
    policy.window_size = CRYPT_WINDOW


cdef int crypt_open(Crypt* crypt, int suite, const uint8_t* local, const uint8_t* remote) noexcept nogil:
    cdef srtp_policy_t policy
    memset(crypt, 0, sizeof(Crypt))
    if not CRYPT_AES_CM_128_SHA1_80 <= suite <= CRYPT_AES_256_GCM:
        return -1
    memset(&policy, 0, sizeof(policy))
    _choose(&policy, suite)
    crypt.overhead = policy.rtp.auth_tag_len
    policy.ssrc.type = ssrc_any_outbound
    policy.key = <unsigned char*>local
    if srtp_create(<srtp_ctx_t**>&crypt.sending, &policy) != srtp_err_status_ok:
        crypt.sending = NULL
        return -1
    policy.ssrc.type = ssrc_any_inbound
    policy.key = <unsigned char*>remote
    if srtp_create(<srtp_ctx_t**>&crypt.receiving, &policy) != srtp_err_status_ok:
        crypt.receiving = NULL
        crypt_close(crypt)
        return -1
    return 0


cdef void crypt_close(Crypt* crypt) noexcept nogil:
    if crypt.sending != NULL:
        srtp_dealloc(<srtp_ctx_t*>crypt.sending)
    if crypt.receiving != NULL:
        srtp_dealloc(<srtp_ctx_t*>crypt.receiving)
    crypt.sending = NULL
    crypt.receiving = NULL


cdef inline uint32_t _read32(const uint8_t* at) noexcept nogil:
    return (<uint32_t>at[0] << 24) | (<uint32_t>at[1] << 16) | (<uint32_t>at[2] << 8) | at[3]


cdef bint _known(CryptSources* sources, uint32_t ssrc) noexcept nogil:
    cdef int i
    if sources.count and sources.ssrc[sources.last] == ssrc:
        return True
    for i in range(sources.count):
        if sources.ssrc[i] == ssrc:
            sources.last = i
            return True
    return False


cdef int _transform(transform_fn function, void* session, CryptSources* sources, uint32_t ssrc, uint8_t* packet,
                    int length) noexcept nogil:
    """The new length or a verdict; a new SSRC is remembered if libsrtp took it."""
    cdef bint known = _known(sources, ssrc)
    cdef srtp_err_status_t status
    if not known and sources.count == CRYPT_SOURCES:
        return CRYPT_CROWDED
    status = function(<srtp_ctx_t*>session, packet, &length)
    if status == srtp_err_status_ok:
        if not known:
            sources.ssrc[sources.count] = ssrc
            sources.last = sources.count
            sources.count += 1
        return length
    if status == srtp_err_status_auth_fail or status == srtp_err_status_cipher_fail:
        return CRYPT_BAD_TAG
    if (status == srtp_err_status_replay_fail or status == srtp_err_status_replay_old
            or status == srtp_err_status_pkt_idx_old):
        return CRYPT_REPLAY
    return CRYPT_MALFORMED


cdef int crypt_protect(Crypt* crypt, uint8_t* packet, int length) noexcept nogil:
    cdef int size
    if length < RTP_SIZE or packet[0] >> 6 != 2:
        return CRYPT_FAILED
    size = _transform(srtp_protect, crypt.sending, &crypt.sent, _read32(packet + 8), packet, length)
    return size if size > 0 or size == CRYPT_CROWDED else CRYPT_FAILED


cdef int crypt_unprotect(Crypt* crypt, uint8_t* packet, int length) noexcept nogil:
    if length < RTP_SIZE + crypt.overhead or packet[0] >> 6 != 2:
        return CRYPT_MALFORMED
    return _transform(srtp_unprotect, crypt.receiving, &crypt.received, _read32(packet + 8), packet, length)


cdef int crypt_protect_rtcp(Crypt* crypt, uint8_t* packet, int length) noexcept nogil:
    cdef int size
    if length < RTCP_SIZE or packet[0] >> 6 != 2:
        return CRYPT_FAILED
    size = _transform(srtp_protect_rtcp, crypt.sending, &crypt.sent, _read32(packet + 4), packet, length)
    return size if size > 0 or size == CRYPT_CROWDED else CRYPT_FAILED


cdef int crypt_unprotect_rtcp(Crypt* crypt, uint8_t* packet, int length) noexcept nogil:
    # The tag of SRTCP is never shorter than 80 bits.
    if length < RTCP_SIZE + RTCP_INDEX + 10 or packet[0] >> 6 != 2:
        return CRYPT_MALFORMED
    return _transform(srtp_unprotect_rtcp, crypt.receiving, &crypt.received, _read32(packet + 4), packet, length)


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
            raise MemoryError("libsrtp2 could not open a session")

    def __dealloc__(self):
        crypt_close(&self._crypt)

    @property
    def sources(self):
        return self._crypt.sent.count, self._crypt.received.count

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
