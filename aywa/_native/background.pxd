"""What a leg hears behind everything else: music on hold, or noise that says the line is alive."""

from libc.stdint cimport int16_t, uint64_t

cdef struct Clip:
    const int16_t* pcm          # at the leg's rate, played in a loop
    int length                  # samples, at least 1

cdef struct Background:
    uint64_t clip               # Python: the Clip to play, as a number; 0: none
    Clip* playing               # the engine: still heard while it fades out
    int at
    int gain                    # Q15, of the last sample

# Add n samples to a frame. `quiet`: something else is heard, so it steps back.
cdef void background_add(Background* state, int16_t* pcm, int n, bint quiet) noexcept nogil


cdef class NativeClip:
    cdef Clip clip
    cdef bytes _pcm
