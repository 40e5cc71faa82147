"""RTCP packets (RFC 3550 section 6, RFC 5506): reports read and written, and when to write them."""

from typing import TypeAlias

from aywa._native.reception import Reception

_Bytes: TypeAlias = bytes | bytearray | memoryview
_SenderInfo: TypeAlias = tuple[int, int, int, int]
_Block: TypeAlias = tuple[int, int, int, int, int, int, int]

def parse_report(
    data: _Bytes, our_ssrc: int
) -> tuple[int, _SenderInfo | None, _Block | None, int | None, int]:
    """(reporting SSRC, sender info, block about `our_ssrc`, the SSRC that left, packets of other types).

    The sender info is (NTP time, RTP timestamp, packets, octets), a block that of `Reception.report`. Any
    packet may come first (RFC 5506). Raises ParseError and nothing else: then nothing of the packet counts.
    """

def pack_report(
    ssrc: int,
    cname: bytes,
    info: tuple[int, int, int] | None,
    source: Reception | None,
    now_ntp: int,
    bye: bool = False,
) -> bytes:
    """An SR with `info` (RTP timestamp of `now_ntp`, packets, octets), else an RR, then SDES CNAME, then BYE.

    Ends the interval of `source`. Raises ValueError for a CNAME outside 1..32 bytes, OverflowError for values
    beyond their fields.
    """

def round_trip_us(last_report: int, delay: int, now_ntp: int) -> int | None:
    """Microseconds from LSR and DLSR of a block that came at `now_ntp` (section 6.4.1); None: it echoes no
    report, or lies outside -1 ms (taken as 0) to 60 s."""

def interval_ms(
    members: int,
    senders: int,
    we_sent: bool,
    octets: float,
    octets_per_second: float,
    first: bool,
    seed: int,
) -> tuple[int, int]:
    """Milliseconds to the next report (section 6.3.1 and A.7) and the next seed (64 bits).

    `octets`: a mean report with UDP and IP headers; `octets_per_second`: what all RTCP of the session may
    take. 5 s (2.5 s to the first), or more if that needs it, by 0.5..1.5 and over e - 3/2.
    """

def ntp_of(unix_ns: int) -> int:
    """The 64-bit NTP timestamp (RFC 5905) of a Unix time in nanoseconds."""
