"""Atomic loads, stores and exchanges for what the engine thread and Python threads share.

Every word here has one writer; the acquire and release orders are what makes the single-producer,
single-consumer rings and the epoch gate correct without a lock.
"""
from libc.stdint cimport int64_t, uint32_t, uint64_t


cdef extern from * nogil:
    """
    #include <stdint.h>
    static inline uint32_t aywa_load_u32(const uint32_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
    static inline void aywa_store_u32(uint32_t *p, uint32_t v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
    static inline uint32_t aywa_swap_u32(uint32_t *p, uint32_t v) { return __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL); }
    static inline uint32_t aywa_or_u32(uint32_t *p, uint32_t v) { return __atomic_fetch_or(p, v, __ATOMIC_ACQ_REL); }
    static inline uint64_t aywa_load_u64(const uint64_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
    static inline void aywa_store_u64(uint64_t *p, uint64_t v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
    static inline int64_t aywa_load_i64(const int64_t *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
    static inline void aywa_store_i64(int64_t *p, int64_t v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }
    static inline int64_t aywa_swap_i64(int64_t *p, int64_t v) { return __atomic_exchange_n(p, v, __ATOMIC_ACQ_REL); }
    """
    uint32_t load_u32 "aywa_load_u32"(const uint32_t* p) noexcept
    void store_u32 "aywa_store_u32"(uint32_t* p, uint32_t v) noexcept
    uint32_t swap_u32 "aywa_swap_u32"(uint32_t* p, uint32_t v) noexcept
    uint32_t or_u32 "aywa_or_u32"(uint32_t* p, uint32_t v) noexcept
    uint64_t load_u64 "aywa_load_u64"(const uint64_t* p) noexcept
    void store_u64 "aywa_store_u64"(uint64_t* p, uint64_t v) noexcept
    int64_t load_i64 "aywa_load_i64"(const int64_t* p) noexcept
    void store_i64 "aywa_store_i64"(int64_t* p, int64_t v) noexcept
    int64_t swap_i64 "aywa_swap_i64"(int64_t* p, int64_t v) noexcept
