"""What one or two steady tones there are in 40 ms of audio at 8 kHz."""

from libc.stdint cimport int16_t

cdef enum:
    TONAL_WINDOW = 320          # samples that are looked at together
    TONAL_BINS = 81             # 250 to 2250 Hz, every 25 Hz

cdef struct TonalWindow:
    float hz                    # of the one tone, or of the stronger of two; 0: no peak
    float hz2                   # of the weaker of two, else 0
    float share                 # of the energy that is in them
    float level                 # mean square of the window under its weights: a sine's amplitude squared * 3/16

cdef void tonal_measure(const int16_t* pcm, TonalWindow* found) noexcept nogil
