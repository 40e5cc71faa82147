"""How the C library's heap gives memory back (mallopt(3), malloc_trim(3))."""

cdef extern from * nogil:
    """
    #ifdef __GLIBC__
    #include <malloc.h>
    static inline int aywa_settle_heap(void) {
        return mallopt(M_MMAP_THRESHOLD, 32 << 10) && mallopt(M_TRIM_THRESHOLD, 128 << 10) && mallopt(M_ARENA_MAX, 2);
    }
    static inline int aywa_trim_heap(void) { return malloc_trim(0); }
    #else
    static inline int aywa_settle_heap(void) { return 0; }
    static inline int aywa_trim_heap(void) { return 0; }
    #endif
    """
    int _settle_heap "aywa_settle_heap"()
    int _trim_heap "aywa_trim_heap"()


def settle_heap():
    return bool(_settle_heap())


def trim_heap():
    cdef int released
    with nogil:
        released = _trim_heap()
    return bool(released)
