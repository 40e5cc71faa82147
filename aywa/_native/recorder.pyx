"""The recording ring: what the caller said and what was really sent, sample-aligned, without holes.

One writer (the engine thread), one reader. The left channel may be written out of order within
[end - RECORD_HOLD_BACK, end + RECORD_AHEAD); the right channel grows at `end`.
"""
from libc.string cimport memcpy, memset

from aywa._native.atomic cimport load_i64, store_i64
from aywa._native.linux cimport prefetch_span

cdef enum:
    FETCHED = 320               # bytes: a packet at 8 kHz


cdef size_t recorder_size(int shift) noexcept nogil:
    return sizeof(Recorder) + ((<size_t>RECORD_FRAMES * 2 * sizeof(int16_t)) << shift)


cdef void recorder_init(Recorder* r, int shift) noexcept nogil:
    """An empty recording; also touches every page, so that the engine never faults one in."""
    memset(r, 0, recorder_size(shift))
    r.shift = shift
    r.left = <int16_t*>(r + 1)
    r.right = r.left + (RECORD_FRAMES << shift)


cdef void recorder_fetch(const Recorder* r) noexcept nogil:
    cdef int64_t mask = (RECORD_FRAMES << r.shift) - 1
    prefetch_span(&r.right[r.end & mask], FETCHED)
    prefetch_span(&r.left[(r.end + (RECORD_AHEAD << r.shift)) & mask], FETCHED)


cdef void _put(const Recorder* r, int16_t* channel, int64_t at, const int16_t* pcm, int n) noexcept nogil:
    """`n` samples into the ring of a channel, at most RECORD_PACKET timeline samples; no pcm: silence."""
    cdef int size = RECORD_FRAMES << r.shift, place = <int>(at & (size - 1))
    cdef int first = size - place if size - place < n else n
    if pcm == NULL:
        memset(channel + place, 0, first * sizeof(int16_t))
        memset(channel, 0, (n - first) * sizeof(int16_t))
        return
    memcpy(channel + place, pcm, first * sizeof(int16_t))
    memcpy(channel, pcm + first, (n - first) * sizeof(int16_t))


cdef void recorder_right(Recorder* r, int64_t start, const int16_t* pcm, int n) noexcept nogil:
    """Write what was sent at the timeline's end and clear the caller's side of the frames it brings near."""
    start <<= r.shift
    n <<= r.shift
    _put(r, r.right, start, pcm, n)
    _put(r, r.left, start + (RECORD_AHEAD << r.shift), NULL, n)
    store_i64(&r.end, start + n)
    if start + n > RECORD_HOLD_BACK << r.shift:
        store_i64(&r.ready, start + n - (RECORD_HOLD_BACK << r.shift))


cdef void recorder_left(Recorder* r, int64_t start, const int16_t* pcm, int n) noexcept nogil:
    """Place caller audio; what falls before the readable frames or too far ahead is counted and dropped."""
    cdef int64_t low = r.ready, high = r.end + (RECORD_AHEAD << r.shift), first, last
    start <<= r.shift
    n <<= r.shift
    if start < low or start + n > high:
        r.late_samples += n if start + n <= low or start >= high else (low - start if start < low else start
        + n - high)
    first = low if start < low else start
    last = high if start + n > high else start + n
    if first < last:
        _put(r, r.left, first, pcm + (first - start), <int>(last - first))


cdef void recorder_finish(Recorder* r) noexcept nogil:
    """The leg is over: the held-back tail becomes readable."""
    store_i64(&r.ready, r.end)


cdef void _interleave(const int16_t* left, const int16_t* right, int16_t* out, int n) noexcept nogil:
    cdef int i
    for i in range(n):
        out[2 * i] = left[i]
        out[2 * i + 1] = right[i]


cdef int recorder_read(Recorder* r, int16_t* out, int frames) noexcept nogil:
    """Up to `frames` stereo frames in order; frames the writer has overtaken come out silent and counted."""
    cdef int64_t available = load_i64(&r.ready) - r.read, start = r.read, oldest
    cdef int n = <int>available if available < frames else frames
    cdef int lost, size = RECORD_FRAMES << r.shift, place = <int>(start & (size - 1)), first
    if n <= 0:
        return 0
    first = size - place if size - place < n else n
    _interleave(r.left + place, r.right + place, out, first)
    _interleave(r.left, r.right, out + 2 * first, n - first)
    # One packet of margin: the writer may be inside the next one.
    oldest = load_i64(&r.end) + ((RECORD_AHEAD + RECORD_PACKET - RECORD_FRAMES) << r.shift)
    if oldest > start:
        lost = <int>(oldest - start) if oldest - start < n else n
        memset(out, 0, <size_t>lost * 4)
        r.lost_frames += lost
    r.read = start + n
    return n
