"""What is heard on a leg besides its own speech: those it shares a room with, music or noise behind them."""

from libc.stdint cimport int16_t, uint32_t, uint64_t

from aywa._native.atomic cimport load_u64
from aywa._native.background cimport Background
from aywa._native.recorder cimport Recorder
from aywa._native.room cimport Member

cdef struct Mixing:             # made by Python with the first of it
    Member* member              # its place in a room; NULL: in none
    uint32_t apart              # Python: the recording keeps its own speech only
    Recorder* overheard         # Python, once: what both sides say, for listeners; NULL: nobody has listened
    Background background


cdef inline Recorder* mixing_overheard(const Mixing* mixing) noexcept nogil:
    """Where listeners' audio goes; `mixing` may be NULL."""
    return NULL if mixing == NULL else <Recorder*>load_u64(<const uint64_t*>&mixing.overheard)

# A frame of the leg's own speech, n samples, becomes what is sent. `speaking`: there is speech in it.
cdef void mixing_add(Mixing* mixing, int16_t* frame, int n, bint speaking) noexcept nogil
# Something else than audio is sent in the place of n samples.
cdef void mixing_pass(Mixing* mixing, int n) noexcept nogil
# The leg goes; whoever shares a room with it hears silence.
cdef void mixing_leave(Mixing* mixing) noexcept nogil
