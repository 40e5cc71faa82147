"""What OpenSSL's libcrypto (3.0 and later) gives the SRTP kernels: ciphers, SHA-1, and care with secrets."""

cdef extern from * nogil:
    """
    /* SHA-1 by its struct is deprecated and stays: nothing newer keeps a state that is copied by value. */
    #define OPENSSL_SUPPRESS_DEPRECATED
    #include <openssl/crypto.h>
    #include <openssl/evp.h>
    #include <openssl/sha.h>
    """
    ctypedef struct EVP_CIPHER:
        pass
    ctypedef struct EVP_CIPHER_CTX:
        pass
    ctypedef struct SHA_CTX:
        unsigned int h0, h1, h2, h3, h4, Nl
    enum:
        EVP_CTRL_AEAD_SET_TAG
        EVP_CTRL_AEAD_GET_TAG

    EVP_CIPHER* EVP_CIPHER_fetch(void* library, const char* name, const char* properties)
    EVP_CIPHER_CTX* EVP_CIPHER_CTX_new()
    void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX* context)
    int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX* context, int what, int size, void* value)
    int EVP_CipherInit_ex(EVP_CIPHER_CTX* context, const EVP_CIPHER* cipher, void* engine, const unsigned char* key,
                          const unsigned char* iv, int enciphering)
    int EVP_CipherUpdate(EVP_CIPHER_CTX* context, unsigned char* out, int* made, const unsigned char* data, int size)
    int EVP_CipherFinal_ex(EVP_CIPHER_CTX* context, unsigned char* out, int* made)
    int SHA1_Init(SHA_CTX* state)
    int SHA1_Update(SHA_CTX* state, const void* data, size_t size)
    int SHA1_Final(unsigned char* digest, SHA_CTX* state)
    int CRYPTO_memcmp(const void* left, const void* right, size_t size)
    void OPENSSL_cleanse(void* secret, size_t size)
