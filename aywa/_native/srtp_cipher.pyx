"""One direction of SRTP: its keys, and AES in counter mode or GCM under them.

A direction has one context of libcrypto, made when it opens; a packet gives it a new initialisation vector and no
more. It holds the key of RTP nearly always: a report, one in seconds, brings its own, and the next packet takes the
context back (0.2 µs each), where a second context would be a kilobyte a direction with GCM.
"""

from libc.stdint cimport uint8_t, uint32_t
from libc.string cimport memcpy, memset

from aywa._native.libcrypto cimport (
    EVP_CIPHER, EVP_CIPHER_CTX, EVP_CIPHER_CTX_ctrl, EVP_CIPHER_CTX_free, EVP_CIPHER_CTX_new, EVP_CIPHER_fetch,
    EVP_CipherFinal_ex, EVP_CipherInit_ex, EVP_CipherUpdate, EVP_CTRL_AEAD_GET_TAG, EVP_CTRL_AEAD_SET_TAG,
    CRYPTO_memcmp, OPENSSL_cleanse,
)
from aywa._native.srtp_keys cimport DIGEST_SIZE, key_derive, key_digest

cdef enum:
    GCM_TAG = 16

# One of each kind a process: fetching searches under a lock, and importing runs once.
cdef EVP_CIPHER* _ctr_128 = EVP_CIPHER_fetch(NULL, b"AES-128-CTR", NULL)
cdef EVP_CIPHER* _ctr_256 = EVP_CIPHER_fetch(NULL, b"AES-256-CTR", NULL)
cdef EVP_CIPHER* _gcm_128 = EVP_CIPHER_fetch(NULL, b"AES-128-GCM", NULL)
cdef EVP_CIPHER* _gcm_256 = EVP_CIPHER_fetch(NULL, b"AES-256-GCM", NULL)
if _ctr_128 == NULL or _ctr_256 == NULL or _gcm_128 == NULL or _gcm_256 == NULL:
    raise ImportError("libcrypto has no AES in counter mode and GCM")


cdef bint is_gcm(const CryptSide* side) noexcept nogil:
    return side.suite >= CRYPT_AES_128_GCM


cdef int tag_size(const CryptSide* side, int kind) noexcept nogil:
    if is_gcm(side):
        return GCM_TAG
    return 4 if side.suite == CRYPT_AES_CM_128_SHA1_32 and kind == FOR_RTP else 10


cdef int _derive(CryptSide* side, const uint8_t* master) noexcept nogil:
    cdef EVP_CIPHER_CTX* deriver = EVP_CIPHER_CTX_new()
    cdef int key_size = 32 if side.suite == CRYPT_AES_256_GCM else 16
    cdef int salt_size = 12 if is_gcm(side) else 14
    cdef int failed
    if deriver == NULL:
        return -1
    failed = EVP_CipherInit_ex(deriver, _ctr_256 if key_size == 32 else _ctr_128, NULL, master, NULL, 1) != 1
    if not failed:
        failed = key_derive(&side.key[FOR_RTP], deriver, master + key_size, key_size, salt_size, 0)
        failed |= key_derive(&side.key[FOR_RTCP], deriver, master + key_size, key_size, salt_size, 3)
    EVP_CIPHER_CTX_free(deriver)
    return -1 if failed else 0


cdef int side_open(CryptSide* side, int suite, const uint8_t* master, bint sealing) noexcept nogil:
    cdef EVP_CIPHER* cipher = _ctr_128
    memset(side, 0, sizeof(CryptSide))
    side.suite = suite
    side.sealing = sealing
    side.keyed = -1
    if is_gcm(side):
        cipher = _gcm_128 if suite == CRYPT_AES_128_GCM else _gcm_256
    side.context = EVP_CIPHER_CTX_new()
    if (side.context == NULL or _derive(side, master) < 0
            or EVP_CipherInit_ex(side.context, cipher, NULL, NULL, NULL, sealing) != 1):
        side_close(side)
        return -1
    return 0


cdef void side_close(CryptSide* side) noexcept nogil:
    if side.context != NULL:
        EVP_CIPHER_CTX_free(side.context)   # wipes the key schedule
    OPENSSL_cleanse(side, sizeof(CryptSide))


cdef int _begin(CryptSide* side, const CryptName* name) noexcept nogil:
    """Key and initialisation vector of a packet (RFC 3711 section 4.1.1; GCM: RFC 7714 sections 8.1 and 9.1)."""
    cdef CryptKey* key = &side.key[name.kind]
    cdef const uint8_t* cipher = NULL
    cdef uint8_t[16] iv
    cdef uint8_t* at = iv + (2 if is_gcm(side) else 4)
    cdef int i
    if side.keyed != name.kind:
        cipher = key.cipher
    memcpy(iv, key.salt, 16)
    for i in range(4):
        at[i] ^= name.ssrc >> (24 - 8 * i) & 0xFF
    for i in range(6):
        at[4 + i] ^= name.index >> (40 - 8 * i) & 0xFF
    side.keyed = -1                 # till libcrypto has taken it
    if EVP_CipherInit_ex(side.context, NULL, NULL, cipher, iv, side.sealing) != 1:
        return -1
    side.keyed = name.kind
    return 0


cdef int _stream(CryptSide* side, const CryptName* name, uint8_t* data, int size) noexcept nogil:
    cdef int made
    if _begin(side, name) < 0:
        return -1
    return 0 if size == 0 or EVP_CipherUpdate(side.context, data, &made, data, size) == 1 else -1


cdef int _authenticate(CryptSide* side, const CryptName* name, uint8_t* packet, int head, int size) noexcept nogil:
    """What GCM leaves in clear, and then the rest in place."""
    cdef int made
    if EVP_CipherUpdate(side.context, NULL, &made, packet, head) != 1:
        return -1
    if name.kind == FOR_RTCP and EVP_CipherUpdate(side.context, NULL, &made, packet + head + size + GCM_TAG,
                                                  INDEX_SIZE) != 1:
        return -1
    packet += head
    return 0 if size == 0 or EVP_CipherUpdate(side.context, packet, &made, packet, size) == 1 else -1


cdef int _gcm_seal(CryptSide* side, const CryptName* name, uint8_t* packet, int head, int size) noexcept nogil:
    cdef uint8_t* tag = packet + head + size
    cdef int made
    if _begin(side, name) < 0 or _authenticate(side, name, packet, head, size) < 0:
        return -1
    # Final writes nothing: the tag comes separately.
    if EVP_CipherFinal_ex(side.context, tag, &made) != 1:
        return -1
    return 0 if EVP_CIPHER_CTX_ctrl(side.context, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, tag) == 1 else -1


cdef int _gcm_open(CryptSide* side, const CryptName* name, uint8_t* packet, int head, int size) noexcept nogil:
    cdef uint8_t* tag = packet + head + size
    cdef int made
    if _begin(side, name) < 0 or EVP_CIPHER_CTX_ctrl(side.context, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, tag) != 1:
        return -1
    if _authenticate(side, name, packet, head, size) < 0:
        return -1
    return 0 if EVP_CipherFinal_ex(side.context, tag, &made) == 1 else -1


cdef inline void _write32(uint8_t* at, uint32_t value) noexcept nogil:
    at[0] = <uint8_t>(value >> 24)
    at[1] = <uint8_t>(value >> 16)
    at[2] = <uint8_t>(value >> 8)
    at[3] = <uint8_t>value


cdef void _tag(const CryptSide* side, const CryptName* name, const uint8_t* packet, int length,
               uint8_t* digest) noexcept nogil:
    """HMAC of a packet; the roll-over counter of RTP goes in behind it unsent (RFC 3711 section 4.2)."""
    cdef uint8_t[4] rolled
    _write32(rolled, <uint32_t>(name.index >> 16))
    key_digest(&side.key[name.kind], packet, length, rolled if name.kind == FOR_RTP else NULL, digest)


cdef int side_seal(CryptSide* side, const CryptName* name, uint8_t* packet, int head, int length) noexcept nogil:
    cdef uint8_t[DIGEST_SIZE] digest
    cdef int tag = tag_size(side, name.kind)
    cdef int word = INDEX_SIZE if name.kind == FOR_RTCP else 0
    if word:
        _write32(packet + length + (tag if is_gcm(side) else 0), ENCIPHERED | <uint32_t>name.index)
    if is_gcm(side):
        return length + tag + word if _gcm_seal(side, name, packet, head, length - head) == 0 else -1
    if _stream(side, name, packet + head, length - head) < 0:
        return -1
    _tag(side, name, packet, length + word, digest)
    memcpy(packet + length + word, digest, tag)
    return length + word + tag


cdef int side_unseal(CryptSide* side, const CryptName* name, uint8_t* packet, int head, int length) noexcept nogil:
    cdef uint8_t[DIGEST_SIZE] digest
    cdef int covered = length + (INDEX_SIZE if name.kind == FOR_RTCP else 0)
    if is_gcm(side):
        return length if _gcm_open(side, name, packet, head, length - head) == 0 else -1
    _tag(side, name, packet, covered, digest)
    if CRYPTO_memcmp(digest, packet + covered, tag_size(side, name.kind)) != 0:
        return -1
    return length if _stream(side, name, packet + head, length - head) == 0 else -1
