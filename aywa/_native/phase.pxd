"""In which millisecond of a packet's time a leg sends: right after the caller's packets come."""

from aywa._native.legstate cimport Leg

# Samples by which the leg's next turn should come later, whole milliseconds; 0: it is well where it is. Between two
# turns; asks for one only while nothing is being said that a gap would cut.
cdef int phase_lag(Leg* leg, int longest) noexcept nogil
