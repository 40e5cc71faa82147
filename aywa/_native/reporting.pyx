"""A leg's reports (RFC 3550 section 6): when they are sent, what those of the far side change, what is counted.

They go to the port that the description says, or, once another source has been learned, to the port above it; with
rtcp-mux to the RTP port. Only from there are they believed, and besides from the RTP source on the RTP port: a peer
may share the port without having been asked (RFC 5761 section 5.1.1).
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from aywa._native.capture cimport CAPTURE_RECEIVED, CAPTURE_SENT, Capture, capture_rtcp
from aywa._native.codec cimport codec_expect_loss
from aywa._native.legstate cimport Leg, leg_capture, leg_peer
from aywa._native.linux cimport send_to
from aywa._native.reception cimport *
from aywa._native.reorder cimport REORDER_DUPLICATE, REORDER_LATE, REORDER_RESET
from aywa._native.reports cimport Reports
from aywa._native.rtcp cimport *
from aywa._native.rtp cimport RtpHeader
from aywa._native.srtp cimport CRYPT_BAD_TAG, CRYPT_CROWDED, CRYPT_REPLAY, CRYPT_TRAILER, crypt_protect_rtcp, crypt_unprotect_rtcp
from aywa._native.wire cimport KIND_AUDIO

cdef enum:
    UDP_OVERHEAD = 28           # bytes of IPv4 and UDP headers, which count as a report's (section 6.2)
    PORT = 0xFFFF
    NS_PER_SAMPLE = 125000
    SAMPLES_PER_MS = 8

cdef double OCTETS_PER_SECOND = 400.0  # a twentieth of 64 kbit/s (section 6.2); two members never come near it


cdef void reporting_init(Leg* leg, uint64_t seed) noexcept nogil:
    leg.reports.seed = seed
    leg.report_due = _interval(leg, True)


cdef int64_t _interval(Leg* leg, bint first) noexcept nogil:
    """Samples to the next report."""
    cdef bint heard = leg.reports.heard.started, sending = leg.stats.sent > leg.reports.sent_before
    return <int64_t>SAMPLES_PER_MS * rtcp_interval_ms(
        2, sending + heard, sending, RTCP_MAX_SIZE + UDP_OVERHEAD, OCTETS_PER_SECOND, first, &leg.reports.seed)


cdef inline bint reporting_claims(const uint8_t* data, int length) noexcept nogil:
    return length >= 2 and 192 <= data[1] <= 223


cdef uint64_t _peer(Leg* leg) noexcept nogil:
    """Where reports go to and come from; 0: none do."""
    cdef uint64_t rtp = leg_peer(leg)
    if rtp == 0 or leg.wire.rtcp_peer == 0 or leg.wire.rtcp_mux:
        return rtp if leg.wire.rtcp_peer else 0
    if leg.nat and rtp != leg.reports.lock.told:
        return (rtp & ~<uint64_t>PORT) | ((rtp + 1) & PORT)
    return leg.wire.rtcp_peer


cdef inline uint64_t _ntp(const Leg* leg, int64_t now_ns) noexcept nogil:
    return rtcp_ntp(now_ns + leg.reports.epoch_ns)


cdef void reporting_hear(Leg* leg, const RtpHeader* header, int kind, int index, int verdict, int64_t now) noexcept nogil:
    cdef RtcpSource* heard = &leg.reports.heard
    cdef uint32_t clock_hz = 8000
    if verdict < 0 and verdict != REORDER_LATE and verdict != REORDER_DUPLICATE:
        return
    if kind == KIND_AUDIO:
        clock_hz = leg.wire.codecs[index].clock_hz
    if not heard.started or verdict == REORDER_RESET:
        reception_init(heard, header.ssrc, clock_hz, 0)
    reception_packet(heard, header.sequence)
    if kind != KIND_AUDIO or verdict < 0:
        return
    if clock_hz != heard.clock_hz:
        reception_clock(heard, clock_hz)
    reception_timing(heard, header.timestamp, <uint32_t>(now * (clock_hz // 8000)))


cdef void _count_unread(Leg* leg, int verdict) noexcept nogil:
    if verdict == CRYPT_REPLAY:
        leg.stats.replayed += 1
    elif verdict == CRYPT_BAD_TAG or verdict == CRYPT_CROWDED:
        leg.stats.forged += 1
    else:
        leg.reports.figures.malformed += 1


cdef void _take_block(Leg* leg, const ReceptionBlock* block, int64_t now_ns) noexcept nogil:
    """What the far side says of our stream."""
    cdef Reports* reports = leg.reports
    cdef int64_t round_trip = rtcp_round_trip_us(block, _ntp(leg, now_ns))
    cdef int64_t expected = <uint32_t>(block.highest_sequence - reports.first_sequence) + <int64_t>1
    reports.figures.remote_blocks += 1
    reports.figures.remote_lost = block.lost
    # It may have heard a former stream of ours, or speak nonsense: more than was sent cannot be missed.
    reports.figures.remote_expected = <int64_t>leg.stats.sent if expected > <int64_t>leg.stats.sent else expected
    reports.figures.remote_fraction = block.fraction_lost
    reports.figures.remote_jitter_us = <uint32_t>(<uint64_t>block.jitter * 1000000 // leg.wire.sender.clock_hz)
    codec_expect_loss(leg.wire.sender, (100 * <int>block.fraction_lost + 128) // 256)
    if round_trip != RTCP_NO_ROUND_TRIP:
        reports.figures.round_trip_us = round_trip
        reports.figures.round_trip_sum_us += round_trip
        reports.figures.round_trips += 1


cdef void _capture(Leg* leg, int direction, int64_t now_ns, uint64_t peer, const uint8_t* data, int length) noexcept nogil:
    cdef Capture* capture = leg_capture(leg)
    if capture != NULL:
        capture_rtcp(capture, direction, now_ns, peer, data, length)


cdef void reporting_receive(Leg* leg, uint8_t* data, int length, uint64_t sender, bint muxed, int64_t now_ns) noexcept nogil:
    cdef Reports* reports = leg.reports
    cdef RtcpReport report
    cdef uint64_t expected = leg_peer(leg) if muxed else _peer(leg)
    if expected == 0 or sender != expected:
        leg.stats.rejected_source += 1
        return
    if leg.wire.crypt != NULL:
        length = crypt_unprotect_rtcp(leg.wire.crypt, data, length)
        if length < 0:
            _count_unread(leg, length)
            return
    _capture(leg, CAPTURE_RECEIVED, now_ns, sender, data, length)
    if rtcp_parse(data, length, leg.ssrc, &report) != 0:
        reports.figures.malformed += 1
        return
    reports.figures.received += 1
    if report.has_sender_info and reports.heard.started and report.sender == reports.heard.ssrc:
        reception_reported(&reports.heard, report.ntp, _ntp(leg, now_ns))
    if report.has_block:
        _take_block(leg, &report.block, now_ns)
    if report.has_bye and reports.heard.started and report.left == reports.heard.ssrc:
        reports.figures.goodbyes += 1


cdef void _send(Leg* leg, uint64_t peer, bint leaving, int64_t now_ns) noexcept nogil:
    cdef Reports* reports = leg.reports
    cdef RtcpSender* sender = &reports.sender
    cdef RtcpSource* heard = &reports.heard
    cdef uint8_t[RTCP_MAX_SIZE + CRYPT_TRAILER] packet
    cdef int64_t ahead = (now_ns - leg.start_ns) // NS_PER_SAMPLE - leg.timeline
    cdef int length, fd = leg.fd if leg.wire.rtcp_mux else reports.fd
    if fd < 0:
        return
    sender.active = leg.stats.sent > reports.sent_before
    # The turn at timeline sample t sends what was "sampled" at t.
    sender.timestamp = leg.down.timestamp + <uint32_t>(ahead * (leg.wire.sender.clock_hz // 8000))
    sender.packets = <uint32_t>leg.stats.sent
    sender.octets = <uint32_t>leg.stats.sent_octets
    if not heard.started or heard.received == heard.received_prior:
        heard = NULL                              # nothing new of it (section 6.4)
    length = (rtcp_pack_bye if leaving else rtcp_pack_report)(packet, RTCP_MAX_SIZE, sender, heard, _ntp(leg, now_ns))
    if length > 0:
        _capture(leg, CAPTURE_SENT, now_ns, peer, packet, length)
    if length > 0 and leg.wire.crypt != NULL:
        length = crypt_protect_rtcp(leg.wire.crypt, packet, length)
    if length > 0 and send_to(fd, packet, length, peer) == length:
        reports.figures.sent += 1
    reports.sent_before = reports.sent_prior
    reports.sent_prior = leg.stats.sent


cdef void reporting_send(Leg* leg, int64_t now_ns) noexcept nogil:
    cdef uint64_t peer = _peer(leg)
    leg.report_due = leg.timeline + _interval(leg, False)
    if peer:
        _send(leg, peer, False, now_ns)


cdef void reporting_leave(Leg* leg, int64_t now_ns) noexcept nogil:
    cdef uint64_t peer = _peer(leg)
    if peer and (leg.stats.sent or leg.reports.figures.sent):
        _send(leg, peer, True, now_ns)
