"""Concealment of lost frames by linear prediction from both sides of the hole, at 8 or 16 kHz."""

from libc.stdint cimport int16_t

cdef enum:
    PLC_HISTORY = 320           # samples kept: 20 ms at 16 kHz; at 8 kHz the last half of them is used
    PLC_ORDER = 160             # coefficients at most: 10 ms, which is the longest pitch period that is met

cdef struct Concealer:
    int rate                        # 8000 or 16000
    int missing                     # samples concealed since the hole began; 0: no hole
    int order                       # coefficients in use
    float peak                      # nothing made up is louder than what was heard
    float[PLC_ORDER] coefficients   # for the oldest sample first
    float[PLC_ORDER] recent         # the prediction so far, before it is faded
    int16_t[PLC_HISTORY] history    # what was given out last, concealed or not; the newest at the end

# For 8 kHz; set `rate` afterwards for 16 kHz.
cdef void plc_init(Concealer* state) noexcept nogil
# A frame that arrived: cross-faded in place with the concealment if a hole is before it, and remembered.
cdef void plc_good(Concealer* state, int16_t* frame, int n) noexcept nogil
# A frame that arrived while there is no hole: remembered.
cdef void plc_remember(Concealer* state, const int16_t* frame, int n) noexcept nogil
# Writes n samples in place of lost ones whose successor is not there yet; silence from 60 ms into the hole.
cdef void plc_conceal(Concealer* state, int16_t* out, int n) noexcept nogil
# The rest of a hole, n samples of any number, when the `later_n` samples after it are known already (20 ms of them
# serve best; none: as plc_conceal). The hole is over then: give the later frame to plc_good, which leaves it alone.
cdef void plc_bridge(Concealer* state, int16_t* out, int n, const int16_t* later, int later_n) noexcept nogil
