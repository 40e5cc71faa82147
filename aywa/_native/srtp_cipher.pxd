"""One direction of SRTP: its keys, and AES in counter mode or GCM under them."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from aywa._native.libcrypto cimport EVP_CIPHER_CTX
from aywa._native.srtp_keys cimport CryptKey

cdef enum:
    CRYPT_AES_CM_128_SHA1_80 = 0    # RFC 4568 section 6.2.1
    CRYPT_AES_CM_128_SHA1_32 = 1    # RFC 4568 section 6.2.2: SRTCP keeps the tag of 80 bits
    CRYPT_AES_128_GCM = 2           # RFC 7714
    CRYPT_AES_256_GCM = 3

    FOR_RTP = 0
    FOR_RTCP = 1

    INDEX_SIZE = 4                  # the word at the end of SRTCP: its first bit, and the index
    ENCIPHERED = 0x80000000

cdef struct CryptSide:
    EVP_CIPHER_CTX* context
    int suite
    int keyed                       # whose key the context holds: FOR_RTP, FOR_RTCP or -1
    int sealing
    CryptKey key[2]                 # by FOR_RTP and FOR_RTCP

cdef struct CryptName:              # of a packet: no two under one key have the same
    int kind                        # FOR_RTP or FOR_RTCP
    uint32_t ssrc
    int64_t index                   # 48 bits, of SRTCP 31

# Allocates. 0, or -1: libcrypto failed; then there is nothing to close.
cdef int side_open(CryptSide* side, int suite, const uint8_t* master, bint sealing) noexcept nogil
cdef void side_close(CryptSide* side) noexcept nogil
cdef int tag_size(const CryptSide* side, int kind) noexcept nogil
cdef bint is_gcm(const CryptSide* side) noexcept nogil
# Encipher and tag a packet in place; the new length, or -1: libcrypto failed. `head` bytes stay in clear. With SRTCP
# the word of the index goes in too: before AES-CM's tag, which covers it, behind GCM's.
cdef int side_seal(CryptSide* side, const CryptName* name, uint8_t* packet, int head, int length) noexcept nogil
# Check and decipher what side_seal made; `length` and the result are without tag and index. -1: the wrong tag.
cdef int side_unseal(CryptSide* side, const CryptName* name, uint8_t* packet, int head, int length) noexcept nogil
