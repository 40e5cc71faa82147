"""The known echo path."""

from libc.stdint cimport int16_t, int64_t

from aywa._native.echo cimport Echo

cdef enum:
    ECHO_BLOCK = 160            # the longest block
    ECHO_YOUNG = 50             # echo frames (1 s) until the shape of the path is trusted

# The taps `h` (ECHO_FIT_TAPS of them) from `lag` on become the path.
cdef void echo_lock(Echo* e, int lag, const float* h) noexcept nogil
# Whether the lag is that of the known path: another fit there may only be the caller's doing.
cdef bint echo_is_near_lag(const Echo* e, int lag) noexcept nogil
# The echo of n <= ECHO_BLOCK samples, and the mean square of what was sent for it.
cdef void echo_predict(const Echo* e, int64_t position, float* expected, float* sent_energy, int n) noexcept nogil
# What is left of `pcm`; returns its mean square.
cdef float echo_take_out(const int16_t* pcm, const float* expected, int16_t* residual, int n) noexcept nogil
# What would be left if the echo came quieter than expected, by whatever factor fits best. level, back > 0: the mean
# squares of `pcm` and `expected`.
cdef float echo_bent(const int16_t* pcm, const float* expected, float level, float back, int n) noexcept nogil
# Mean squares up to which what is left is still echo: of so much echo, and of this frame with all that is known
# (once a frame: it remembers how the echo fades).
cdef float echo_usual(const Echo* e, float back) noexcept nogil
cdef float echo_bound(Echo* e, float sent, float back) noexcept nogil
# A frame that was an echo: its leak, its return loss, one step of the filter.
cdef void echo_learn(Echo* e, float left, float back) noexcept nogil
cdef void echo_measure(Echo* e, float sent, float back) noexcept nogil
cdef void echo_adapt(Echo* e, int64_t position, const int16_t* residual, float unexplained, int n) noexcept nogil
