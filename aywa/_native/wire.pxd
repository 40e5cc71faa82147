"""What the packets of a leg look like, both ways: codecs, key presses, packet length, keys.

Made by Python, taken over by the engine at the beginning of a tick, given back when the next one takes its place.
"""

from libc.stdint cimport uint8_t, uint16_t, uint64_t

from aywa._native.codec cimport Codec
from aywa._native.srtp cimport Crypt

cdef enum:
    WIRE_CODECS = 8            # payload types that are decoded
    WIRE_EVENTS = 4
    WIRE_NOISES = 2
    WIRE_NO_TYPE = 255         # no packet has it: payload types have seven bits
    WIRE_UNITS = 48000         # a second: every RTP clock that is served divides it
    WIRE_PAYLOAD = 1280        # bytes of the longest packet, sent or received
    WIRE_PAYLOAD_8 = 480       # and of a leg whose codecs have 8 bytes a millisecond: 60 ms

    # wire_kind
    KIND_AUDIO = 0
    KIND_EVENT = 1
    KIND_NOISE = 2
    KIND_UNKNOWN = 3

cdef struct Wire:
    # One cache line is what every packet needs; entries that are not used hold WIRE_NO_TYPE.
    Codec* sender
    Codec* codecs
    Crypt* crypt               # NULL: in the clear
    uint8_t* payloads          # where the reorder buffer keeps what waits
    uint16_t payload_size      # bytes of each
    uint16_t period            # samples (8 kHz) of a sent packet
    uint8_t ticks              # its milliseconds
    uint8_t keeps_ours         # the key stays: that side of `crypt` comes from the wire before
    uint8_t events_type        # of key presses sent
    uint8_t events_khz
    uint8_t types[WIRE_CODECS]
    uint8_t event_types[WIRE_EVENTS]
    uint8_t event_khz[WIRE_EVENTS]
    uint8_t noise_types[WIRE_NOISES]
    uint8_t rate_shift         # of the leg it was made for
    uint8_t keeps_theirs
    uint8_t rtcp_mux           # reports go out on the RTP port (RFC 5761)
    uint8_t spare[3]
    uint64_t rtcp_peer         # address << 16 | port of the peer's reports; 0: none are sent
    # What follows is for the change to the next wire.
    uint64_t identities[WIRE_CODECS + 1]  # equal ones name codecs that can go on with each other's state
    size_t bytes               # all of it

cdef inline int wire_kind(const Wire* wire, uint8_t payload_type, int* index) noexcept nogil:
    """What a packet of this type is, and which of its kind."""
    cdef int i
    for i in range(WIRE_CODECS):
        if wire.types[i] == payload_type:
            index[0] = i
            return KIND_AUDIO
    for i in range(WIRE_EVENTS):
        if wire.event_types[i] == payload_type:
            index[0] = i
            return KIND_EVENT
    index[0] = 0
    for i in range(WIRE_NOISES):
        if wire.noise_types[i] == payload_type:
            return KIND_NOISE
    return KIND_UNKNOWN

# `to` goes on where `from_` is: codecs that both have keep their state, and so do the keys that stay. Returns the
# place in `to` of the received codec that has place `index` in `from_`; -1: it has none.
cdef int wire_inherit(Wire* to, Wire* from_, int index) noexcept nogil
# Codecs, keys, memory. Not in the engine's loop.
cdef void wire_free(Wire* wire) noexcept nogil

cdef class NativeWire:
    cdef Wire* _wire
    cdef Wire* _allocate(self, int codecs, int payload_size) except NULL
    cdef int _open_crypt(self, suite, bytes local, bytes remote) except -1
    cdef Wire* release(self) except NULL
