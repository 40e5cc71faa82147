"""A room: a few legs that hear one another, mixed on a clock of 10 ms."""

from libc.stdint cimport int16_t, int64_t, uint32_t, uint64_t

from aywa._native.comfort_noise cimport ComfortNoise
from aywa._native.jitter cimport Jitter
from aywa._native.resample cimport Down2, Up2

cdef enum:
    ROOM_MEMBERS = 8
    ROOM_STEP = 80              # samples at 8 kHz: 10 ms
    ROOM_STEP_PCM = 160         # of PCM at most: 10 ms at 16 kHz
    ROOM_RING = 2048            # PCM samples: at least 128 ms, twice the longest packet
    ROOM_TAKE = 1024            # PCM samples at most that are taken at once

    NOISE_OFF = 0               # what a member hears of another that sends nothing: silence
    NOISE_ON = 1                # comfort noise
    NOISE_ENDING = 2            # likewise, until what has come is played

cdef struct Channel:            # a ring between two clocks that are the same but for their phase
    uint64_t written
    uint64_t read
    int step                    # samples that were put in last
    int16_t pcm[ROOM_RING]

cdef struct Converter:          # 8 to 16 kHz or back; nothing between equal rates
    Up2 up
    Down2 down

cdef struct Room

cdef struct Member:
    uint32_t present            # the engine; Python frees the member once it is 0 again
    uint32_t voices             # Python: bit i: hears what comes from member i
    uint32_t assistants         # Python: bit i: hears what the assistant says to member i
    uint32_t silenced           # Python: nobody hears it
    uint32_t hearing            # it hears somebody in the present step
    int rate                    # of its leg
    int seat                    # Python: its place in `room`
    Room* room                  # Python
    Member** place              # where its leg refers to it; NULL once the leg is gone
    Converter voice_in
    Converter assistant_in
    Converter out
    Channel assistant           # what was said to it, at its leg's rate
    Channel mixed               # what it is to hear, at its leg's rate
    Jitter jitter               # what comes from it, at its leg's rate
    int staged                  # samples pulled from it and not mixed yet
    int noisy                   # NOISE_*
    ComfortNoise noise          # behind what comes from it while nothing does
    int16_t[2 * ROOM_STEP_PCM] stage

cdef struct Room:
    Room* following             # of those that are mixed in the same slot
    uint32_t attached           # the engine
    int rate
    int slot
    Member* members[ROOM_MEMBERS]

cdef void member_init(Member* member, int rate) noexcept nogil
# One packet's audio of a member, or what conceals it, at its leg's rate; times are 8 kHz samples.
cdef void member_voice(Member* member, int64_t position, const int16_t* pcm, int n, int64_t arrival) noexcept nogil
# Nothing but this noise comes from it for now, NULL: nothing at all; its next audio ends that.
cdef void member_noise(Member* member, const ComfortNoise* noise) noexcept nogil
# Its audio comes from another source from now on.
cdef void member_restart(Member* member) noexcept nogil
# What was sent to a member of its own leg's speech, silence included, at its leg's rate.
cdef void member_assistant(Member* member, const int16_t* pcm, int n) noexcept nogil
# Add what a member is to hear to a frame that is about to be sent to it. True if it hears anybody.
cdef bint member_take(Member* member, int16_t* pcm, int n) noexcept nogil
# Every 10 ms.
cdef void room_tick(Room* room) noexcept nogil


cdef class NativeMember:
    cdef Member* member
    cdef bint leaving           # the engine has been told to let go
    cdef void release(self)

cdef class NativeRoom:
    cdef Room* room
    cdef bint leaving
    cdef list seats             # the members the engine may still mix
    cdef int vacancy(self) except -1
    cdef void close(self)
    cdef void release(self)
    cdef Member* _member(self, int index) except NULL
