"""What RFC 3550 counts about the packets of one source (sections 6.4.1, A.1, A.3, A.8)."""

from libc.stdint cimport int32_t, int64_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset

cdef enum:
    MODULUS = 1 << 16
    MAX_DROPOUT = 3000              # a gap up to this is loss, beyond it a restart (A.1)
    MAX_MISORDER = 100              # a packet back by this much is late, beyond it a restart (A.1)


cdef void reception_init(RtcpSource* source, uint32_t ssrc, uint32_t clock_hz, int probation) noexcept nogil:
    memset(source, 0, sizeof(RtcpSource))
    source.ssrc = ssrc
    source.clock_hz = clock_hz
    source.probation = <uint16_t>probation


cdef void _begin(RtcpSource* source, uint16_t sequence) noexcept nogil:
    source.base_sequence = sequence
    source.highest_sequence = sequence
    source.bad_sequence = MODULUS + 1
    source.cycles = 0
    source.received = 0
    source.received_prior = 0
    source.expected_prior = 0


cdef int _on_probation(RtcpSource* source, uint16_t sequence) noexcept nogil:
    if sequence == <uint16_t>(source.highest_sequence + 1):
        source.probation -= 1
        source.highest_sequence = sequence
        if source.probation == 0:
            _begin(source, sequence)
            source.received = 1
            return 1
    else:
        source.probation = RECEPTION_MIN_SEQUENTIAL - 1
        source.highest_sequence = sequence
    return 0


cdef int reception_packet(RtcpSource* source, uint16_t sequence) noexcept nogil:
    cdef uint16_t ahead = <uint16_t>(sequence - source.highest_sequence)
    if not source.started:
        source.started = True
        _begin(source, sequence)
        # A.1 starts one packet back, so that the first is the first in order.
        source.highest_sequence = <uint16_t>(sequence - 1) if source.probation else sequence
        ahead = 0
    if source.probation:
        return _on_probation(source, sequence)
    if ahead < MAX_DROPOUT:
        if sequence < source.highest_sequence:
            source.cycles += MODULUS
        source.highest_sequence = sequence
    elif ahead <= MODULUS - MAX_MISORDER:
        if sequence != source.bad_sequence:
            source.bad_sequence = (sequence + 1) & (MODULUS - 1)
            return 0
        # Two in order after a jump: the other side has restarted without saying so.
        _begin(source, sequence)
    source.received += 1
    return 1


cdef void reception_timing(RtcpSource* source, uint32_t timestamp, uint32_t arrival) noexcept nogil:
    cdef uint32_t transit = arrival - timestamp
    cdef int32_t change = <int32_t>(transit - source.transit)
    cdef uint32_t size = <uint32_t>(-<int64_t>change if change < 0 else change)
    source.transit = transit
    if not source.timed:
        source.timed = True
    elif size <= source.clock_hz:
        source.jitter += size - ((source.jitter + 8) >> 4)
    # More than a second is no jitter but another clock, which A.8 would remember for minutes.


cdef void reception_clock(RtcpSource* source, uint32_t clock_hz) noexcept nogil:
    if source.clock_hz:
        source.jitter = <uint32_t>(<uint64_t>source.jitter * clock_hz / source.clock_hz)
    source.clock_hz = clock_hz
    source.timed = False


cdef void reception_reported(RtcpSource* source, uint64_t sent_ntp, uint64_t arrival_ntp) noexcept nogil:
    source.last_report = <uint32_t>(sent_ntp >> 16)
    source.last_report_arrival = arrival_ntp


cdef uint32_t reception_expected(const RtcpSource* source) noexcept nogil:
    if not source.started or source.probation:
        return 0
    return source.cycles + source.highest_sequence - source.base_sequence + 1


cdef int64_t reception_lost(const RtcpSource* source) noexcept nogil:
    return <int64_t>reception_expected(source) - source.received


cdef void reception_report(RtcpSource* source, uint64_t now_ntp, ReceptionBlock* block) noexcept nogil:
    cdef uint32_t expected = reception_expected(source)
    cdef int64_t lost = reception_lost(source)
    cdef int64_t expected_now = <int64_t>expected - source.expected_prior
    cdef int64_t lost_now = expected_now - (<int64_t>source.received - source.received_prior)
    source.expected_prior = expected
    source.received_prior = source.received
    block.ssrc = source.ssrc
    block.fraction_lost = 0
    if expected_now > 0 and lost_now > 0:
        block.fraction_lost = 255 if lost_now >= expected_now else <uint32_t>((lost_now << 8) / expected_now)
    block.lost = 0x7FFFFF if lost > 0x7FFFFF else (-0x800000 if lost < -0x800000 else <int32_t>lost)
    block.highest_sequence = source.cycles + source.highest_sequence
    block.jitter = source.jitter >> 4
    block.last_report = source.last_report
    block.delay = 0
    if source.last_report:
        block.delay = <uint32_t>((now_ntp - source.last_report_arrival) >> 16)


cdef class Reception:
    def __cinit__(self, uint32_t ssrc, uint32_t clock_hz=8000, bint trusted=True):
        if not 1 <= clock_hz <= 192000:
            raise ValueError("an RTP clock has 1 to 192000 Hz")
        reception_init(&self._source, ssrc, clock_hz, 0 if trusted else RECEPTION_MIN_SEQUENTIAL)

    def packet(self, uint16_t sequence):
        return bool(reception_packet(&self._source, sequence))

    def timing(self, uint32_t timestamp, uint32_t arrival):
        reception_timing(&self._source, timestamp, arrival)

    def clock(self, uint32_t clock_hz):
        if not 1 <= clock_hz <= 192000:
            raise ValueError("an RTP clock has 1 to 192000 Hz")
        reception_clock(&self._source, clock_hz)

    def reported(self, uint64_t sent_ntp, uint64_t arrival_ntp):
        reception_reported(&self._source, sent_ntp, arrival_ntp)

    @property
    def expected(self):
        return reception_expected(&self._source)

    @property
    def lost(self):
        return reception_lost(&self._source)

    @property
    def jitter_ms(self):
        return self._source.jitter / 16.0 / self._source.clock_hz * 1000.0

    def report(self, uint64_t now_ntp):
        cdef ReceptionBlock block
        reception_report(&self._source, now_ntp, &block)
        return (block.ssrc, block.fraction_lost, block.lost, block.highest_sequence, block.jitter,
                block.last_report, block.delay)
