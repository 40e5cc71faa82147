"""Concealment of lost G.711 frames at 8 kHz, in the spirit of ITU-T G.711 Appendix I but without its delay."""

from libc.stdint cimport int16_t

cdef enum:
    PLC_HISTORY = 400           # samples kept: three of the longest pitch periods and an overlap
    PLC_PITCH_MIN = 32          # 4 ms: 250 Hz
    PLC_PITCH_MAX = 120         # 15 ms: 66 Hz

cdef struct Concealer:
    int missing                     # samples concealed since the hole began; 0: no hole
    int pitch                       # samples of one period
    int length                      # samples of the cycle being repeated: 1 to 3 periods
    int position                    # in the cycle
    int old_length                  # the cycle before it grew, and the position in it
    int old_position
    int blend                       # samples left of the cross-fade from the old cycle
    int16_t history[PLC_HISTORY]    # what was given out last, concealed or not
    int16_t base[PLC_HISTORY]       # the history when the hole began

cdef void plc_init(Concealer* state) noexcept nogil
# A frame that arrived: cross-faded in place with the concealment if a hole is before it, and remembered.
cdef void plc_good(Concealer* state, int16_t* frame, int n) noexcept nogil
# Writes n samples in place of a lost frame; silence from 60 ms into the hole. Any n >= 0.
cdef void plc_conceal(Concealer* state, int16_t* out, int n) noexcept nogil
