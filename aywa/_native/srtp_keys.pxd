"""Session keys of SRTP: derivation (RFC 3711 section 4.3), and HMAC-SHA1 from states made beforehand."""

from libc.stdint cimport uint8_t, uint32_t

from aywa._native.libcrypto cimport EVP_CIPHER_CTX

cdef enum:
    DIGEST_SIZE = 20

cdef struct CryptKey:               # what protects RTP, or RTCP, in one direction
    uint8_t cipher[32]
    uint8_t salt[16]                # 14 bytes, with GCM 12; then zeros
    uint32_t inner[5]               # SHA-1 behind the inner pad of the authentication key, and behind the outer
    uint32_t outer[5]

# `deriver` counts with AES under the master key. `first` is the label of the cipher's key: 0 for RTP, 3 for RTCP.
# 0, or -1: libcrypto failed.
cdef int key_derive(CryptKey* key, EVP_CIPHER_CTX* deriver, const uint8_t* master_salt, int key_size, int salt_size,
                    int first) noexcept nogil
# The digest of `data` and then of the 4 bytes `more` (NULL: of nothing more). Allocates nothing.
cdef void key_digest(const CryptKey* key, const uint8_t* data, int length, const uint8_t* more,
                     uint8_t* digest) noexcept nogil
