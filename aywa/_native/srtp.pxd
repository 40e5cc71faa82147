"""SRTP and SRTCP (RFC 3711, RFC 7714) of one call."""

from libc.stdint cimport uint8_t, uint32_t

from aywa._native.srtp_cipher cimport (
    CRYPT_AES_128_GCM, CRYPT_AES_256_GCM, CRYPT_AES_CM_128_SHA1_32, CRYPT_AES_CM_128_SHA1_80, CryptSide,
)
from aywa._native.srtp_replay cimport CRYPT_SOURCES, CRYPT_WINDOW, CryptReceived, CryptSent

cdef enum:
    CRYPT_TRAILER = 24              # spare bytes protecting needs behind a packet: tag, and index of SRTCP

    CRYPT_FAILED = -1               # protecting: not a packet, not newer than those sent, or the key is used up
    CRYPT_BAD_TAG = -2              # the peer's key did not make this packet
    CRYPT_REPLAY = -3               # taken before, or behind the window
    CRYPT_MALFORMED = -4            # not an (S)RTP packet, shorter than its tag, or SRTCP in clear
    CRYPT_CROWDED = -5              # an SSRC beyond CRYPT_SOURCES

cdef struct Crypt:
    CryptSide sending
    CryptSide receiving
    CryptSent sent
    CryptReceived received

# Keys are master key and salt in one: 30 bytes for AES-CM, 28 and 44 for GCM. 0, or -1: unknown suite or no memory;
# then there is nothing to close. Allocates, so never from the engine's loop; a Crypt may be moved, not copied.
cdef int crypt_open(Crypt* crypt, int suite, const uint8_t* local, const uint8_t* remote) noexcept nogil
# Wipes the keys. A Crypt of zeros may be closed, and one that is closed already.
cdef void crypt_close(Crypt* crypt) noexcept nogil
# All four work in place, allocate nothing and return the new length or one of the negative verdicts above. After a
# negative verdict the bytes are worth nothing (GCM deciphers before it knows), the state is as it was.
cdef int crypt_protect(Crypt* crypt, uint8_t* packet, int length) noexcept nogil
cdef int crypt_unprotect(Crypt* crypt, uint8_t* packet, int length) noexcept nogil
cdef int crypt_protect_rtcp(Crypt* crypt, uint8_t* packet, int length) noexcept nogil
cdef int crypt_unprotect_rtcp(Crypt* crypt, uint8_t* packet, int length) noexcept nogil
