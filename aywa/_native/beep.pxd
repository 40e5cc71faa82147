"""Steady tones in the audio at 8 kHz. Positions in 8 kHz samples."""

from libc.stdint cimport int16_t, int64_t

from aywa._native.tonal cimport TONAL_WINDOW, TonalWindow

cdef enum:
    BEEP_HOP = 80               # samples from window to window
    BEEP_NOTHING = 0            # what beep_tracker_hop tells
    BEEP_BEGAN = 1              # a tone is confirmed: state.start, first_hz, last
    BEEP_ENDED = 2              # a confirmed tone is over: state.told*

cdef struct BeepTracker:
    int64_t position            # of the sample after the last
    int64_t start               # of the run that goes on
    int64_t end                 # and its end, as far as it is known
    int64_t told_start          # of the tone that ended last
    int64_t told_end
    TonalWindow last             # newest window of the run
    TonalWindow full             # the newest that is not on the tone's edge
    TonalWindow told             # last window of the tone that ended last
    float first_hz              # where the run began
    float told_first_hz
    float loudest
    float level                 # of the newest window
    int run                     # windows of it, 0 when there is none
    int paired                  # of those, windows of two tones
    int beats                   # windows in a row of a low tone that swells
    float beats_level           # their mean
    int64_t beats_start
    int misses                  # windows since the last of them
    int16_t window[TONAL_WINDOW]

cdef void beep_tracker_init(BeepTracker* state) noexcept nogil
# The next BEEP_HOP samples, which begin at `position`: BEEP_NOTHING, BEEP_BEGAN or BEEP_ENDED.
cdef int beep_tracker_hop(BeepTracker* state, const int16_t* pcm, int64_t position) noexcept nogil
