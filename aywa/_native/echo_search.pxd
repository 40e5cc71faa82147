"""The search for an echo in what was sent."""

from libc.stdint cimport int16_t, int64_t

from aywa._native.echo cimport Echo

cdef enum:
    ECHO_FIT_TAPS = 16

# What was sent from `position` on; silence where that is not known.
cdef void echo_recall(const Echo* e, int64_t position, int16_t* out, int n) noexcept nogil
# The lag of the ECHO_FIT_TAPS taps `h` that explain the last ECHO_WINDOW samples heard best, -1 none; their share
# of the energy is left in `e.fit`.
cdef int echo_search(Echo* e, float* h) noexcept nogil
