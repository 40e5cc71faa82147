"""Session keys of SRTP: derivation (RFC 3711 section 4.3), and HMAC-SHA1 from states made beforehand.

The pads of an HMAC are one block of SHA-1 each and the same for every packet, so a key is kept as the two states
behind them. A state is a plain struct: copying it costs no allocation, as libcrypto's HMAC and EVP_MD do.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset

from aywa._native.libcrypto cimport (
    EVP_CIPHER, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free, EVP_CIPHER_CTX_new, EVP_CIPHER_fetch, EVP_CipherInit_ex,
    EVP_CipherUpdate, OPENSSL_cleanse, SHA1_Final, SHA1_Init, SHA1_Update, SHA_CTX,
)

cdef enum:
    BLOCK = 64                      # bytes SHA-1 takes at a time
    AUTHENTICATION = 1              # labels from that of the cipher's key on
    SALT = 2


cdef int _stream(EVP_CIPHER_CTX* deriver, const uint8_t* master_salt, int salt_size, int label, uint8_t* out,
                 int size) noexcept nogil:
    """Keystream of a label: the salt, padded to 112 bits, with the label before its last 48 (rate 0)."""
    cdef uint8_t[16] block
    cdef int made
    memset(block, 0, 16)
    memcpy(block, master_salt, salt_size)
    block[7] ^= label
    memset(out, 0, size)
    if EVP_CipherInit_ex(deriver, NULL, NULL, NULL, block, 1) != 1:
        return -1
    return 0 if EVP_CipherUpdate(deriver, out, &made, out, size) == 1 else -1


cdef void _absorb(const uint8_t* secret, int pad, uint32_t* state) noexcept nogil:
    """The state of SHA-1 behind one pad of an HMAC (RFC 2104)."""
    cdef SHA_CTX sha
    cdef uint8_t[BLOCK] block
    cdef int i
    memset(block, pad, BLOCK)
    for i in range(DIGEST_SIZE):
        block[i] ^= secret[i]
    SHA1_Init(&sha)
    SHA1_Update(&sha, block, BLOCK)
    state[0], state[1], state[2], state[3], state[4] = sha.h0, sha.h1, sha.h2, sha.h3, sha.h4
    OPENSSL_cleanse(block, sizeof(block))
    OPENSSL_cleanse(&sha, sizeof(sha))


cdef inline void _resume(const uint32_t* state, SHA_CTX* sha) noexcept nogil:
    SHA1_Init(sha)
    sha.h0, sha.h1, sha.h2, sha.h3, sha.h4 = state[0], state[1], state[2], state[3], state[4]
    sha.Nl = 8 * BLOCK


cdef int key_derive(CryptKey* key, EVP_CIPHER_CTX* deriver, const uint8_t* master_salt, int key_size, int salt_size,
                    int first) noexcept nogil:
    cdef uint8_t[DIGEST_SIZE] secret
    cdef int failed
    memset(key, 0, sizeof(CryptKey))
    failed = _stream(deriver, master_salt, salt_size, first, key.cipher, key_size)
    failed |= _stream(deriver, master_salt, salt_size, first + AUTHENTICATION, secret, DIGEST_SIZE)
    failed |= _stream(deriver, master_salt, salt_size, first + SALT, key.salt, salt_size)
    _absorb(secret, 0x36, key.inner)
    _absorb(secret, 0x5C, key.outer)
    OPENSSL_cleanse(secret, sizeof(secret))
    return failed


cdef void key_digest(const CryptKey* key, const uint8_t* data, int length, const uint8_t* more,
                     uint8_t* digest) noexcept nogil:
    cdef SHA_CTX sha
    _resume(key.inner, &sha)
    SHA1_Update(&sha, data, length)
    if more != NULL:
        SHA1_Update(&sha, more, 4)
    SHA1_Final(digest, &sha)
    _resume(key.outer, &sha)
    SHA1_Update(&sha, digest, DIGEST_SIZE)
    SHA1_Final(digest, &sha)


def derived(bytes master_key not None, bytes master_salt not None, int label, int size):
    cdef EVP_CIPHER* cipher
    cdef EVP_CIPHER_CTX* deriver
    cdef bytes out
    cdef int failed
    if len(master_key) not in (16, 32) or not 0 < len(master_salt) <= 14 or not 0 <= label < 256 or size < 0:
        raise ValueError("keys have 16 or 32 bytes, salts up to 14, labels one")
    cipher = EVP_CIPHER_fetch(NULL, b"AES-128-CTR" if len(master_key) == 16 else b"AES-256-CTR", NULL)
    deriver = EVP_CIPHER_CTX_new()
    out = PyBytes_FromStringAndSize(NULL, size)
    failed = EVP_CipherInit_ex(deriver, cipher, NULL, <const uint8_t*>master_key, NULL, 1) != 1 or _stream(
        deriver, <const uint8_t*>master_salt, <int>len(master_salt), label, <uint8_t*>PyBytes_AS_STRING(out), size
    )
    EVP_CIPHER_CTX_free(deriver)
    if failed:
        raise MemoryError("libcrypto could not derive a key")
    return out


def hmac_sha1(bytes secret not None, bytes data not None):
    cdef CryptKey key
    cdef uint8_t[DIGEST_SIZE] digest
    if len(secret) != DIGEST_SIZE:
        raise ValueError("an authentication key has 20 bytes")
    _absorb(<const uint8_t*>secret, 0x36, key.inner)
    _absorb(<const uint8_t*>secret, 0x5C, key.outer)
    key_digest(&key, <const uint8_t*>data, <int>len(data), NULL, digest)
    return PyBytes_FromStringAndSize(<char*>digest, DIGEST_SIZE)
