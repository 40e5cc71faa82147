"""Own speech first into the room, then the room and the background into the frame: nobody hears himself twice.

The gate of an interruption concerns a leg's own speech, which is taken before: it never holds up a bridge.
"""

from libc.stdint cimport int16_t
from libc.string cimport memset

from aywa._native.background cimport background_add
from aywa._native.room cimport ROOM_TAKE, member_assistant, member_noise, member_take


cdef void mixing_add(Mixing* mixing, int16_t* frame, int n, bint speaking) noexcept nogil:
    if mixing.member != NULL:
        member_assistant(mixing.member, frame, n)
        if member_take(mixing.member, frame, n):
            speaking = True
    background_add(&mixing.background, frame, n, speaking)


cdef void mixing_pass(Mixing* mixing, int n) noexcept nogil:
    cdef int16_t[ROOM_TAKE] frame
    memset(frame, 0, n * sizeof(int16_t))
    if mixing.member != NULL:
        member_assistant(mixing.member, frame, n)
        member_take(mixing.member, frame, n)


cdef void mixing_leave(Mixing* mixing) noexcept nogil:
    if mixing.member != NULL:
        mixing.member.place = NULL
        member_noise(mixing.member, NULL)
        mixing.member = NULL
