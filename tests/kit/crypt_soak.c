/* Packets through the SRTP kernel as the engine sends them through it: no Python, thousands a call. Preloaded into a
 * process it also counts what that thread asks of malloc and of locks meanwhile. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define BATCH 50
#define LARGEST 1536

typedef int (*crypt_fn)(void *crypt, uint8_t *packet, int length);

struct soak {
    crypt_fn protect, unprotect;
    void *sender, *receiver;
    const uint8_t *packet;  /* the sequence in it is counted on if `counting` */
    int length;
    int counting;
    int forging;            /* verdict a forged copy must have before the true one is taken, 0: none is tried */
    long batches;
    double protect_ns, unprotect_ns;
    long allocations, locks, wrong;
};

static __thread int armed;
static __thread long allocations, locks;

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

void *malloc(size_t size) { allocations += armed; return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { allocations += armed; return __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { allocations += armed; return __libc_realloc(old, size); }
void *memalign(size_t align, size_t size) { allocations += armed; return __libc_memalign(align, size); }
void *aligned_alloc(size_t align, size_t size) { allocations += armed; return __libc_memalign(align, size); }
int posix_memalign(void **out, size_t align, size_t size)
{
    allocations += armed;
    *out = __libc_memalign(align, size);
    return *out ? 0 : 12;
}
void free(void *old) { allocations += armed && old; __libc_free(old); }

#define COUNTED(name, type)                                              \
    int name(type *lock)                                                 \
    {                                                                    \
        static int (*real)(type *);                                      \
        if (!real)                                                       \
            real = (int (*)(type *))dlsym(RTLD_NEXT, #name);             \
        locks += armed;                                                  \
        return real(lock);                                               \
    }
COUNTED(pthread_mutex_lock, pthread_mutex_t)
COUNTED(pthread_rwlock_rdlock, pthread_rwlock_t)
COUNTED(pthread_rwlock_wrlock, pthread_rwlock_t)

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

void arm(void) { allocations = locks = 0; armed = 1; }
void disarm(long *asked, long *locked) { armed = 0; *asked = allocations; *locked = locks; }

static void forge(struct soak *s, const uint8_t *sealed, int size)
{
    uint8_t work[LARGEST];
    memcpy(work, sealed, size);
    work[size / 2] ^= 1;
    s->wrong += s->unprotect(s->receiver, work, size) != s->forging;
}

void soak(struct soak *s)
{
    static __thread uint8_t sealed[BATCH][LARGEST];
    int size[BATCH];
    uint16_t sequence = s->packet[2] << 8 | s->packet[3];
    double before;
    s->wrong = 0;
    s->protect_ns = s->unprotect_ns = 0;
    arm();
    for (long batch = 0; batch < s->batches; batch++) {
        for (int i = 0; i < BATCH; i++) {
            memcpy(sealed[i], s->packet, s->length);
            if (s->counting) {
                sealed[i][2] = (uint16_t)(sequence + i) >> 8;
                sealed[i][3] = (uint8_t)(sequence + i);
            }
        }
        before = now();
        for (int i = 0; i < BATCH; i++)
            size[i] = s->protect(s->sender, sealed[i], s->length);
        s->protect_ns += now() - before;
        for (int i = 0; s->forging && i < BATCH; i++)
            forge(s, sealed[i], size[i]);
        before = now();
        for (int i = 0; i < BATCH; i++)
            size[i] = s->unprotect(s->receiver, sealed[i], size[i]);
        s->unprotect_ns += now() - before;
        for (int i = 0; i < BATCH; i++)
            s->wrong += size[i] != s->length || memcmp(sealed[i] + 4, s->packet + 4, s->length - 4) != 0;
        sequence += BATCH;
    }
    disarm(&s->allocations, &s->locks);
    s->protect_ns /= s->batches * BATCH;
    s->unprotect_ns /= s->batches * BATCH;
}
