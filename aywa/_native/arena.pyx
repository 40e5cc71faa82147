"""Blocks of the size of a leg, cut from maps of 2 MiB that the kernel is asked to back by huge pages.

Between two turns of a leg all others went through the processor's table of pages as well. A leg lies on a dozen
pages of 4 KiB, so at some thousand legs every touch would begin with a walk through the page tables.
"""

from libc.stdint cimport uint32_t, uintptr_t
from libc.string cimport memset

cdef extern from * nogil:
    """
    #include <stdint.h>
    #include <sys/mman.h>
    #define AYWA_CHUNK ((size_t)2 << 20)

    /* AYWA_CHUNK bytes on a border of as many, zeroed; NULL without memory. */
    static inline void *aywa_map_chunk(void) {
        char *wide = mmap(NULL, 2 * AYWA_CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *chunk;
        if (wide == MAP_FAILED) return NULL;
        chunk = (char *)(((uintptr_t)wide + AYWA_CHUNK - 1) & ~(uintptr_t)(AYWA_CHUNK - 1));
        if (chunk > wide) munmap(wide, chunk - wide);
        munmap(chunk + AYWA_CHUNK, wide + AYWA_CHUNK - chunk);
    #ifdef MADV_HUGEPAGE
        madvise(chunk, AYWA_CHUNK, MADV_HUGEPAGE);  /* refused: small pages do the same, slower */
    #endif
        return chunk;
    }
    static inline void aywa_unmap_chunk(void *chunk) { munmap(chunk, AYWA_CHUNK); }
    """
    size_t CHUNK "AYWA_CHUNK"
    void* _map_chunk "aywa_map_chunk"()
    void _unmap_chunk "aywa_unmap_chunk"(void* chunk)

cdef enum:
    LINE = 64                   # bytes of a cache line, and of a chunk's head

cdef struct Free:               # at the beginning of a block that nobody has
    Free* next

cdef struct Chunk:
    Chunk* next
    Chunk* before
    Free* free
    size_t block                # bytes of each block
    uint32_t blocks
    uint32_t taken

cdef Chunk* _chunks = NULL      # under the GIL, as everything here


cdef Chunk* _new_chunk(size_t block) noexcept:
    global _chunks
    cdef Chunk* chunk = <Chunk*>_map_chunk()
    cdef Free* free
    cdef uint32_t i
    if chunk == NULL:
        return NULL
    chunk.block = block
    chunk.blocks = <uint32_t>((CHUNK - LINE) // block)
    for i in range(chunk.blocks, 0, -1):
        free = <Free*>(<char*>chunk + LINE + (i - 1) * block)
        free.next = chunk.free
        chunk.free = free
    chunk.next = _chunks
    if _chunks != NULL:
        _chunks.before = chunk
    _chunks = chunk
    return chunk


cdef void* arena_take(size_t size) noexcept:
    cdef size_t block = (size + LINE - 1) // LINE * LINE
    cdef Chunk* chunk = _chunks
    cdef Free* found
    if size == 0 or block > CHUNK - LINE:
        return NULL
    while chunk != NULL and (chunk.block != block or chunk.free == NULL):
        chunk = chunk.next
    if chunk == NULL:
        chunk = _new_chunk(block)
        if chunk == NULL:
            return NULL
    found = chunk.free
    chunk.free = found.next
    chunk.taken += 1
    memset(found, 0, block)
    return found


cdef void arena_give(void* block) noexcept:
    global _chunks
    cdef Chunk* chunk
    if block == NULL:
        return
    chunk = <Chunk*>(<uintptr_t>block & ~<uintptr_t>(CHUNK - 1))
    (<Free*>block).next = chunk.free
    chunk.free = <Free*>block
    chunk.taken -= 1
    if chunk.taken:
        return
    if chunk.next != NULL:
        chunk.next.before = chunk.before
    if chunk.before != NULL:
        chunk.before.next = chunk.next
    else:
        _chunks = chunk.next
    _unmap_chunk(chunk)


cdef class ArenaBlock:
    cdef void* _block
    cdef size_t _size

    def __cinit__(self, size_t size):
        self._block = arena_take(size)
        if self._block == NULL:
            raise MemoryError("an arena has blocks of 1 byte to 2 MiB less a line")
        self._size = size

    def __dealloc__(self):
        arena_give(self._block)

    def free(self):
        arena_give(self._block)
        self._block = NULL

    def fill(self, unsigned char value):
        if self._block == NULL:
            raise ValueError("the block was given back")
        memset(self._block, value, self._size)

    def content(self):
        if self._block == NULL:
            raise ValueError("the block was given back")
        return (<char*>self._block)[:self._size]

    @property
    def address(self):
        return <uintptr_t>self._block


def chunks():
    cdef Chunk* chunk = _chunks
    cdef list found = []
    while chunk != NULL:
        found.append((<uintptr_t>chunk, chunk.block, chunk.blocks, chunk.taken))
        chunk = chunk.next
    return found
