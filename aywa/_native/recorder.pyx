"""The recording ring: what the caller said and what was really sent, sample-aligned, without holes.

One writer (the engine thread), one reader. The left channel may be written out of order within
[end - RECORD_HOLD_BACK, end + RECORD_AHEAD); the right channel grows at `end`.
"""
from libc.string cimport memset

from aywa._native.atomic cimport load_i64, store_i64


cdef void recorder_init(Recorder* r) noexcept nogil:
    """An empty recording; also touches every page, so that the engine never faults one in."""
    memset(r, 0, sizeof(Recorder))


cdef void recorder_right(Recorder* r, int64_t start, const int16_t* pcm, int n) noexcept nogil:
    """Write what was sent at the timeline's end and clear the caller's side of the frames it brings near."""
    cdef int i
    cdef int64_t ahead = start + RECORD_AHEAD
    for i in range(n):
        r.frames[2 * ((start + i) & (RECORD_FRAMES - 1)) + 1] = pcm[i]
        r.frames[2 * ((ahead + i) & (RECORD_FRAMES - 1))] = 0
    store_i64(&r.end, start + n)
    if start + n > RECORD_HOLD_BACK:
        store_i64(&r.ready, start + n - RECORD_HOLD_BACK)


cdef void recorder_left(Recorder* r, int64_t start, const int16_t* pcm, int n) noexcept nogil:
    """Place caller audio; what falls before the readable frames or too far ahead is counted and dropped."""
    cdef int64_t low = r.ready, high = r.end + RECORD_AHEAD
    cdef int i
    if start < low or start + n > high:
        r.late_samples += n if start + n <= low or start >= high else (low - start if start < low else start
        + n - high)
    for i in range(n):
        if low <= start + i < high:
            r.frames[2 * ((start + i) & (RECORD_FRAMES - 1))] = pcm[i]


cdef void recorder_finish(Recorder* r) noexcept nogil:
    """The leg is over: the held-back tail becomes readable."""
    store_i64(&r.ready, r.end)


cdef int recorder_read(Recorder* r, int16_t* out, int frames) noexcept nogil:
    """Up to `frames` stereo frames in order; frames the writer has overtaken come out silent and counted."""
    cdef int64_t available = load_i64(&r.ready) - r.read, start = r.read, oldest
    cdef int n = <int>available if available < frames else frames
    cdef int i, lost
    if n <= 0:
        return 0
    for i in range(n):
        out[2 * i] = r.frames[2 * ((start + i) & (RECORD_FRAMES - 1))]
        out[2 * i + 1] = r.frames[2 * ((start + i) & (RECORD_FRAMES - 1)) + 1]
    # One frame of margin: the writer may be inside the next one.
    oldest = load_i64(&r.end) + RECORD_AHEAD + 160 - RECORD_FRAMES
    if oldest > start:
        lost = <int>(oldest - start) if oldest - start < n else n
        memset(out, 0, <size_t>lost * 4)
        r.lost_frames += lost
    r.read = start + n
    return n
