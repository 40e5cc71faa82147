"""The Python border of one leg."""

from aywa._native.legstate cimport Leg
from aywa._native.resample cimport Up2

cdef class NativeLeg:
    cdef Leg* leg
    cdef Up2 doubler
    cdef void* vad
    cdef bint attached          # the engine may touch `leg`
