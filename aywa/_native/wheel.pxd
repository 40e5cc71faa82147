"""The wheel, a calendar of turns: the engine thread's loop and everything it owns."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from aywa._native.legstate cimport Leg, Outbox
from aywa._native.room cimport Member, Room
from aywa._native.rooms cimport Rooms
from aywa._native.wire cimport Wire

cdef enum:
    SLOTS = 64                  # of 1 ms: more than the longest period
    PHASES = 20                 # of 1 ms, over which legs are spread
    TICK_NS = 1000000
    COMMANDS = 4096             # a power of two; additions and removals not yet read
    LATENESS_CLASSES = 12       # below 2**i * 10 us, the last: anything later
    DATAGRAM = 1500             # longer ones are counted and dropped

cdef enum:
    COMMAND_ADD = 1
    COMMAND_REMOVE = 2
    COMMAND_CONFIGURE = 3
    COMMAND_ADD_ROOM = 4
    COMMAND_REMOVE_ROOM = 5
    COMMAND_JOIN = 6
    COMMAND_LEAVE = 7

cdef struct Command:
    int kind
    Leg* leg
    Wire* wire                  # CONFIGURE: the engine's from now on
    Room* room                  # ADD_ROOM, REMOVE_ROOM
    Member* member              # JOIN (of `leg`), LEAVE

cdef struct Wheel:
    int epoll_fd
    int event_fd
    uint32_t stop               # Python
    int64_t number              # of the next tick
    bint paced                  # by the clock; False: by a manual driver's steps
    int64_t base_ns             # when tick 0 was due
    int64_t now_ns              # when the present tick began
    int64_t epoch_ns            # Unix time at the engine's time 0: fixed, so that it never steps
    uint32_t legs               # that have their turns
    Leg* slots[64]
    Leg* tails[64]
    Command commands[4096]
    uint64_t commands_written   # Python
    uint64_t commands_read
    Rooms rooms
    Outbox outbox
    uint32_t* removed           # legs the engine let go of; as large as the outbox
    uint64_t removed_written
    uint64_t removed_read       # Python
    Wire* replaced[4096]        # wires the engine let go of; as many as commands can wait
    uint64_t replaced_written
    uint64_t replaced_read      # Python, which frees them
    int64_t notified_ns         # since when an event waits for Python; 0: none waits
    uint64_t lateness[12]
    uint64_t skipped            # ticks that came too late to be worth sending
    uint64_t ticks
    int64_t busy_ns             # in the current window
    int64_t window_ns           # when it began
    uint32_t busy_ppm           # of the last whole window of a second
    uint8_t packet[1500]
    uint8_t datagram[1500]

cdef bint wheel_init(Wheel* w, uint32_t legs) noexcept nogil
cdef void wheel_free(Wheel* w) noexcept nogil
# Hands the leg its next wire and returns the one before. Between two turns only.
cdef Wire* wheel_rewire(Leg* leg, Wire* wire) noexcept nogil
cdef void wheel_start(Wheel* w, int64_t now) noexcept nogil
# What Python has asked for. Part of every tick.
cdef void wheel_obey(Wheel* w) noexcept nogil
# One tick that was due at `due_ns`, run at `now`. Manual drivers pass both.
cdef void wheel_tick(Wheel* w, int64_t due_ns, int64_t now) noexcept nogil
# Ticks on the absolute grid until `stop`.
cdef void wheel_run(Wheel* w) noexcept nogil
# Realtime scheduling for the calling thread: 0 or errno.
