"""What a leg needs of audio beside its codecs: echo guard, tones both ways, comfort noise. Made when it is wanted."""

from libc.stdint cimport int16_t, int64_t, uint8_t, uint64_t

from aywa._native.comfort_noise cimport ComfortNoise
from aywa._native.echo cimport Echo
from aywa._native.goertzel cimport ToneDetector
from aywa._native.resample cimport Down2
from aywa._native.tone cimport ToneSender

cdef struct Hearing:
    Echo* echo                  # NULL: the guard is off
    int64_t noise_end           # timeline sample after the last one of noise
    int64_t tones_end           # timeline sample after our own tones and their echo
    int own_events              # the presses that they were, a bit each
    float gate                  # of the last wideband sample
    ToneDetector tones
    ToneSender sender
    Down2 sent_band             # from the leg's rate to the 8 kHz of the guard
    ComfortNoise noise

# Bytes of it.
cdef size_t hearing_size(bint guarded) noexcept nogil
# In so much zeroed memory. `seed`: of the noise.
cdef void hearing_init(Hearing* h, bint guarded, uint64_t seed) noexcept nogil
# What was sent, n timeline samples of the leg's PCM (n << shift), at its position; `ulaw`: the same in mu-law, or NULL.
cdef void hearing_sent(Hearing* h, int64_t position, const int16_t* pcm, const uint8_t* ulaw, int n,
                       int shift) noexcept nogil
# True while an echo may come: then what was heard is worth keeping as it was.
cdef bint hearing_awaits_echo(const Hearing* h, int64_t position) noexcept nogil
# Takes our own speech out of `band` (8 kHz) in place, and lowers it in `pcm`, which on wideband legs is another.
cdef void hearing_guard(Hearing* h, int64_t position, int16_t* band, int16_t* pcm, int n, int shift) noexcept nogil
