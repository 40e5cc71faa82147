"""DTMF heard in the audio at 8 kHz, with ITU-T Q.24's limits. Positions in 8 kHz samples."""

from libc.stdint cimport int16_t, int64_t

cdef enum:
    TONE_BLOCK = 80             # samples that are correlated at once
    TONE_BINS = 16              # real and imaginary part of eight frequencies
    TONE_HOLD = 800             # samples a press is kept back: its RFC 4733 event may follow

cdef struct ToneDetector:
    int64_t position            # of the sample after the last
    int64_t start               # of the press that is going on, roughly: where its first block ends
    int64_t full_end            # after its last whole block
    int64_t held_start
    int64_t held_duration
    int64_t told_start          # of the press that was returned last, and its samples
    int64_t told_duration
    int64_t due                 # position from which the held press is told
    float energy[2]             # of the block before and the newest
    float head[3]               # amplitude of the first blocks of a press
    float level                 # its whole blocks' amplitude
    float tail                  # share of the first block that was not whole
    float gap                   # samples without it since the last whole block
    int misses                  # blocks since then
    int hits                    # pairs of blocks that were this press
    int event                   # going on, else -1
    int held                    # over but not told, else -1
    int ready                   # held no longer, because the next was over, else -1
    int pending                 # samples waiting for a whole block
    bint off                    # events were seen: nothing is looked for
    bint silent                 # the blocks kept hold nothing
    float bins[3][TONE_BINS]    # newest last
    int16_t block[TONE_BLOCK]

cdef void tone_detector_init(ToneDetector* state) noexcept nogil
# The next n samples, which begin at `position` (a jump ends a press). -1, or the event code (0..15) of a press that is
# over, with told_start and told_duration; at most one in 65 ms, so n may be up to 480.
cdef int tone_detector_frame(ToneDetector* state, const int16_t* pcm, int n, int64_t position) noexcept nogil
# No audio came up to `position`: ends a press and tells one that is held back.
cdef int tone_detector_idle(ToneDetector* state, int64_t position) noexcept nogil
# A press came as an RFC 4733 event (DigitReceiver.seen): tones are the same presses again. Drops the one going on or
# held back and looks for none any more, until tone_detector_init.
cdef void tone_detector_events_seen(ToneDetector* state) noexcept nogil
