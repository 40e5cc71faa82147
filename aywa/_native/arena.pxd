"""Blocks of the size of a leg, in huge pages. Under the GIL only."""

# Zeroed, on the border of a cache line; NULL without memory and for more than 2 MiB less a line.
cdef void* arena_take(size_t size) noexcept
# A block of it, or NULL. A map without a block in use goes back to the kernel.
cdef void arena_give(void* block) noexcept
