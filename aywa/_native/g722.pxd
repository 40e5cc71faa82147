"""ITU-T G.722 at 64 kbit/s: 16 kHz PCM in two sub-bands of adaptive differential PCM, one byte per two samples."""

from libc.stdint cimport int16_t, int32_t, uint8_t

cdef enum:
    G722_TAPS = 24              # of the quadrature mirror filter that splits and joins the bands
    G722_HISTORY = 22           # samples the filter needs of those before; of a decoder, 11 sums and 11 differences

cdef struct G722Band:
    int32_t estimate            # s: prediction of the next sample
    int32_t zeros               # sz: the part of it that comes from the six zeros
    int32_t scale               # nabla: logarithm of the quantiser's step
    int32_t step                # delta: the quantiser's step
    int32_t[2] poles            # a1, a2
    int32_t[6] taps             # b1..b6
    int32_t[6] differences      # d of the last six samples
    int32_t before              # r of the last sample
    int32_t[2] partial          # p of the last two samples

# One direction; an encoder and a decoder have the same state.
cdef struct G722:
    G722Band low
    G722Band high
    int16_t[G722_HISTORY] history

cdef void g722_init(G722* state) noexcept nogil
# 2n samples in, n bytes out, and the other way round; any n >= 0, the state carries over. No byte is malformed.
cdef void g722_encode(G722* state, const int16_t* pcm, uint8_t* out, int n) noexcept nogil
cdef void g722_decode(G722* state, const uint8_t* payload, int16_t* pcm, int n) noexcept nogil
