"""The downlink of a leg: playout ring, epoch gate, marks, digits.

The gate cannot race. Python writes `flush_to` before `open_epoch`, the engine reads `open_epoch` before
`flush_to`: whoever sees the gate open sees the flush that came with it. Only the engine raises `gate_epoch`,
and nothing is taken from the ring while the two epochs differ. So audio written by a task that has not yet
heard of the interruption lies behind a closed gate, and the commit that opens it drops that audio first.
"""

from libc.stdint cimport int16_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy, memset

from aywa._native.atomic cimport load_u32, load_u64, store_i64, store_u32, store_u64
from aywa._native.g711 cimport alaw_decode, alaw_encode, ulaw_decode, ulaw_encode
from aywa._native.legstate cimport *
from aywa._native.recorder cimport recorder_right
from aywa._native.rtp cimport RTP_HEADER_SIZE, rtp_pack
from aywa._native.telephone_event cimport digit_sender_next, digit_sender_start

cdef enum:
    PCMU = 0
    DIGIT_PAUSE_TICKS = 5      # 100 ms between presses: receivers take shorter pauses for one press
    DIGIT_VOLUME = 10          # -10 dBm0


cdef void _pass_marks(Leg* leg, uint64_t before, uint64_t flush) noexcept nogil:
    """Tell the marks whose audio has been sent; `before`: read position at the beginning of this frame."""
    cdef Downlink* down = &leg.down
    cdef uint64_t written = load_u64(&down.marks_written)
    cdef int64_t behind
    cdef Mark* mark
    while down.marks_read < written and leg_has_room(leg):
        mark = &down.marks[down.marks_read & (MARKS - 1)]
        if mark.position > before and mark.position <= flush and mark.flushed < flush:
            pass                                  # its audio was dropped unheard
        elif mark.position <= down.read:
            behind = <int64_t>(down.read - mark.position)
            leg_event(leg, EVENT_MARK, <int64_t>down.played - behind, down.audio_end - behind, mark.number)
        else:
            return
        store_u64(&down.marks_read, down.marks_read + 1)


cdef int _take_speech(Leg* leg, int16_t* frame) noexcept nogil:
    """Up to 160 samples out of the ring into a frame of silence; returns how many."""
    cdef Downlink* down = &leg.down
    cdef bint is_open = load_u32(&down.open_epoch) == down.gate_epoch
    cdef uint64_t flush = load_u64(&down.flush_to), before = down.read, available
    cdef int n = 0, start, first
    _pass_marks(leg, before, before)
    if flush > down.read:
        store_u64(&down.read, flush)
    available = load_u64(&down.written) - down.read
    if is_open and available:
        n = FRAME if available > FRAME else <int>available
        start = <int>(down.read & (PLAYOUT_RING - 1))
        first = PLAYOUT_RING - start if PLAYOUT_RING - start < n else n
        memcpy(frame, &down.pcm[start], first * sizeof(int16_t))
        memcpy(frame + first, &down.pcm[0], (n - first) * sizeof(int16_t))
        store_u64(&down.played, down.played + n)
        down.audio_end = leg.timeline + n
        store_u64(&down.read, down.read + n)
    _pass_marks(leg, before, flush)
    available -= n
    if available >= LOW_WATER_SAMPLES:
        down.above_low = True
    elif down.above_low or load_u32(&down.wanted):
        down.above_low = False
        store_u32(&down.wanted, 0)
        leg_flag(leg, FLAG_LOW_WATER)
    return n


cdef int _digit(Leg* leg, uint8_t* packet) noexcept nogil:
    """The packet of the press that is being sent, or 0 when there is none."""
    cdef Downlink* down = &leg.down
    cdef Digit* digit
    cdef bint marker = False
    cdef uint32_t payload_type = load_u32(&leg.event_payload_type)
    if payload_type == NO_EVENTS:
        return 0
    if not down.digit.active and down.digits_read < load_u64(&down.digits_written) and down.digit_pause == 0:
        digit = &down.digits[down.digits_read & (DIGITS - 1)]
        down.digit_code = digit.code
        digit_sender_start(&down.digit, digit.code, digit.duration, down.timestamp, DIGIT_VOLUME)
        store_u64(&down.digits_read, down.digits_read + 1)
    if not down.digit.active:
        down.digit_pause -= 1 if down.digit_pause else 0
        return 0
    digit_sender_next(&down.digit, FRAME, packet + RTP_HEADER_SIZE, &down.digit_timestamp, &marker)
    rtp_pack(packet, <uint8_t>payload_type, marker, down.sequence, down.digit_timestamp, leg.ssrc)
    if not down.digit.active:
        down.digit_pause = DIGIT_PAUSE_TICKS
        leg_event(leg, EVENT_DIGIT_SENT, 0, 0, down.digit_code)
    return RTP_HEADER_SIZE + 4


cdef void _advance(Leg* leg, const int16_t* sent) noexcept nogil:
    if leg.recorder != NULL:
        recorder_right(leg.recorder, leg.timeline, sent, FRAME)
    leg.down.timestamp += FRAME
    store_i64(&leg.timeline, leg.timeline + FRAME)


cdef int downlink_tick(Leg* leg, uint8_t* packet) noexcept nogil:
    cdef Downlink* down = &leg.down
    cdef int16_t[FRAME] frame
    cdef int n, length
    cdef bint marker
    memset(frame, 0, sizeof(frame))
    length = _digit(leg, packet)
    if length:
        down.sequence += 1
        _advance(leg, frame)
        return length
    n = _take_speech(leg, frame)
    # The first packet and every beginning of speech after silence carry the marker (RFC 3551 section 4.1).
    marker = not down.begun or (n > 0 and not down.playing)
    down.begun = True
    rtp_pack(packet, leg.payload_type, marker, down.sequence, down.timestamp, leg.ssrc)
    if leg.payload_type == PCMU:
        ulaw_encode(frame, packet + RTP_HEADER_SIZE, FRAME)
    else:
        alaw_encode(frame, packet + RTP_HEADER_SIZE, FRAME)
    if n < FRAME and (down.playing or n):
        down.playing = False
        if load_u32(&down.open_epoch) == down.gate_epoch:
            leg_event(leg, EVENT_DRAINED, <int64_t>down.played, down.audio_end, 0)
    elif n:
        down.playing = True
    down.sequence += 1
    if leg.recorder != NULL:
        # What the other side decodes, quantised as it hears it.
        if leg.payload_type == PCMU:
            ulaw_decode(packet + RTP_HEADER_SIZE, frame, FRAME)
        else:
            alaw_decode(packet + RTP_HEADER_SIZE, frame, FRAME)
    _advance(leg, frame)
    return PACKET_SIZE


cdef void downlink_skip(Leg* leg) noexcept nogil:
    cdef int16_t[FRAME] frame
    memset(frame, 0, sizeof(frame))
    leg.down.begun = False
    _advance(leg, frame)
