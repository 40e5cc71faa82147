"""The uplink of a leg: every packet is worked off the moment its predecessors were; there is no playout
delay.
"""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from aywa._native.atomic cimport load_u32, load_u64, store_u32, store_u64
from aywa._native.g711 cimport alaw_decode, ulaw_decode
from aywa._native.legstate cimport *
from aywa._native.plc cimport PLC_HISTORY, plc_conceal, plc_good, plc_init
from aywa._native.recorder cimport recorder_left
from aywa._native.reorder cimport *
from aywa._native.rtp cimport RtpHeader, rtp_parse
from aywa._native.speech cimport SPEECH_NONE, SPEECH_STARTED, speech_frame, speech_idle
from aywa._native.telephone_event cimport digit_receive, digit_receive_next, digit_receiver_timeout

cdef enum:
    PCMU = 0
    PCMA = 8
    MAX_CONCEALED = 25         # packets (500 ms): the recogniser is told of a longer outage no further
    HOLE_PATIENCE = 480        # samples (60 ms) without a packet concede a hole that waits
    DIGIT_PATIENCE = 800       # samples (100 ms) without a packet end a press whose end was lost
    JUMP = 8000                # samples: a timestamp further than 1 s from its arrival starts a new timeline
    DRIFT_WINDOW = 250         # packets (5 s) whose least lateness shows the clocks drifting apart
    DRIFT = 320                # samples (40 ms) of it that are corrected
    SLACK = 40                 # samples (5 ms) the ring's places may be off: some clocks count by jerks


cdef void _tell_speech(Leg* leg, int verdict) noexcept nogil:
    """Pass on what the detector found; confirmed speech closes the gate here, before Python knows."""
    cdef Downlink* down = &leg.down
    if verdict == SPEECH_NONE:
        return
    if verdict != SPEECH_STARTED:
        leg_event(leg, EVENT_SPEECH_STOPPED, leg.up.speech.last_active, 0, 0)
        return
    if leg.barge_in:
        store_u32(&down.gate_epoch, down.gate_epoch + 1)
        down.playing = False
    leg_event(leg, EVENT_SPEECH_STARTED, leg.up.speech.onset, down.gate_epoch, 0)
    if leg.barge_in:
        leg_event(leg, EVENT_GATE_CLOSED, <int64_t>down.played, down.audio_end, down.gate_epoch)


cdef void _detect(Leg* leg, const int16_t* pcm, int n, int64_t position) noexcept nogil:
    """Cut into 20 ms frames for the VAD; packets of other lengths leave a remainder for the next call."""
    cdef Uplink* up = &leg.up
    cdef int taken = 0, part
    if up.pending == 0 and n == FRAME:
        _tell_speech(leg, speech_frame(&up.speech, pcm, position))
        return
    while taken < n:
        part = FRAME - up.pending if FRAME - up.pending < n - taken else n - taken
        memcpy(&up.frame[up.pending], pcm + taken, part * sizeof(int16_t))
        up.pending += part
        taken += part
        if up.pending == FRAME:
            up.pending = 0
            _tell_speech(leg, speech_frame(&up.speech, up.frame, position + taken - FRAME))


cdef bint _place(Uplink* up, int64_t position) noexcept nogil:
    """Tell Python where on the timeline the samples stand that are written next; False without room for it.

    The ring holds what arrived, without the time in between: silence that was not sent, key presses, losses.
    """
    cdef int64_t offset = position - <int64_t>up.written
    cdef Break* found
    if offset - up.offset < SLACK and up.offset - offset < SLACK:
        return True
    if up.breaks_written - load_u64(&up.breaks_read) == BREAKS:
        return False
    found = &up.breaks[up.breaks_written & (BREAKS - 1)]
    found.position = up.written
    found.offset = offset
    up.offset = offset
    store_u64(&up.breaks_written, up.breaks_written + 1)
    return True


cdef void _deliver(Leg* leg, int16_t* pcm, int n, int64_t position) noexcept nogil:
    """Samples in order: to the recording, the detector and the ring that Python reads."""
    cdef Uplink* up = &leg.up
    cdef int start = <int>(up.written & (UPLINK_RING - 1)), first
    if load_u32(&leg.muted):
        memset(pcm, 0, n * sizeof(int16_t))
    if leg.recorder != NULL:
        recorder_left(leg.recorder, position, pcm, n)
    if load_u32(&leg.held):
        memset(pcm, 0, n * sizeof(int16_t))       # music on hold: to be recorded, and not the caller
    up.end = position + n
    if UPLINK_RING - (up.written - load_u64(&up.read)) < <uint64_t>n or not _place(up, position):
        leg.stats.uplink_overrun += n
    else:
        if n == FRAME and start <= UPLINK_RING - FRAME:
            memcpy(&up.pcm[start], pcm, FRAME * sizeof(int16_t))
        else:
            first = UPLINK_RING - start if UPLINK_RING - start < n else n
            memcpy(&up.pcm[start], pcm, first * sizeof(int16_t))
            memcpy(&up.pcm[0], pcm + first, (n - first) * sizeof(int16_t))
        store_u64(&up.written, up.written + n)
        if up.written - up.noticed >= NOTICE_SAMPLES:
            up.noticed = up.written
            leg_flag(leg, FLAG_PCM_READY)
    _detect(leg, pcm, n, position)


cdef void _recall(Uplink* up) noexcept nogil:
    """What was given out last, from the ring: remembering every packet twice would cost more than all losses."""
    cdef uint64_t heard = up.written - up.since
    cdef int i, n = PLC_HISTORY if heard > PLC_HISTORY else <int>heard
    memset(up.concealer.history, 0, sizeof(up.concealer.history))
    for i in range(n):
        up.concealer.history[PLC_HISTORY - n + i] = up.pcm[(up.written - n + i) & (UPLINK_RING - 1)]


cdef void _conceal(Leg* leg, int missing) noexcept nogil:
    cdef int16_t[MAX_PAYLOAD] pcm
    cdef int i, n = leg.up.packet_samples
    leg.stats.lost += missing
    if leg.up.concealer.missing == 0:
        _recall(&leg.up)
    for i in range(missing if missing < MAX_CONCEALED else MAX_CONCEALED):
        plc_conceal(&leg.up.concealer, pcm, n)
        leg.stats.concealed += 1
        _deliver(leg, pcm, n, leg.up.end)


cdef int64_t _position(Uplink* up, uint32_t timestamp) noexcept nogil:
    return up.anchor + up.extended + <int32_t>(timestamp - up.timestamp)


cdef void _tell_digits(Leg* leg, int code, uint32_t timestamp) noexcept nogil:
    while code >= 0:
        leg_event(leg, EVENT_DIGIT, _position(&leg.up, timestamp), leg.up.digits.finished_duration, code)
        timestamp = leg.up.digits.timestamp
        code = digit_receive_next(&leg.up.digits)


cdef void _take_digit(Leg* leg, const ReorderPacket* packet) noexcept nogil:
    cdef Uplink* up = &leg.up
    cdef uint32_t before = up.digits.timestamp, finished = packet.timestamp
    cdef bint active = up.digits.active
    cdef int code = digit_receive(&up.digits, packet.payload, packet.length, packet.timestamp, packet.marker)
    if active and (up.digits.timestamp != before or not up.digits.active):
        finished = before                         # the press that this packet ended began earlier
    up.pressing = up.digits.active
    _tell_digits(leg, code, finished)


cdef void _take(Leg* leg, const ReorderPacket* packet) noexcept nogil:
    """One packet, in order."""
    cdef Uplink* up = &leg.up
    cdef int16_t[MAX_PAYLOAD] pcm
    cdef int64_t position = _position(up, packet.timestamp)
    if packet.payload_type == load_u32(&leg.event_payload_type):
        _take_digit(leg, packet)
    elif packet.payload_type == PCMU or packet.payload_type == PCMA:
        if packet.payload_type == PCMU:
            ulaw_decode(packet.payload, pcm, packet.length)
        else:
            alaw_decode(packet.payload, pcm, packet.length)
        if packet.length:
            up.packet_samples = packet.length
        if up.concealer.missing:
            plc_good(&up.concealer, pcm, packet.length)
        _deliver(leg, pcm, packet.length, position)
    # Anything else (comfort noise, a codec that was not agreed) keeps its place in the order and is dropped.


cdef void _drain(Leg* leg) noexcept nogil:
    cdef ReorderPacket packet
    cdef int kind = reorder_pop(&leg.up.reorder, &packet)
    while kind != REORDER_EMPTY:
        if kind == REORDER_HOLE:
            _conceal(leg, packet.missing)
        else:
            _take(leg, &packet)
        kind = reorder_pop(&leg.up.reorder, &packet)


cdef void _anchor(Leg* leg, int64_t now, int samples) noexcept nogil:
    """Tie the source's clock to the timeline: the packet that arrives now is heard now."""
    leg.up.anchor = now - leg.up.extended
    leg.up.end = now - samples
    leg.up.lateness_min = JUMP
    leg.up.window = 0


cdef void _follow_clock(Leg* leg, uint32_t timestamp, int64_t now, bint restarted) noexcept nogil:
    """Unwrap the timestamp, measure the jitter and keep the placement true while the two clocks drift."""
    cdef Uplink* up = &leg.up
    cdef int32_t step = <int32_t>(timestamp - up.timestamp)
    cdef int64_t extended = up.extended + step, lateness, change
    if step > 0 or restarted:
        up.timestamp = timestamp
        up.extended = extended
    if restarted:
        # The packet on probation before this one belongs to the new source as well.
        up.transit = now - extended
        leg.stats.source_changes += up.started
        _anchor(leg, now, up.packet_samples)
        return
    change = now - extended - up.transit
    up.transit = now - extended
    leg.stats.jitter_16 += (change if change > 0 else -change) - ((<int64_t>leg.stats.jitter_16 + 8) >> 4)
    lateness = now - (up.anchor + extended)
    if lateness > JUMP or lateness < -JUMP:
        up.timestamp = timestamp
        up.extended = extended
        _anchor(leg, now, up.packet_samples)
        return
    up.lateness_min = lateness if lateness < up.lateness_min else up.lateness_min
    up.window += 1
    if up.window == DRIFT_WINDOW:
        if up.lateness_min > DRIFT or up.lateness_min < -DRIFT:
            up.anchor += up.lateness_min
        up.lateness_min = JUMP
        up.window = 0


cdef void _note_arrival(Leg* leg, int64_t now) noexcept nogil:
    cdef Uplink* up = &leg.up
    cdef int64_t gap = now - up.arrival
    if up.started:
        if gap > <int64_t>leg.stats.max_gap:
            leg.stats.max_gap = gap
        leg.stats.gaps_over_40ms += gap > 320
    else:
        up.started = True
        leg_event(leg, EVENT_FIRST_PACKET, now, 0, 0)
    up.arrival = now
    up.timed_out = False


cdef void uplink_receive(Leg* leg, const uint8_t* data, int length, uint64_t peer, int64_t now) noexcept nogil:
    cdef RtpHeader header
    cdef ReorderPacket packet
    cdef int verdict
    cdef bint first = not leg.up.started
    if peer != load_u64(&leg.peer):
        leg.stats.rejected_source += 1
        return
    if rtp_parse(data, length, &header) != 0:
        leg.stats.malformed += 1
        return
    packet.timestamp = header.timestamp
    packet.ssrc = header.ssrc
    packet.sequence = header.sequence
    packet.missing = 0
    packet.payload_type = header.payload_type
    packet.marker = header.marker
    packet.length = header.payload_length
    packet.payload = <uint8_t*>data + header.payload_offset
    if header.payload_length <= MAX_PAYLOAD and reorder_pass(&leg.up.reorder, header.ssrc, header.sequence):
        leg.stats.received += 1
        if header.payload_type != load_u32(&leg.event_payload_type):
            _follow_clock(leg, header.timestamp, now, False)
        _note_arrival(leg, now)
        _take(leg, &packet)
        return
    verdict = reorder_push(&leg.up.reorder, &packet)
    if verdict == REORDER_LATE:
        leg.stats.late += 1
    elif verdict == REORDER_DUPLICATE:
        leg.stats.duplicate += 1
    elif verdict == REORDER_OVERSIZE or verdict == REORDER_FULL:
        leg.stats.malformed += 1
    if verdict < 0:
        return
    leg.stats.received += 1
    if header.payload_type != load_u32(&leg.event_payload_type) or first:
        # Event packets repeat the timestamp of their press: they say nothing about the clock.
        _follow_clock(leg, header.timestamp, now, first or verdict == REORDER_RESET)
    if verdict == REORDER_RESET:
        plc_init(&leg.up.concealer)
        leg.up.since = leg.up.written
    _note_arrival(leg, now)
    _drain(leg)


cdef void uplink_tick(Leg* leg, int64_t now) noexcept nogil:
    cdef Uplink* up = &leg.up
    cdef int64_t silent = now - up.arrival
    if up.pressing:
        _tell_digits(leg, digit_receiver_timeout(&up.digits, FRAME, DIGIT_PATIENCE),
                     up.digits.timestamp)
        up.pressing = up.digits.active
    # Most ticks end here, before they have touched the rest of a leg that is not in the cache.
    if silent < HOLE_PATIENCE:
        return
    if up.reorder.pending:
        reorder_concede(&up.reorder)
        _drain(leg)
    if up.speech.speaking:
        _tell_speech(leg, speech_idle(&up.speech, now))
    if load_u32(&leg.held):
        up.excused = now
    if silent >= leg.timeout and now - up.excused >= leg.timeout and not up.timed_out:
        up.timed_out = True
        leg_event(leg, EVENT_MEDIA_TIMEOUT, silent, 0, 0)
