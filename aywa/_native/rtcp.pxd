"""RTCP packets (RFC 3550 section 6, RFC 5506): reports read and written, and when to write them."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from aywa._native.reception cimport ReceptionBlock, RtcpSource

cdef enum:
    RTCP_CNAME_SIZE = 32
    RTCP_MAX_SIZE = 128             # bytes of the longest packet written here
    RTCP_NO_ROUND_TRIP = -1

# What came in one compound packet; `has_` says which parts are filled.
cdef struct RtcpReport:
    uint32_t sender                 # the SSRC that reports
    bint has_sender_info            # a sender report
    uint64_t ntp
    uint32_t timestamp
    uint32_t packets
    uint32_t octets
    bint has_block                  # a report block about our SSRC
    ReceptionBlock block
    bint has_bye                    # some source has left
    uint32_t left                   # the first of those that did
    int skipped                     # packets of types that say nothing here: XR, feedback, APP, unknown

# What a report says about us.
cdef struct RtcpSender:
    uint32_t ssrc
    bint active                     # sent RTP since the last but one report: an SR, else an RR
    uint32_t timestamp              # RTP time of `now_ntp`
    uint32_t packets
    uint32_t octets                 # of payload
    int cname_length                # 1..RTCP_CNAME_SIZE
    char cname[RTCP_CNAME_SIZE]

# 0, or -1: some rule is broken and nothing of the packet counts (`report` is undefined). Never reads past
# data[length - 1].
cdef int rtcp_parse(const uint8_t* data, int length, uint32_t our_ssrc, RtcpReport* report) noexcept nogil
# SR or RR with SDES CNAME; `source` (what is heard) may be NULL, its interval ends. Bytes, or -1: `size` too small.
cdef int rtcp_pack_report(uint8_t* out, int size, const RtcpSender* sender, RtcpSource* source,
                          uint64_t now_ntp) noexcept nogil
# The same with a BYE behind it.
cdef int rtcp_pack_bye(uint8_t* out, int size, const RtcpSender* sender, RtcpSource* source,
                       uint64_t now_ntp) noexcept nogil
# Microseconds, or RTCP_NO_ROUND_TRIP: the block echoes no report of ours, or is impossible.
cdef int64_t rtcp_round_trip_us(const ReceptionBlock* block, uint64_t now_ntp) noexcept nogil
# Milliseconds to the next report (section 6.3.1, A.7); `octets` of a mean report with UDP and IP headers,
# `octets_per_second` for all RTCP of the session; `seed` is drawn from and moves on.
cdef int rtcp_interval_ms(int members, int senders, bint we_sent, double octets, double octets_per_second,
                          bint first, uint64_t* seed) noexcept nogil
cdef uint64_t rtcp_ntp(int64_t unix_ns) noexcept nogil      # NTP timestamp (RFC 5905) of a Unix time
