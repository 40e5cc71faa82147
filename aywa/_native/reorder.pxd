"""The reorder buffer of the uplink: in order, at once, no playout delay (RFC 3550 appendix A.1's rules)."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    REORDER_SLOTS = 5           # waiting packets; a caller that pops after each push never has more than 4
    REORDER_LATER = 3           # a hole is conceded when this many later packets wait
    REORDER_NEAR = 64           # a gap of up to this many is a gap; more is a jump that must be confirmed
    REORDER_MISORDER = 100      # MAX_MISORDER of appendix A.1
    REORDER_DROPOUT = 3000      # MAX_DROPOUT of appendix A.1

    # reorder_push
    REORDER_ACCEPTED = 0
    REORDER_RESET = 1           # accepted; the source restarted (new SSRC or sequence): reset what follows
    REORDER_LATE = -1           # its hole was conceded before
    REORDER_DUPLICATE = -2
    REORDER_SUSPECT = -3        # other SSRC or a jump: kept aside until its successor confirms it
    REORDER_OVERSIZE = -4
    REORDER_FULL = -5           # pop first

    # reorder_pop
    REORDER_EMPTY = 0           # nothing to give yet
    REORDER_PACKET = 1
    REORDER_HOLE = 2            # `missing` packets were conceded; the packet after them comes next

cdef struct ReorderPacket:
    uint32_t timestamp
    uint32_t ssrc
    uint16_t sequence
    uint16_t missing            # HOLE: packets conceded, 1..3000; sequence and timestamp are the next packet's
    uint8_t payload_type
    bint marker
    bint used
    int length
    uint8_t* payload            # valid until the next reorder_push

cdef struct Reorder:            # what every packet needs comes first, in one cache line
    uint64_t seen               # bit i: packet expected - 1 - i was given out
    uint32_t ssrc
    uint16_t expected           # sequence number that is to be given next
    uint8_t started
    int pending                 # packets waiting; > 0 after popping to EMPTY means: behind a hole
    int release                 # packets that go out even if a hole precedes them
    ReorderPacket suspect       # its payload lives behind the slots'
    uint8_t* payloads           # REORDER_SLOTS + 1 of `payload_size` bytes, the owner's
    int payload_size
    ReorderPacket slots[REORDER_SLOTS]

cdef void reorder_init(Reorder* state, uint8_t* payloads, int payload_size) noexcept nogil
# Other memory for the payloads, with what waits; a packet that is too long for it is lost.
cdef void reorder_move(Reorder* state, uint8_t* payloads, int payload_size) noexcept nogil
# Takes what rtp_parse filled and the payload it points to.
cdef int reorder_push(Reorder* state, const ReorderPacket* packet) noexcept nogil
# True when the packet is the one expected and none waits: it is given out without being kept, as if pushed and popped.
cdef bint reorder_pass(Reorder* state, uint32_t ssrc, uint16_t sequence) noexcept nogil
# Fills `packet` for PACKET and HOLE.
cdef int reorder_pop(Reorder* state, ReorderPacket* packet) noexcept nogil
# Time has passed: the hole before the earliest waiting packet is conceded by the next pop.
cdef void reorder_concede(Reorder* state) noexcept nogil
