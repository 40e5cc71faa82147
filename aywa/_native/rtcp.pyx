"""RTCP packets (RFC 3550 section 6, RFC 5506): reports read and written, and when to write them."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from aywa._native.reception cimport Reception, reception_report
from aywa.errors import ParseError

cdef enum:
    TYPE_FIRST = 192                # the types RFC 5761 section 4 leaves to RTCP
    TYPE_SR = 200
    TYPE_RR = 201
    TYPE_SDES = 202
    TYPE_BYE = 203
    TYPE_LAST = 223
    SENDER_INFO = 20
    BLOCK = 24
    CNAME = 1
    ROUND_TRIP_MAX = 60 * 65536     # an echo older than a minute is none

cdef double MINIMUM_MS = 5000.0
cdef double COMPENSATION = 2.718281828459045 - 1.5     # of timer reconsideration (section 6.3.1)
cdef int64_t NTP_EPOCH = 2208988800                    # 1970 in seconds since 1900


cdef inline uint32_t _read32(const uint8_t* at) noexcept nogil:
    return (<uint32_t>at[0] << 24) | (<uint32_t>at[1] << 16) | (<uint32_t>at[2] << 8) | at[3]


cdef inline uint8_t* _write32(uint8_t* at, uint32_t value) noexcept nogil:
    at[0] = <uint8_t>(value >> 24)
    at[1] = <uint8_t>(value >> 16)
    at[2] = <uint8_t>(value >> 8)
    at[3] = <uint8_t>value
    return at + 4


cdef void _read_block(const uint8_t* at, ReceptionBlock* block) noexcept nogil:
    block.ssrc = _read32(at)
    block.fraction_lost = at[4]
    # Shifted up as 32 bits and back, which carries the sign of 24.
    block.lost = (<int32_t>(_read32(at + 4) << 8)) >> 8
    block.highest_sequence = _read32(at + 8)
    block.jitter = _read32(at + 12)
    block.last_report = _read32(at + 16)
    block.delay = _read32(at + 20)


cdef int _read_report(const uint8_t* packet, int size, uint32_t our_ssrc, RtcpReport* report) noexcept nogil:
    """An SR or RR of `size` bytes without padding."""
    cdef int count = packet[0] & 31, at = 8 + (SENDER_INFO if packet[1] == TYPE_SR else 0)
    if size < at + BLOCK * count:
        return -1
    report.sender = _read32(packet + 4)
    if packet[1] == TYPE_SR:
        report.has_sender_info = True
        report.ntp = (<uint64_t>_read32(packet + 8) << 32) | _read32(packet + 12)
        report.timestamp = _read32(packet + 16)
        report.packets = _read32(packet + 20)
        report.octets = _read32(packet + 24)
    while count:
        if _read32(packet + at) == our_ssrc:
            report.has_block = True
            _read_block(packet + at, &report.block)
        at += BLOCK
        count -= 1
    return 0


cdef int _read_bye(const uint8_t* packet, int size, RtcpReport* report) noexcept nogil:
    cdef int count = packet[0] & 31
    if size < 4 + 4 * count:
        return -1
    if count and not report.has_bye:
        report.has_bye = True
        report.left = _read32(packet + 4)
    return 0


cdef int rtcp_parse(const uint8_t* data, int length, uint32_t our_ssrc, RtcpReport* report) noexcept nogil:
    cdef int at = 0, size, body, verdict
    memset(report, 0, sizeof(RtcpReport))
    if length < 8:
        return -1
    while at < length:
        # Each packet is whole, of our version and of a type that is RTCP's (A.2; RFC 5506 drops the rule of which
        # comes first).
        if length - at < 4 or data[at] >> 6 != 2 or not TYPE_FIRST <= data[at + 1] <= TYPE_LAST:
            return -1
        size = 4 * (((data[at + 2] << 8) | data[at + 3]) + 1)
        if size > length - at:
            return -1
        body = size
        if data[at] & 0x20:
            # Only the last packet is padded, by a count of whole words that leaves the header (section 6.4.1).
            body = data[at + size - 1]
            if at + size != length or body == 0 or body % 4 or body > size - 4:
                return -1
            body = size - body
        verdict = 0
        if data[at + 1] == TYPE_SR or data[at + 1] == TYPE_RR:
            verdict = _read_report(data + at, body, our_ssrc, report)
        elif data[at + 1] == TYPE_BYE:
            verdict = _read_bye(data + at, body, report)
        elif data[at + 1] != TYPE_SDES:
            report.skipped += 1
        if verdict < 0:
            return -1
        at += size
    return 0


cdef inline uint8_t* _header(uint8_t* at, int count, int kind, int size) noexcept nogil:
    return _write32(at, (<uint32_t>(0x80 | count) << 24) | (<uint32_t>kind << 16) | <uint32_t>(size // 4 - 1))


cdef uint8_t* _write_block(uint8_t* at, RtcpSource* source, uint64_t now_ntp) noexcept nogil:
    cdef ReceptionBlock block
    reception_report(source, now_ntp, &block)
    at = _write32(at, block.ssrc)
    at = _write32(at, (block.fraction_lost << 24) | (<uint32_t>block.lost & 0xFFFFFF))
    at = _write32(at, block.highest_sequence)
    at = _write32(at, block.jitter)
    at = _write32(at, block.last_report)
    return _write32(at, block.delay)


cdef inline int _sdes_size(const RtcpSender* sender) noexcept nogil:
    # Header, SSRC, type and length, the name, and one to four zeros up to a word (section 6.5).
    return 8 + 4 * ((2 + sender.cname_length) // 4 + 1)


cdef int rtcp_pack_report(uint8_t* out, int size, const RtcpSender* sender, RtcpSource* source,
                          uint64_t now_ntp) noexcept nogil:
    cdef int head = 8 + (SENDER_INFO if sender.active else 0) + (BLOCK if source != NULL else 0)
    cdef int tail = _sdes_size(sender)
    cdef uint8_t* at = out
    if size < head + tail:
        return -1
    at = _header(at, 1 if source != NULL else 0, TYPE_SR if sender.active else TYPE_RR, head)
    at = _write32(at, sender.ssrc)
    if sender.active:
        at = _write32(at, <uint32_t>(now_ntp >> 32))
        at = _write32(at, <uint32_t>now_ntp)
        at = _write32(at, sender.timestamp)
        at = _write32(at, sender.packets)
        at = _write32(at, sender.octets)
    if source != NULL:
        at = _write_block(at, source, now_ntp)
    memset(at, 0, tail)
    at = _header(at, 1, TYPE_SDES, tail)
    at = _write32(at, sender.ssrc)
    at[0] = CNAME
    at[1] = <uint8_t>sender.cname_length
    memcpy(at + 2, sender.cname, sender.cname_length)
    return head + tail


cdef int rtcp_pack_bye(uint8_t* out, int size, const RtcpSender* sender, RtcpSource* source,
                       uint64_t now_ntp) noexcept nogil:
    cdef int length = rtcp_pack_report(out, size - 8, sender, source, now_ntp)
    if length < 0:
        return -1
    _write32(_header(out + length, 1, TYPE_BYE, 8), sender.ssrc)
    return length + 8


cdef int64_t rtcp_round_trip_us(const ReceptionBlock* block, uint64_t now_ntp) noexcept nogil:
    cdef int32_t units = <int32_t>(<uint32_t>(now_ntp >> 16) - block.last_report - block.delay)
    if block.last_report == 0 or not -65 <= units <= ROUND_TRIP_MAX:
        return RTCP_NO_ROUND_TRIP
    # The peer's clock rounds: on a short way the difference may come out a millisecond below zero.
    return 0 if units < 0 else (<int64_t>units * 1000000) >> 16


cdef inline double _uniform(uint64_t* seed) noexcept nogil:
    """SplitMix64 (Steele, Lea and Flood 2014), in [0, 1)."""
    cdef uint64_t mixed
    seed[0] += <uint64_t>0x9E3779B97F4A7C15
    mixed = seed[0]
    mixed = (mixed ^ (mixed >> 30)) * <uint64_t>0xBF58476D1CE4E5B9
    mixed = (mixed ^ (mixed >> 27)) * <uint64_t>0x94D049BB133111EB
    return <double>((mixed ^ (mixed >> 31)) >> 11) / 9007199254740992.0


cdef int rtcp_interval_ms(int members, int senders, bint we_sent, double octets, double octets_per_second,
                          bint first, uint64_t* seed) noexcept nogil:
    cdef double minimum = MINIMUM_MS / 2 if first else MINIMUM_MS
    cdef double interval
    if 4 * senders <= members:
        octets_per_second *= 0.25 if we_sent else 0.75
        members = senders if we_sent else members - senders
    interval = 1000.0 * octets * members / octets_per_second if octets_per_second > 0 else minimum
    interval = minimum if interval < minimum else interval
    # An hour bounds what a bandwidth near nothing asks for.
    interval = 3600000.0 if interval > 3600000.0 else interval
    return <int>(interval * (_uniform(seed) + 0.5) / COMPENSATION)


cdef uint64_t rtcp_ntp(int64_t unix_ns) noexcept nogil:
    cdef int64_t seconds = unix_ns // 1000000000
    cdef uint64_t rest = <uint64_t>(unix_ns - seconds * 1000000000)
    return (<uint64_t>(seconds + NTP_EPOCH) << 32) | ((rest << 32) / 1000000000)


cdef int _fill(RtcpSender* sender, uint32_t ssrc, bytes cname) except -1:
    if not 1 <= len(cname) <= RTCP_CNAME_SIZE:
        raise ValueError("a CNAME has 1 to 32 bytes here")
    memset(sender, 0, sizeof(RtcpSender))
    sender.ssrc = ssrc
    sender.cname_length = <int>len(cname)
    memcpy(sender.cname, <const char*>cname, len(cname))
    return 0


def parse_report(const uint8_t[::1] data, uint32_t our_ssrc):
    cdef RtcpReport report
    cdef uint8_t none = 0
    cdef ReceptionBlock* block = &report.block
    if rtcp_parse(&data[0] if data.shape[0] else &none, <int>data.shape[0], our_ssrc, &report) < 0:
        raise ParseError("not a sound RTCP packet", where="rtcp")
    info = (report.ntp, report.timestamp, report.packets, report.octets) if report.has_sender_info else None
    about = (block.ssrc, block.fraction_lost, block.lost, block.highest_sequence, block.jitter, block.last_report,
             block.delay) if report.has_block else None
    return report.sender, info, about, report.left if report.has_bye else None, report.skipped


def pack_report(uint32_t ssrc, bytes cname not None, tuple info, Reception source, uint64_t now_ntp, bint bye=False):
    cdef RtcpSender sender
    cdef uint8_t[RTCP_MAX_SIZE] out
    cdef RtcpSource* heard = &source._source if source is not None else NULL
    cdef int length
    _fill(&sender, ssrc, cname)
    if info is not None:
        sender.active = True
        sender.timestamp, sender.packets, sender.octets = info
    length = (rtcp_pack_bye if bye else rtcp_pack_report)(out, RTCP_MAX_SIZE, &sender, heard, now_ntp)
    return PyBytes_FromStringAndSize(<char*>out, length)


def round_trip_us(uint32_t last_report, uint32_t delay, uint64_t now_ntp):
    cdef ReceptionBlock block
    memset(&block, 0, sizeof(block))
    block.last_report = last_report
    block.delay = delay
    microseconds = rtcp_round_trip_us(&block, now_ntp)
    return None if microseconds < 0 else microseconds


def interval_ms(int members, int senders, bint we_sent, double octets, double octets_per_second, bint first,
                uint64_t seed):
    interval = rtcp_interval_ms(members, senders, we_sent, octets, octets_per_second, first, &seed)
    return interval, seed


def ntp_of(int64_t unix_ns):
    return rtcp_ntp(unix_ns)
