"""What SRTP remembers of each SSRC: indices, and which packets it has taken (RFC 3711 sections 3.3.1 and 3.3.2)."""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

cdef enum:
    CRYPT_SOURCES = 32              # SSRCs taken, or sent, under one key
    CRYPT_WINDOW = 128              # packets a late one may lie back before it counts as replayed
    CRYPT_REPORT_WINDOW = 64        # the same of RTCP
    SEEN_WORDS = 2                  # of 64 packets
    REPORTED_WORDS = 1
    REPLAY_CROWDED = -1

cdef struct CryptSources:
    uint32_t ssrc[CRYPT_SOURCES]
    int count
    int recent                      # where the last packet's SSRC stood

cdef struct CryptSent:
    CryptSources sources
    int64_t last[CRYPT_SOURCES]     # highest index sent, -1 before the first packet
    int32_t report[CRYPT_SOURCES]   # the same of SRTCP

cdef struct CryptReceived:
    CryptSources sources
    int64_t last[CRYPT_SOURCES]     # highest index taken, -1 before the first packet
    int32_t report[CRYPT_SOURCES]
    uint64_t seen[CRYPT_SOURCES][SEEN_WORDS]          # bit n: the packet n before the highest was taken
    uint64_t reported[CRYPT_SOURCES][REPORTED_WORDS]

cdef void sent_init(CryptSent* sent) noexcept nogil
cdef void received_init(CryptReceived* received) noexcept nogil
# The slot of an SSRC: below `count` if it is known; `count` if it is new and there is room, where nothing is written
# before sources_keep; else REPLAY_CROWDED.
cdef int sources_find(CryptSources* sources, uint32_t ssrc) noexcept nogil
cdef void sources_keep(CryptSources* sources, int slot, uint32_t ssrc) noexcept nogil
# The index (roll-over counter, then sequence) that a sequence stands for next to the highest so far.
cdef int64_t index_estimate(int64_t last, int sequence) noexcept nogil
# Whether an index is new to a window of `words` times 64 packets; and the highest index once it is taken in.
cdef bint window_is_new(const uint64_t* seen, int words, int64_t last, int64_t index) noexcept nogil
cdef int64_t window_take(uint64_t* seen, int words, int64_t last, int64_t index) noexcept nogil
