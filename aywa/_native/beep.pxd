"""Steady tones in the audio at 8 kHz. Positions in 8 kHz samples."""

from libc.stdint cimport int16_t, int64_t

cdef enum:
    BEEP_WINDOW = 320           # samples that are looked at together
    BEEP_HOP = 80               # from window to window
    BEEP_BINS = 81              # 250 to 2250 Hz, every 25 Hz
    BEEP_NOTHING = 0            # what beep_tracker_hop tells
    BEEP_BEGAN = 1              # a tone is confirmed: state.start, first_hz, last
    BEEP_ENDED = 2              # a confirmed tone is over: state.told*

cdef struct BeepWindow:
    float hz                    # of the one tone, or of the stronger of two; 0: no peak
    float hz2                   # of the weaker of two, else 0
    float share                 # of the energy that is in them
    float level                 # mean square of the window under its weights: a sine's amplitude squared * 3/16

cdef struct BeepTracker:
    int64_t position            # of the sample after the last
    int64_t start               # of the run that goes on
    int64_t end                 # and its end, as far as it is known
    int64_t told_start          # of the tone that ended last
    int64_t told_end
    BeepWindow last             # newest window of the run
    BeepWindow told             # last window of the tone that ended last
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
    int16_t window[BEEP_WINDOW]

# What one or two sines there are in 320 samples.
cdef void beep_measure(const int16_t* pcm, BeepWindow* found) noexcept nogil
cdef void beep_tracker_init(BeepTracker* state) noexcept nogil
# The next BEEP_HOP samples, which begin at `position`: BEEP_NOTHING, BEEP_BEGAN or BEEP_ENDED.
cdef int beep_tracker_hop(BeepTracker* state, const int16_t* pcm, int64_t position) noexcept nogil
