"""Whose packets a leg takes: the address of the SDP, or once, where the trunk says NAT, a proven other one."""

from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t

cdef enum:
    SOURCE_STRICT = 0           # the address of the SDP and no other
    SOURCE_HOST = 1             # another port or host may be learned, but only at the host given
    SOURCE_ANY = 2              # anybody may be learned
    SOURCE_RUN = 5              # consecutive packets that prove a source
    SOURCE_RUN_SAMPLES = 4000   # 500 ms at 8 kHz: they come within

cdef struct SourceLock:
    uint64_t told               # address << 16 | port of the SDP that the rest is about
    uint64_t peer               # whom to send to and take from
    uint64_t candidate
    int64_t began               # sample at which the candidate's run began
    uint32_t host               # SOURCE_HOST
    uint32_t ssrc               # the candidate's
    uint16_t expected           # the candidate's next sequence number
    int run
    int mode
    bint settled                # the peer was heard, or a switch was made: nothing more is learned

cdef void source_init(SourceLock* lock, int mode, uint32_t host) noexcept nogil
# Whom to send to and take from while the SDP says `told`; a new address in the SDP begins anew.
cdef uint64_t source_peer(SourceLock* lock, uint64_t told) noexcept nogil
# A packet of the peer was taken: the address is right, nothing is learned any more.
cdef void source_heard(SourceLock* lock) noexcept nogil
# May this stranger become the peer? Only then is its packet looked into.
cdef bint source_may_learn(const SourceLock* lock, uint64_t stranger) noexcept nogil
# A stranger's packet, well-formed, of an agreed payload type and, under SRTP, authentic. True: it is the peer now.
cdef bint source_probe(SourceLock* lock, uint64_t stranger, uint32_t ssrc, uint16_t sequence, int64_t now) noexcept nogil
