"""What SRTP remembers of each SSRC: indices, and which packets it has taken (RFC 3711 sections 3.3.1 and 3.3.2).

Nothing here is written before a packet is authentic. An SSRC beyond CRYPT_SOURCES is refused and none forgotten:
with a forgotten one would go what it has seen, and its packets could be replayed.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memset

cdef enum:
    HALF = 32768                    # half the range of a sequence


cdef void sent_init(CryptSent* sent) noexcept nogil:
    memset(sent, 0, sizeof(CryptSent))
    memset(sent.last, 0xFF, sizeof(sent.last))
    memset(sent.report, 0xFF, sizeof(sent.report))


cdef void received_init(CryptReceived* received) noexcept nogil:
    memset(received, 0, sizeof(CryptReceived))
    memset(received.last, 0xFF, sizeof(received.last))
    memset(received.report, 0xFF, sizeof(received.report))


cdef int sources_find(CryptSources* sources, uint32_t ssrc) noexcept nogil:
    cdef int i
    if sources.count and sources.ssrc[sources.recent] == ssrc:
        return sources.recent
    for i in range(sources.count):
        if sources.ssrc[i] == ssrc:
            return i
    return sources.count if sources.count < CRYPT_SOURCES else REPLAY_CROWDED


cdef void sources_keep(CryptSources* sources, int slot, uint32_t ssrc) noexcept nogil:
    if slot == sources.count:
        sources.ssrc[slot] = ssrc
        sources.count += 1
    sources.recent = slot


cdef int64_t index_estimate(int64_t last, int sequence) noexcept nogil:
    cdef int64_t rolled = last >> 16
    cdef int newest = last & 0xFFFF
    if last < 0:
        return sequence
    # Nothing comes before roll-over 0, so a stream that begins with a wide gap is read forwards.
    if newest < HALF and sequence - newest > HALF and rolled > 0:
        rolled -= 1
    elif newest >= HALF and newest - HALF > sequence:
        rolled += 1
    return rolled << 16 | sequence


cdef bint window_is_new(const uint64_t* seen, int words, int64_t last, int64_t index) noexcept nogil:
    cdef int64_t back = last - index
    if back < 0:
        return True
    if back >= 64 * words:
        return False
    return not seen[back >> 6] >> (back & 63) & 1


cdef int64_t window_take(uint64_t* seen, int words, int64_t last, int64_t index) noexcept nogil:
    cdef int64_t ahead = index - last
    cdef int skipped, i
    if ahead <= 0:
        seen[-ahead >> 6] |= <uint64_t>1 << (-ahead & 63)
        return last
    skipped = <int>(ahead >> 6) if ahead < 64 * words else words
    for i in range(words - 1, -1, -1):
        seen[i] = _shifted(seen, i - skipped, <int>(ahead & 63))
    seen[0] |= 1
    return index


cdef inline uint64_t _shifted(const uint64_t* seen, int word, int bits) noexcept nogil:
    """A word of the window moved up by less than a word; the words before the first are empty."""
    cdef uint64_t moved = seen[word] << bits if word >= 0 else 0
    if bits and word >= 1:
        moved |= seen[word - 1] >> (64 - bits)
    return moved


def estimated_index(last, sequence):
    if not -1 <= last < 1 << 48 or not 0 <= sequence < 1 << 16:
        raise ValueError("an index has 48 bits, a sequence 16")
    return index_estimate(last, sequence)


cdef class ReplayWindow:
    cdef uint64_t[SEEN_WORDS] _seen
    cdef int64_t _last
    cdef int _words

    def __cinit__(self, int size):
        if size not in (CRYPT_REPORT_WINDOW, CRYPT_WINDOW):
            raise ValueError("a window holds 64 or 128 packets")
        memset(self._seen, 0, sizeof(self._seen))
        self._last = -1
        self._words = size // 64

    def take(self, index):
        if not 0 <= index < 1 << 48:
            raise ValueError("an index has 48 bits")
        if not window_is_new(self._seen, self._words, self._last, index):
            return False
        self._last = window_take(self._seen, self._words, self._last, index)
        return True
