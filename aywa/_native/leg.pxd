"""The Python border of one leg."""

from libc.stdint cimport int16_t, uint32_t, uint64_t

from aywa._native.capture cimport NativeCapture
from aywa._native.legstate cimport Leg
from aywa._native.mixing cimport Mixing
from aywa._native.resample cimport Up2
from aywa._native.room cimport NativeMember
from aywa._native.wire cimport NativeWire

cdef class NativeLeg:
    cdef Leg* leg
    cdef Up2 doubler
    cdef void* vad
    cdef bint attached          # the engine may touch `leg`
    cdef bint leaving           # it has been told to let go
    cdef NativeCapture _capture
    cdef size_t _memory
    cdef bint _left_arena       # what is left of the leg is a block of its own
    cdef NativeMember member    # its newest place in a room
    cdef list _clips            # every one that was played: the engine may be at it still
    cdef list _mailbox          # what Python has been told and has not taken; short, and empty it takes no memory
    cdef object _pcm_ready      # what stands in it for the level flags
    cdef object _low_water
    cdef uint32_t _raised       # the level flags that stand in it
    cdef public object waiter
    cdef dict _last_stats       # figures of a leg whose memory is released
    cdef dict _last_reports
    cdef object __weakref__
    cdef void _free_parts(self) noexcept
    cdef void _free_recorder(self) noexcept
    cdef void raise_flags(self, uint32_t flags)
    cdef void _free_leg(self) noexcept
    cdef int _allocate(self, int shift, bint guarded) except -1
    cdef int _make_recorder(self) except -1
    cdef int _make_reports(self, int fd, bytes cname, uint64_t seed, int nat, uint32_t nat_host) except -1
    cdef Mixing* make_mixing(self) except NULL
    cdef int _replace_wire(self, NativeWire wire) except -1
    cdef int _write(self, const int16_t* pcm, Py_ssize_t samples) noexcept
