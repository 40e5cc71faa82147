"""The uplink of a leg: every packet is worked off the moment its predecessors were; there is no playout
delay.

Where other parts come in: `uplink_receive`, after the header is parsed (capture in the clear); what is done with
the audio is in uplink_audio.pyx.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from aywa._native.atomic cimport load_u32
from aywa._native.capture cimport CAPTURE_RECEIVED, Capture, capture_rtp
from aywa._native.goertzel cimport tone_detector_events_seen, tone_detector_idle
from aywa._native.legstate cimport *
from aywa._native.reorder cimport *
from aywa._native.reporting cimport reporting_hear
from aywa._native.rtp cimport RtpHeader, rtp_parse
from aywa._native.source cimport source_heard, source_may_learn, source_probe
from aywa._native.speech cimport speech_idle
from aywa._native.srtp cimport CRYPT_BAD_TAG, CRYPT_CROWDED, CRYPT_REPLAY, crypt_unprotect
from aywa._native.telephone_event cimport digit_from_wire, digit_receive, digit_receive_next, digit_receiver_timeout
from aywa._native.uplink_audio cimport (
    audio_conceal, audio_may_interrupt, audio_restart, audio_take, audio_tell_speech,
)
from aywa._native.uplink_tones cimport audio_begin_noise, audio_go_on_with_noise, audio_tell_tone
from aywa._native.uplink_clock cimport UNITS_AT_KHZ, clock_follow, clock_position
from aywa._native.wire cimport *

cdef enum:
    HOLE_PATIENCE = 480        # samples (60 ms) without a packet concede a hole that waits
    NS_PER_SAMPLE = 125000
    DIGIT_PATIENCE = 1920      # samples (240 ms) without a packet end a press whose end was lost: a burst of losses
    DIGIT_PACKETS_PATIENCE = 7  # takes several packets, and is no new press; so many packet times at least


cdef void _tell_digits(Leg* leg, int code) noexcept nogil:
    cdef Uplink* up = &leg.up
    cdef int64_t position
    up.pressing = up.digits.active
    while code >= 0:
        # A press by another clock than the audio's stands where the audio ended.
        position = up.end
        if up.digit_units == up.units:
            position = clock_position(up, up.digits.finished_timestamp, 0, up.units)
        leg_event(leg, EVENT_DIGIT, position,
                  digit_from_wire(up.digits.finished_duration, WIRE_UNITS // up.digit_units), code)
        code = digit_receive_next(&up.digits)


cdef void _take_digit(Leg* leg, const ReorderPacket* packet, int index) noexcept nogil:
    cdef Uplink* up = &leg.up
    up.digit_units = <uint8_t>(UNITS_AT_KHZ // leg.wire.event_khz[index])
    _tell_digits(leg, digit_receive(&up.digits, packet.payload, packet.length, packet.timestamp, packet.marker))
    if up.tones and up.digits.seen:
        tone_detector_events_seen(&up.hearing.tones)


cdef inline uint8_t _units(const Leg* leg, int kind, int index) noexcept nogil:
    """Of the packet's clock; what is neither audio nor a key press goes by the clock of the audio before it."""
    if kind == KIND_AUDIO:
        return <uint8_t>(WIRE_UNITS // leg.wire.codecs[index].clock_hz)
    if kind == KIND_EVENT:
        return <uint8_t>(UNITS_AT_KHZ // leg.wire.event_khz[index])
    return leg.up.units


cdef void _take(Leg* leg, const ReorderPacket* packet, int kind, int index) noexcept nogil:
    """One packet, in order."""
    if kind == KIND_AUDIO:
        audio_take(leg, packet, index,
                   clock_position(&leg.up, packet.timestamp, packet.sequence, _units(leg, kind, index)))
    elif kind == KIND_EVENT:
        _take_digit(leg, packet, index)
    elif kind == KIND_NOISE:
        audio_begin_noise(leg, packet, clock_position(&leg.up, packet.timestamp, packet.sequence, leg.up.units))
    # Anything else (a codec that was not agreed) keeps its place in the order and is dropped.


cdef void _drain(Leg* leg) noexcept nogil:
    cdef ReorderPacket packet
    cdef int index = 0, kind, verdict = reorder_pop(&leg.up.reorder, &packet)
    while verdict != REORDER_EMPTY:
        if verdict == REORDER_HOLE:
            audio_conceal(leg, packet.missing, &packet)
        else:
            kind = wire_kind(leg.wire, packet.payload_type, &index)
            _take(leg, &packet, kind, index)
        verdict = reorder_pop(&leg.up.reorder, &packet)


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


cdef void _count_refused(Leg* leg, int verdict) noexcept nogil:
    if verdict == REORDER_LATE:
        leg.stats.late += 1
    elif verdict == REORDER_DUPLICATE:
        leg.stats.duplicate += 1
    elif verdict == REORDER_OVERSIZE or verdict == REORDER_FULL:
        leg.stats.malformed += 1


cdef void _count_unread(Leg* leg, int verdict) noexcept nogil:
    if verdict == CRYPT_REPLAY:
        leg.stats.replayed += 1
    elif verdict == CRYPT_BAD_TAG or verdict == CRYPT_CROWDED:
        leg.stats.forged += 1
    else:
        leg.stats.malformed += 1


cdef bint _learn(Leg* leg, const RtpHeader* header, int kind, uint64_t stranger, int64_t now) noexcept nogil:
    """Is the sender of this packet, sound and authentic, the peer from here on?"""
    if kind == KIND_UNKNOWN or not source_probe(&leg.reports.lock, stranger, header.ssrc, header.sequence, now):
        leg.stats.rejected_source += 1
        return False
    leg_event(leg, EVENT_SOURCE_SWITCHED, <int64_t>stranger, now, 0)
    return True


cdef void _capture(Leg* leg, const uint8_t* data, int length, uint64_t peer, int kind, int64_t now) noexcept nogil:
    cdef Capture* capture = leg_capture(leg)
    if capture != NULL:
        # What is no audio that was agreed on may be a key press under its former number.
        capture_rtp(capture, CAPTURE_RECEIVED, leg.start_ns + now * NS_PER_SAMPLE, peer, data, length,
                    kind != KIND_AUDIO and kind != KIND_NOISE)


cdef void uplink_receive(Leg* leg, uint8_t* data, int length, uint64_t peer, int64_t now) noexcept nogil:
    cdef RtpHeader header
    cdef ReorderPacket packet
    cdef int verdict, kind, index = 0
    cdef bint first = not leg.up.started, stranger = peer != leg_peer(leg)
    if stranger and not (leg.nat and source_may_learn(&leg.reports.lock, peer)):
        leg.stats.rejected_source += 1
        return
    if leg.wire.crypt != NULL:
        length = crypt_unprotect(leg.wire.crypt, data, length)
        if length < 0:
            _count_unread(leg, length)
            leg.stats.rejected_source += stranger
            return
    if rtp_parse(data, length, &header) != 0:
        leg.stats.malformed += 1
        _capture(leg, data, length, peer, KIND_UNKNOWN, now)
        return
    packet.timestamp = header.timestamp
    packet.ssrc = header.ssrc
    packet.sequence = header.sequence
    packet.missing = 0
    packet.payload_type = header.payload_type
    packet.marker = header.marker
    packet.length = header.payload_length
    packet.payload = data + header.payload_offset
    kind = wire_kind(leg.wire, header.payload_type, &index)
    if stranger and not _learn(leg, &header, kind, peer, now):
        return
    if leg.nat:
        source_heard(&leg.reports.lock)
    _capture(leg, data, length, peer, kind, now)
    if header.payload_length <= leg.wire.payload_size and reorder_pass(&leg.up.reorder, header.ssrc,
                                                                       header.sequence):
        leg.stats.received += 1
        reporting_hear(leg, &header, kind, index, REORDER_ACCEPTED, now)
        if kind != KIND_EVENT:
            clock_follow(leg, header.timestamp, header.sequence, _units(leg, kind, index), now, False)
        _note_arrival(leg, now)
        _take(leg, &packet, kind, index)
        return
    verdict = reorder_push(&leg.up.reorder, &packet)
    reporting_hear(leg, &header, kind, index, verdict, now)
    if verdict < 0:
        _count_refused(leg, verdict)
        return
    leg.stats.received += 1
    if kind != KIND_EVENT or first:
        # Event packets repeat the timestamp of their press: they say nothing about the clock.
        clock_follow(leg, header.timestamp, header.sequence, _units(leg, kind, index), now,
                     first or verdict == REORDER_RESET)
    if verdict == REORDER_RESET:
        audio_restart(leg)
    _note_arrival(leg, now)
    _drain(leg)
    if leg.up.reorder.pending and kind == KIND_AUDIO and audio_may_interrupt(leg, &packet, index):
        reorder_concede(&leg.up.reorder)
        _drain(leg)


cdef void uplink_tick(Leg* leg, int64_t now) noexcept nogil:
    cdef Uplink* up = &leg.up
    cdef int64_t silent = now - up.arrival
    cdef int patience
    if up.pressing:
        patience = DIGIT_PACKETS_PATIENCE * up.packet_samples
        patience = DIGIT_PATIENCE if patience < DIGIT_PATIENCE else patience
        _tell_digits(leg, digit_receiver_timeout(&up.digits, leg.wire.period, patience))
    if up.noisy:
        audio_go_on_with_noise(leg, now)
    # Most ticks end here, before they have touched the rest of a leg that is not in the cache.
    if silent < HOLE_PATIENCE:
        return
    if up.reorder.pending and silent >= 2 * up.packet_samples:
        reorder_concede(&up.reorder)
        _drain(leg)
    if up.speech.speaking:
        audio_tell_speech(leg, speech_idle(&up.speech, now))
    if up.tones:
        audio_tell_tone(leg, tone_detector_idle(&up.hearing.tones, now))
    if load_u32(&leg.held):
        up.excused = now
    if silent >= leg.timeout and now - up.excused >= leg.timeout and not up.timed_out:
        up.timed_out = True
        leg_event(leg, EVENT_MEDIA_TIMEOUT, silent, 0, 0)


cdef void uplink_rewire(Leg* leg, const Wire* wire, int codec) noexcept nogil:
    reorder_move(&leg.up.reorder, wire.payloads, wire.payload_size)
    if leg.up.codec != CODEC_NONE:
        leg.up.codec = <uint8_t>codec if codec >= 0 else CODEC_OTHER
