"""The recording ring: stereo frames on the leg's timeline, frame index = timeline sample."""
from libc.stdint cimport int16_t, int64_t, uint64_t


cdef enum:
    # At 8 kHz; twice as many frames at 16 kHz.
    RECORD_FRAMES = 32768      # 4.1 s: more than 3 s of a stalled reader are survived
    RECORD_AHEAD = 4000        # caller audio may be placed up to 500 ms ahead of the timeline
    RECORD_HOLD_BACK = 1600    # and lands up to 200 ms late: what is younger is not readable yet
    RECORD_PACKET = 480        # the longest that is written at once


cdef struct Recorder:          # positions in frames of its own rate
    int shift                  # log2 of frames per timeline sample
    int64_t ready              # frames below may be read (atomic; engine writes)
    int64_t end                # frames below are on the timeline (atomic; engine writes)
    int64_t read               # reader's position
    uint64_t late_samples      # caller audio that came after its frame was readable
    uint64_t lost_frames       # frames overwritten before they were read; the reader got silence
    int16_t* left              # a ring a channel, behind it in the same block
    int16_t* right


# Bytes of a recorder for a leg of this shift, and the recorder in so much memory.
cdef size_t recorder_size(int shift) noexcept nogil
cdef void recorder_init(Recorder* r, int shift) noexcept nogil
# Ask for what the next packet of 20 ms will be written to.
cdef void recorder_fetch(const Recorder* r) noexcept nogil
# `start` and `n` are timeline samples: n << shift samples of PCM.
cdef void recorder_right(Recorder* r, int64_t start, const int16_t* pcm, int n) noexcept nogil
cdef void recorder_left(Recorder* r, int64_t start, const int16_t* pcm, int n) noexcept nogil
cdef void recorder_finish(Recorder* r) noexcept nogil
cdef int recorder_read(Recorder* r, int16_t* out, int frames) noexcept nogil
