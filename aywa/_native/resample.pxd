"""Half-band resampling by two, for the telephone band: 8 kHz to 16 kHz and back."""

from libc.stdint cimport int16_t

cdef enum:
    HALF_TAPS = 24              # taps of the one phase that is not a plain delay
    HALF_HISTORY = 23           # samples the filter needs of the frames before
    HALF_DELAY = 11             # samples from the middle of the filter to its newest

cdef struct Up2:
    int16_t history[HALF_HISTORY]

cdef struct Down2:
    int16_t odd[HALF_HISTORY]
    int16_t even[HALF_DELAY]

# `src` and `dst` do not overlap; any n >= 0; the state carries over, so the cut into frames cannot be heard.
cdef void up2_init(Up2* state) noexcept nogil
# n samples in, 2n out. Delay: 12 input samples (1.5 ms at 8 kHz).
cdef void up2_process(Up2* state, const int16_t* src, int16_t* dst, int n) noexcept nogil
cdef void down2_init(Down2* state) noexcept nogil
# n OUTPUT samples: 2n in, n out. Delay: 22 input samples (1.375 ms at 16 kHz).
cdef void down2_process(Down2* state, const int16_t* src, int16_t* dst, int n) noexcept nogil
