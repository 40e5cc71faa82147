"""What RFC 3550 counts about the packets of one source (sections 6.4.1, A.1, A.3, A.8)."""

from libc.stdint cimport int32_t, int64_t, uint16_t, uint32_t, uint64_t

cdef enum:
    RECEPTION_MIN_SEQUENTIAL = 2    # packets in order before an unknown source is believed (A.1)

cdef struct RtcpSource:
    uint32_t ssrc
    uint32_t clock_hz               # of the RTP timestamps
    uint32_t cycles                 # sequence wraps, times 65536
    uint32_t base_sequence          # the first that counted
    uint32_t bad_sequence           # the one after a jump, at which a restarted sender is believed
    uint32_t received
    uint32_t expected_prior         # when the last report was made
    uint32_t received_prior
    uint32_t transit                # arrival minus timestamp, in clock units
    uint32_t jitter                 # 16 times clock units
    uint32_t last_report            # middle 32 bits of the NTP time in the newest SR of this source; 0: none
    uint64_t last_report_arrival    # NTP time of arrival
    uint16_t highest_sequence
    uint16_t probation              # packets in order that are still wanted
    bint started                    # a packet has come
    bint timed                      # `transit` holds a packet's

# A report block (section 6.4.1).
cdef struct ReceptionBlock:
    uint32_t ssrc
    uint32_t fraction_lost          # of the interval, in 1/256
    int32_t lost                    # in all; negative with duplicates; 24 bits
    uint32_t highest_sequence       # wraps in the upper half
    uint32_t jitter                 # clock units
    uint32_t last_report            # LSR
    uint32_t delay                  # DLSR, 1/65536 s

# `probation`: 0 for a source that is known otherwise, else RECEPTION_MIN_SEQUENTIAL.
cdef void reception_init(RtcpSource* source, uint32_t ssrc, uint32_t clock_hz, int probation) noexcept nogil
# 1: the packet counts; 0: it does not (on probation, or the sequence has jumped).
cdef int reception_packet(RtcpSource* source, uint16_t sequence) noexcept nogil
# `arrival` in units of the RTP clock, from any fixed point. Not for telephone-events, whose timestamps stand still.
cdef void reception_timing(RtcpSource* source, uint32_t timestamp, uint32_t arrival) noexcept nogil
# The clock is another one from here on, or has jumped: jitter is kept in time, transit is taken anew.
cdef void reception_clock(RtcpSource* source, uint32_t clock_hz) noexcept nogil
# A sender report of this source, by the NTP time in it and that of its arrival.
cdef void reception_reported(RtcpSource* source, uint64_t sent_ntp, uint64_t arrival_ntp) noexcept nogil
# Packets that should have come since the first, and those of them that did not: signed, negative with duplicates.
cdef uint32_t reception_expected(const RtcpSource* source) noexcept nogil
cdef int64_t reception_lost(const RtcpSource* source) noexcept nogil
# The block for a report that is now sent: ends the interval of the fraction lost.
cdef void reception_report(RtcpSource* source, uint64_t now_ntp, ReceptionBlock* block) noexcept nogil

cdef class Reception:
    cdef RtcpSource _source
