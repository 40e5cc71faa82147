"""What a leg knows of reports, its own and the far side's, and of whose packets it takes.

Beside the leg, because most of it is wanted every few seconds; what each packet touches comes first.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from aywa._native.reception cimport RtcpSource
from aywa._native.rtcp cimport RtcpSender
from aywa._native.source cimport SourceLock

cdef struct ReportFigures:
    uint64_t sent
    uint64_t received
    uint64_t malformed
    uint64_t remote_blocks      # reports that told of what we sent
    int64_t remote_lost         # packets of ours that did not arrive; negative with duplicates
    int64_t remote_expected     # packets up to the newest that arrived
    uint32_t remote_fraction    # lost of the newest interval, in 1/256
    uint32_t remote_jitter_us
    int64_t round_trip_us       # the newest
    int64_t round_trip_sum_us
    uint64_t round_trips
    uint64_t goodbyes
    uint64_t bursts             # runs of packets that were lost
    uint64_t recovered          # lost packets that a later one made good

cdef struct Reports:
    RtcpSource heard
    SourceLock lock
    int fd                      # of the RTCP port, -1: none
    uint32_t first_sequence     # of what we sent
    int64_t epoch_ns            # Unix time = the engine's clock + this
    uint64_t sent_prior         # packets when the last report was made
    uint64_t sent_before        # and when the one before it was
    uint64_t seed
    RtcpSender sender
    ReportFigures figures
