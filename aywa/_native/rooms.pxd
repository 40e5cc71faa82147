"""The rooms of an engine, each in a slot of the 10 ms; who sits where changes between two ticks."""

from libc.stdint cimport int64_t

from aywa._native.mixing cimport Mixing
from aywa._native.room cimport Member, Room

cdef enum:
    ROOM_SLOTS = 10             # of 1 ms

cdef struct Rooms:
    Room* slots[ROOM_SLOTS]

cdef void rooms_add(Rooms* rooms, Room* room) noexcept nogil
# Its members are let go of as well.
cdef void rooms_remove(Rooms* rooms, Room* room) noexcept nogil
# `mixing`: of the leg. Python has chosen a place that is free.
cdef void rooms_join(Mixing* mixing, Member* member) noexcept nogil
cdef void rooms_leave(Member* member) noexcept nogil
# Mix those that are due in tick `number`.
cdef void rooms_tick(Rooms* rooms, int64_t number) noexcept nogil
