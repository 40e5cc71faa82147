"""Adaptive playout buffer: what arrives by jerks is given out by the clock."""

from libc.stdint cimport int16_t, int64_t

from aywa._native.plc cimport Concealer

cdef enum:
    JITTER_RING = 8192          # samples: 512 ms at 16 kHz; at 8 kHz half of them are used
    JITTER_BINS = 64            # of 5 ms
    JITTER_MAX_PULL = 960       # samples: 60 ms at 16 kHz

cdef struct Jitter:
    int rate                        # 8000 or 16000
    int started                     # 0: nothing was ever pushed
    int waiting                     # nothing is played until enough is there
    int waited                      # samples given out since, while something was there
    int jumped                      # what comes next does not follow what was played
    int packets                     # in the present window of least lateness
    int64_t next                    # source position (PCM samples) of what is played next
    int64_t end                     # after the newest sample that came
    int64_t least                   # lateness (8 kHz samples) in this window and the one before
    int64_t least_before
    float delay                     # PCM samples from the arrival of an undelayed packet to its playout, smoothed
    int jitter                      # PCM samples that 97 % of the packets are late by at most
    int packet                      # samples of the newest packet
    int64_t late                    # samples dropped because they were there already or played
    int64_t skipped                 # samples dropped because the buffer was full
    int64_t concealed               # samples made up
    int64_t shortened               # samples that time-scaling took away
    int64_t lengthened              # samples that time-scaling added
    float[JITTER_BINS] histogram    # of the lateness beyond the least, old packets weighing less
    Concealer concealer
    int16_t[JITTER_RING] ring

# rate: 8000 or 16000 PCM samples a second.
cdef void jitter_init(Jitter* state, int rate) noexcept nogil
# n PCM samples of one packet, put in order before; position of the first of them on the source's timeline and arrival
# on ours, both in 8 kHz samples.
cdef void jitter_push(Jitter* state, int64_t position, const int16_t* pcm, int n, int64_t arrival) noexcept nogil
# Writes n PCM samples (10 to 60 ms); how many of them came from the source: the rest is concealed or silent.
cdef int jitter_pull(Jitter* state, int16_t* pcm, int n) noexcept nogil
