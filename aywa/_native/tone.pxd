"""DTMF as tones in the audio (ITU-T Q.23), for peers without telephone-event."""

from libc.stdint cimport int16_t

cdef struct ToneSender:
    int event                   # -1: idle
    int total                   # samples of the press, then of the pause after it
    int pause
    int sent
    int ramp                    # samples of each end
    double swing[2]             # twice the cosine of each tone's step
    double now[2]               # each oscillator's newest sample and the one before
    double before[2]

cdef void tone_sender_init(ToneSender* state) noexcept nogil
# 0, or -1 while a press is being sent or for impossible arguments: event 0..15, `duration` and `pause` in samples of
# `rate` (8000 or 16000), duration > 0; `level` of the high tone in dBm0, -40..-3; the low one is 2 dB below it.
cdef int tone_sender_start(ToneSender* state, int event, int duration, int pause, int rate, int level) noexcept nogil
# Writes n samples: the press, its pause, silence after it. Returns how many were of the press and its pause: 0 idle.
cdef int tone_sender_next(ToneSender* state, int16_t* pcm, int n) noexcept nogil
