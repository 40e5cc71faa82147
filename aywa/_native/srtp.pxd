"""SRTP and SRTCP (RFC 3711, RFC 7714) of one call by libsrtp2, whose own names begin with srtp_."""

from libc.stdint cimport uint8_t, uint32_t

cdef enum:
    CRYPT_AES_CM_128_SHA1_80 = 0    # RFC 4568 section 6.2.1
    CRYPT_AES_CM_128_SHA1_32 = 1    # RFC 4568 section 6.2.2: SRTCP keeps the tag of 80 bits
    CRYPT_AES_128_GCM = 2           # RFC 7714
    CRYPT_AES_256_GCM = 3

    CRYPT_TRAILER = 24              # spare bytes protecting needs behind a packet: tag, and index of SRTCP
    CRYPT_WINDOW = 128              # packets a late one may lie back before it counts as replayed
    CRYPT_SOURCES = 32              # SSRCs taken, or sent, under one key

    CRYPT_FAILED = -1               # protecting: not a packet, sent before, or the key is used up
    CRYPT_BAD_TAG = -2              # the peer's key did not make this packet
    CRYPT_REPLAY = -3               # taken before, or behind the window
    CRYPT_MALFORMED = -4            # not an (S)RTP packet, or shorter than its tag
    CRYPT_CROWDED = -5              # an SSRC beyond CRYPT_SOURCES

cdef struct CryptSources:
    uint32_t ssrc[CRYPT_SOURCES]
    int count
    int last                        # where the last packet's SSRC stood

cdef struct Crypt:
    void* sending
    void* receiving
    int overhead                    # bytes of the tag of an RTP packet
    CryptSources sent
    CryptSources received

# Keys are master key and salt in one: 30 bytes for AES-CM, 28 and 44 for GCM. 0, or -1: unknown suite or no memory;
# then there is nothing to close. Allocates, so never from the engine's loop; a Crypt may be moved, not copied.
cdef int crypt_open(Crypt* crypt, int suite, const uint8_t* local, const uint8_t* remote) noexcept nogil
cdef void crypt_close(Crypt* crypt) noexcept nogil
# All four work in place and return the new length or one of the negative verdicts above. After a negative verdict
# the bytes are worth nothing (GCM deciphers before it knows), the state is as it was.
cdef int crypt_protect(Crypt* crypt, uint8_t* packet, int length) noexcept nogil
cdef int crypt_unprotect(Crypt* crypt, uint8_t* packet, int length) noexcept nogil
cdef int crypt_protect_rtcp(Crypt* crypt, uint8_t* packet, int length) noexcept nogil
cdef int crypt_unprotect_rtcp(Crypt* crypt, uint8_t* packet, int length) noexcept nogil
