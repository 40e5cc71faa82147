"""Rooms on the wheel. The last touch of a room or of a member is its acknowledgement: Python may free it then."""

from libc.stdint cimport int64_t

from aywa._native.atomic cimport load_u32, store_u32
from aywa._native.room cimport ROOM_MEMBERS, room_tick


cdef void rooms_add(Rooms* rooms, Room* room) noexcept nogil:
    room.following = rooms.slots[room.slot]
    rooms.slots[room.slot] = room


cdef void rooms_remove(Rooms* rooms, Room* room) noexcept nogil:
    cdef Room** link = &rooms.slots[room.slot]
    cdef int i
    while link[0] != NULL and link[0] != room:
        link = &link[0].following
    if link[0] != NULL:
        link[0] = room.following
    for i in range(ROOM_MEMBERS):
        if room.members[i] != NULL:
            rooms_leave(room.members[i])
    store_u32(&room.attached, 0)


cdef void rooms_join(Mixing* mixing, Member* member) noexcept nogil:
    member.room.members[member.seat] = member
    member.place = &mixing.member
    mixing.member = member


cdef void rooms_leave(Member* member) noexcept nogil:
    if not load_u32(&member.present):
        return
    member.room.members[member.seat] = NULL
    if member.place != NULL:
        member.place[0] = NULL
    member.place = NULL
    store_u32(&member.present, 0)


cdef void rooms_tick(Rooms* rooms, int64_t number) noexcept nogil:
    cdef Room* room = rooms.slots[number % ROOM_SLOTS]
    while room != NULL:
        room_tick(room)
        room = room.following
