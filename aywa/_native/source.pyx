"""Source address checks of the uplink.

RTP carries no proof of its sender, so whoever guesses a port may speak into a call. The address in the SDP is
therefore the peer and stays it. Behind a NAT that address is a private one from which nothing ever comes; only
then, and only while it is silent, another source can become the peer: once.
"""

from libc.stdint cimport int64_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset


cdef void source_init(SourceLock* lock, int mode, uint32_t host) noexcept nogil:
    memset(lock, 0, sizeof(SourceLock))
    lock.mode = mode
    lock.host = host


cdef uint64_t source_peer(SourceLock* lock, uint64_t told) noexcept nogil:
    if told != lock.told:
        lock.told = told
        lock.peer = told
        lock.settled = False
        lock.run = 0
    return lock.peer


cdef void source_heard(SourceLock* lock) noexcept nogil:
    lock.settled = True


cdef bint source_may_learn(const SourceLock* lock, uint64_t stranger) noexcept nogil:
    # Without a told address there is no agreement yet, and with it nobody to be replaced.
    if lock.mode == SOURCE_STRICT or lock.settled or lock.told == 0:
        return False
    return lock.mode == SOURCE_ANY or <uint32_t>(stranger >> 16) == lock.host


cdef bint source_probe(SourceLock* lock, uint64_t stranger, uint32_t ssrc, uint16_t sequence, int64_t now) noexcept nogil:
    if not source_may_learn(lock, stranger):
        return False
    if (lock.run == 0 or stranger != lock.candidate or ssrc != lock.ssrc or sequence != lock.expected
            or now - lock.began > SOURCE_RUN_SAMPLES):
        # The last one to speak is the candidate: several at once keep each other from it.
        lock.candidate = stranger
        lock.ssrc = ssrc
        lock.began = now
        lock.run = 0
    lock.run += 1
    lock.expected = <uint16_t>(sequence + 1)
    if lock.run < SOURCE_RUN:
        return False
    lock.peer = stranger
    lock.settled = True
    return True


cdef class SourceGuard:
    cdef SourceLock lock

    def __cinit__(self, int mode, uint32_t host=0):
        if not SOURCE_STRICT <= mode <= SOURCE_ANY:
            raise ValueError("the mode is 0 (strict), 1 (one host) or 2 (anybody)")
        source_init(&self.lock, mode, host)

    def peer(self, uint64_t told):
        return source_peer(&self.lock, told)

    def receive(self, uint64_t told, uint64_t sender, uint32_t ssrc, uint16_t sequence, int64_t now):
        if sender == source_peer(&self.lock, told):
            source_heard(&self.lock)
            return True
        return bool(source_probe(&self.lock, sender, ssrc, sequence, now))
