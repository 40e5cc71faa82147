"""The recording ring: what the caller said and what was really sent, sample-aligned, without holes.

One writer (the engine thread), one reader. The left channel may be written out of order within
[end - RECORD_HOLD_BACK, end + RECORD_AHEAD); the right channel grows at `end`.
"""
from libc.string cimport memset

from aywa._native.atomic cimport load_i64, store_i64


cdef size_t recorder_size(int shift) noexcept nogil:
    return sizeof(Recorder) + ((<size_t>RECORD_FRAMES * 2 * sizeof(int16_t)) << shift)


cdef void recorder_init(Recorder* r, int shift) noexcept nogil:
    """An empty recording; also touches every page, so that the engine never faults one in."""
    memset(r, 0, recorder_size(shift))
    r.shift = shift
    r.frames = <int16_t*>(r + 1)


cdef void recorder_right(Recorder* r, int64_t start, const int16_t* pcm, int n) noexcept nogil:
    """Write what was sent at the timeline's end and clear the caller's side of the frames it brings near."""
    cdef int i
    cdef int64_t mask = (RECORD_FRAMES << r.shift) - 1, ahead
    start <<= r.shift
    n <<= r.shift
    ahead = start + (RECORD_AHEAD << r.shift)
    for i in range(n):
        r.frames[2 * ((start + i) & mask) + 1] = pcm[i]
        r.frames[2 * ((ahead + i) & mask)] = 0
    store_i64(&r.end, start + n)
    if start + n > RECORD_HOLD_BACK << r.shift:
        store_i64(&r.ready, start + n - (RECORD_HOLD_BACK << r.shift))


cdef void recorder_left(Recorder* r, int64_t start, const int16_t* pcm, int n) noexcept nogil:
    """Place caller audio; what falls before the readable frames or too far ahead is counted and dropped."""
    cdef int64_t low = r.ready, high = r.end + (RECORD_AHEAD << r.shift)
    cdef int64_t mask = (RECORD_FRAMES << r.shift) - 1
    cdef int i
    start <<= r.shift
    n <<= r.shift
    if start < low or start + n > high:
        r.late_samples += n if start + n <= low or start >= high else (low - start if start < low else start
        + n - high)
    for i in range(n):
        if low <= start + i < high:
            r.frames[2 * ((start + i) & mask)] = pcm[i]


cdef void recorder_finish(Recorder* r) noexcept nogil:
    """The leg is over: the held-back tail becomes readable."""
    store_i64(&r.ready, r.end)


cdef int recorder_read(Recorder* r, int16_t* out, int frames) noexcept nogil:
    """Up to `frames` stereo frames in order; frames the writer has overtaken come out silent and counted."""
    cdef int64_t available = load_i64(&r.ready) - r.read, start = r.read, oldest
    cdef int64_t mask = (RECORD_FRAMES << r.shift) - 1
    cdef int n = <int>available if available < frames else frames
    cdef int i, lost
    if n <= 0:
        return 0
    for i in range(n):
        out[2 * i] = r.frames[2 * ((start + i) & mask)]
        out[2 * i + 1] = r.frames[2 * ((start + i) & mask) + 1]
    # One packet of margin: the writer may be inside the next one.
    oldest = load_i64(&r.end) + ((RECORD_AHEAD + RECORD_PACKET - RECORD_FRAMES) << r.shift)
    if oldest > start:
        lost = <int>(oldest - start) if oldest - start < n else n
        memset(out, 0, <size_t>lost * 4)
        r.lost_frames += lost
    r.read = start + n
    return n
