"""The downlink of a leg: playout ring, epoch gate, marks, digits.

The gate cannot race. Python writes `flush_to` before `open_epoch`, the engine reads `open_epoch` before
`flush_to`: whoever sees the gate open sees the flush that came with it. Only the engine raises `gate_epoch`,
and nothing is taken from the ring while the two epochs differ. So audio written by a task that has not yet
heard of the interruption lies behind a closed gate, and the commit that opens it drops that audio first.

Where other parts come in: after `_take_speech` (mixing.pyx: rooms, music on hold), `_advance` (what was sent: echo reference), and in wheel.pyx after the packet is made (encryption, capture).
"""

from libc.stdint cimport int16_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from aywa._native.atomic cimport load_u32, load_u64, store_i64, store_u32, store_u64
from aywa._native.codec cimport CODEC_PCMA, CODEC_PCMU, Codec, codec_cut, codec_decode, codec_encode
from aywa._native.hearing cimport Hearing, hearing_awaits_echo, hearing_sent
from aywa._native.legstate cimport *
from aywa._native.mixing cimport Mixing, mixing_add, mixing_overheard, mixing_pass
from aywa._native.recorder cimport Recorder, recorder_right
from aywa._native.resample cimport down2_process, up2_process
from aywa._native.rtp cimport RTP_HEADER_SIZE, rtp_pack
from aywa._native.telephone_event cimport (
    DIGIT_MAX_DURATION, digit_sender_init, digit_sender_next, digit_sender_ready, digit_sender_start, digit_to_wire,
)
from aywa._native.tone cimport tone_sender_next, tone_sender_start
from aywa._native.wire cimport WIRE_NO_TYPE, WIRE_PAYLOAD, Wire

cdef enum:
    DIGIT_PAUSE = 800          # samples (100 ms) between presses: receivers take shorter ones for one press
    PRIMED = 32                # samples of a filter's past
    DIGIT_VOLUME = 10          # -10 dBm0
    TONE_LEVEL = -8            # dBm0 of the high tone
    FADE = 160                 # samples (20 ms) in which what is cut dies away; after 10 ms it is 36 dB down
    RISE = 40                  # samples (5 ms) before the cut that lead in when it goes on
    TONE_RETURNS = 4000        # samples (500 ms) after which a press of ours does not come back any more


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
            leg_event(leg, EVENT_MARK, (<int64_t>down.played - behind) >> down.shift,
                      down.audio_end - (behind >> down.shift), mark.number)
        else:
            return
        store_u64(&down.marks_read, down.marks_read + 1)


# Beside its neighbour in full, a sample of a fade is two code words of G.711 less: whoever compares what is
# received with what was said finds the exact sample at which it stopped and went on.
cdef float STEP = 0.875


cdef void downlink_cut(Leg* leg) noexcept nogil:
    cdef Downlink* down = &leg.down
    if down.playing and load_u64(&down.written) > down.read:
        down.cut = (FADE << down.shift) + 1
    else:
        _died_away(leg)
    down.playing = False


cdef bint _die_away(Leg* leg, int16_t* frame, int period) noexcept nogil:
    """What lies behind the cut, ever softer, so that it does not click; it does not count as played."""
    cdef Downlink* down = &leg.down
    cdef int total = FADE << down.shift, at = total + 1 - down.cut, n, i
    cdef uint64_t available = load_u64(&down.written) - down.read
    cdef float left
    n = total - at if total - at < period else period
    if available < <uint64_t>(at + n):
        n = <int>available - at if available > <uint64_t>at else 0
    for i in range(n):
        left = 1 - <float>(at + i) / total
        left = left * left * left
        frame[i] = <int16_t>(left * left * STEP * down.pcm[(down.read + at + i) & ((RING << down.shift) - 1)])
    down.cut -= n
    if n < period or down.cut == 1:
        _died_away(leg)
    return n > 0


cdef void _died_away(Leg* leg) noexcept nogil:
    """Nothing more of what was cut is sent; who shares the line with us goes on."""
    if leg.down.cut > 1:
        leg.down.cut = 1
    if leg_mixing(leg) == NULL:
        codec_cut(leg.wire.sender)


cdef int _lead_in(Downlink* down, int16_t* frame, uint64_t available) noexcept nogil:
    """What was heard last before a cut, ever louder, so that going on does not click; returns how much."""
    cdef int led = RISE << down.shift, ring = RING << down.shift, i
    if not down.cut:
        return 0
    down.cut = 0
    if available > <uint64_t>(ring - led) or down.read < <uint64_t>led:
        return 0                                  # it was overwritten
    for i in range(led):
        frame[i] = <int16_t>(STEP * i / led * down.pcm[(down.read - led + i) & (ring - 1)])
    return led


cdef int _take_speech(Leg* leg, int16_t* frame, int period) noexcept nogil:
    """Up to `period` samples of PCM into a frame of silence, out of the ring; returns how many."""
    cdef Downlink* down = &leg.down
    cdef bint is_open = load_u32(&down.open_epoch) == down.gate_epoch
    cdef uint64_t flush = load_u64(&down.flush_to), before = down.read, available
    cdef int n = 0, led = 0, start, first, ring = RING << down.shift
    _pass_marks(leg, before, before)
    if flush > down.read:
        store_u64(&down.read, flush)
        down.cut = 0
    available = load_u64(&down.written) - down.read
    if is_open and available:
        led = _lead_in(down, frame, available)
        n = period - led if available > <uint64_t>(period - led) else <int>available
        start = <int>(down.read & (ring - 1))
        first = ring - start if ring - start < n else n
        memcpy(frame + led, &down.pcm[start], first * sizeof(int16_t))
        memcpy(frame + led + first, &down.pcm[0], (n - first) * sizeof(int16_t))
        store_u64(&down.played, down.played + n)
        down.audio_end = leg.timeline + ((led + n) >> down.shift)
        store_u64(&down.read, down.read + n)
    _pass_marks(leg, before, flush)
    available -= n
    if available >= LOW_WATER_SAMPLES << down.shift:
        down.above_low = True
    elif down.above_low or load_u32(&down.wanted):
        down.above_low = False
        store_u32(&down.wanted, 0)
        leg_flag(leg, FLAG_LOW_WATER)
    return led + n


cdef int _digit(Leg* leg, uint8_t* packet) noexcept nogil:
    """The packet of the press that is being sent, or 0 when there is none."""
    cdef Downlink* down = &leg.down
    cdef Wire* wire = leg.wire
    cdef bint marker = False
    cdef int step
    if wire.events_type == WIRE_NO_TYPE:
        return 0
    step = wire.period * wire.events_khz // 8
    if (down.digits_read < load_u64(&down.digits_written)
            and digit_sender_ready(&down.digit, DIGIT_PAUSE * wire.events_khz // 8)):
        _start_digit(leg, &down.digits[down.digits_read & (DIGITS - 1)])
        store_u64(&down.digits_read, down.digits_read + 1)
    if not digit_sender_next(&down.digit, step, packet + RTP_HEADER_SIZE, &down.digit_timestamp, &marker):
        return 0
    rtp_pack(packet, wire.events_type, marker, down.sequence, down.digit_timestamp, leg.ssrc)
    if not down.digit.active:
        leg_event(leg, EVENT_DIGIT_SENT, 0, 0, down.digit_code)
    return RTP_HEADER_SIZE + 4


cdef void _start_digit(Leg* leg, const Digit* digit) noexcept nogil:
    cdef Downlink* down = &leg.down
    cdef int duration = digit_to_wire(digit.duration, leg.wire.events_khz * 1000)
    cdef uint32_t timestamp = down.timestamp
    if leg.wire.events_khz * 1000 != leg.wire.sender.clock_hz:
        timestamp = down.origin + <uint32_t>(leg.timeline * leg.wire.events_khz // 8)
    down.digit_code = digit.code
    digit_sender_start(&down.digit, digit.code, DIGIT_MAX_DURATION if duration > DIGIT_MAX_DURATION else duration,
                       timestamp, DIGIT_VOLUME)


cdef int _encode(Leg* leg, int16_t* frame, uint8_t* payload) noexcept nogil:
    """A period of the leg's PCM by the wire's codec; a recorded leg's `frame` becomes what the other side hears."""
    cdef Downlink* down = &leg.down
    cdef Codec* codec = leg.wire.sender
    cdef int16_t[MAX_PCM] fitted
    cdef int16_t* pcm = frame
    cdef int length, samples = leg.wire.period * (codec.rate // 8000)
    if (codec.rate == 16000) != down.shift:
        pcm = fitted
        if down.shift:
            down2_process(&down.halver, frame, pcm, samples)
        else:
            up2_process(&down.doubler, frame, pcm, leg.wire.period)
    length = codec_encode(codec, pcm, samples, payload, WIRE_PAYLOAD)
    if leg.recorder != NULL and pcm == frame and (codec.kind == CODEC_PCMU or codec.kind == CODEC_PCMA):
        codec_decode(codec, payload, length, frame, samples)  # quantised as the other side hears it
    return length


cdef void _advance(Leg* leg, const int16_t* sent, const uint8_t* ulaw, const int16_t* kept, int period,
                   bint speech) noexcept nogil:
    """`ulaw`: `sent` as PCMU, or NULL. `kept`: for the recording. `speech`: something in it may come back."""
    cdef Recorder* overheard = mixing_overheard(leg_mixing(leg))
    if leg.recorder != NULL:
        recorder_right(leg.recorder, leg.timeline, kept, period)
    if overheard != NULL:
        recorder_right(overheard, leg.timeline, sent, period)
    if leg.up.hearing.echo != NULL and (speech or hearing_awaits_echo(leg.up.hearing, leg.timeline)):
        hearing_sent(leg.up.hearing, leg.timeline, sent, ulaw, period, leg.down.shift)
    leg.down.timestamp += period * (leg.wire.sender.clock_hz // 8000)
    store_i64(&leg.timeline, leg.timeline + period)


cdef void _tell_drained(Leg* leg, int n, int period) noexcept nogil:
    cdef Downlink* down = &leg.down
    if n < period and (down.playing or n):
        down.playing = False
        if load_u32(&down.open_epoch) == down.gate_epoch:
            leg_event(leg, EVENT_DRAINED, <int64_t>(down.played >> down.shift), down.audio_end, 0)
    elif n:
        down.playing = True


cdef bint _tone(Leg* leg, int16_t* frame, int period) noexcept nogil:
    """A press as tones, for a peer without events; False when there is none. Speech waits meanwhile."""
    cdef Downlink* down = &leg.down
    cdef Hearing* h = leg.up.hearing
    cdef Digit* digit
    if h.sender.event < 0:
        if leg.wire.events_type != WIRE_NO_TYPE or down.digits_read == load_u64(&down.digits_written):
            return False
        digit_sender_init(&down.digit)            # of a format that had events
        digit = &down.digits[down.digits_read & (DIGITS - 1)]
        tone_sender_start(&h.sender, digit.code, digit.duration << down.shift, DIGIT_PAUSE << down.shift,
                          8000 << down.shift, TONE_LEVEL)
        down.digit_code = digit.code
        h.own_events = (h.own_events if leg.timeline < h.tones_end else 0) | 1 << digit.code
        store_u64(&down.digits_read, down.digits_read + 1)
    tone_sender_next(&h.sender, frame, period)
    h.tones_end = leg.timeline + leg.wire.period + TONE_RETURNS
    if h.sender.event < 0:
        leg_event(leg, EVENT_DIGIT_SENT, 0, 0, down.digit_code)
    return True


cdef int _pack(Leg* leg, int16_t* frame, const int16_t* kept, uint8_t* packet, bint marker,
               bint speech) noexcept nogil:
    """The packet of a frame; 0 when the codec has nothing to send. `kept`: for the recording."""
    cdef int length = _encode(leg, frame, packet + RTP_HEADER_SIZE)
    cdef const uint8_t* ulaw = packet + RTP_HEADER_SIZE if leg.wire.sender.kind == CODEC_PCMU else NULL
    if length > 0:
        leg.down.begun = True
        rtp_pack(packet, leg.wire.sender.payload_type, marker, leg.down.sequence, leg.down.timestamp, leg.ssrc)
        leg.down.sequence += 1
        length += RTP_HEADER_SIZE
    _advance(leg, frame, ulaw, kept, leg.wire.period, speech)
    return length if length > 0 else 0


cdef int downlink_tick(Leg* leg, uint8_t* packet) noexcept nogil:
    cdef Downlink* down = &leg.down
    cdef Mixing* mixing = leg_mixing(leg)
    cdef int16_t[MAX_PCM] frame
    cdef int16_t[MAX_PCM] own
    cdef int16_t* kept = frame
    cdef int n, length, period = leg.wire.period << down.shift
    cdef bint marker, sounds
    memset(frame, 0, period * sizeof(int16_t))
    length = _digit(leg, packet)
    if length:
        down.sequence += 1
        down.cut = down.cut != 0
        if mixing != NULL:
            mixing_pass(mixing, period)
        _advance(leg, frame, NULL, frame, leg.wire.period, False)
        return length
    if _tone(leg, frame, period):
        if mixing != NULL:
            mixing_pass(mixing, period)
        return _pack(leg, frame, frame, packet, not down.begun, True)
    n = _take_speech(leg, frame, period)
    # The first packet and every beginning of speech after silence carry the marker (RFC 3551 section 4.1).
    marker = not down.begun or (n > 0 and not down.playing)
    _tell_drained(leg, n, period)
    sounds = n > 0 or (down.cut > 1 and _die_away(leg, frame, period))
    if mixing != NULL:
        if load_u32(&mixing.apart):
            memcpy(own, frame, period * sizeof(int16_t))
            kept = own
        mixing_add(mixing, frame, period, sounds)
    return _pack(leg, frame, kept, packet, marker, sounds or mixing != NULL)


cdef void downlink_skip(Leg* leg) noexcept nogil:
    cdef int16_t[MAX_PCM] frame
    memset(frame, 0, (leg.wire.period << leg.down.shift) * sizeof(int16_t))
    leg.down.begun = False
    leg.down.cut = leg.down.cut != 0
    _advance(leg, frame, NULL, frame, leg.wire.period, False)


cdef void downlink_wait(Leg* leg, int samples) noexcept nogil:
    cdef int16_t[MAX_PCM] silence
    memset(silence, 0, (samples << leg.down.shift) * sizeof(int16_t))
    _advance(leg, silence, NULL, silence, samples, False)


cdef void downlink_rewire(Leg* leg, const Wire* wire) noexcept nogil:
    """A filter that comes in begins with what was sent last, so that it is not heard to begin."""
    cdef Downlink* down = &leg.down
    cdef int16_t[2 * PRIMED] past
    cdef int16_t[2 * PRIMED] dropped
    cdef int i
    if leg.wire.sender.rate == wire.sender.rate or (wire.sender.rate == 16000) == down.shift:
        return
    for i in range(2 * PRIMED):
        past[i] = down.pcm[(down.read - 2 * PRIMED + i) & ((RING << down.shift) - 1)] if down.playing else 0
    down2_process(&down.halver, past, dropped, PRIMED)
    up2_process(&down.doubler, &past[PRIMED], dropped, PRIMED)
