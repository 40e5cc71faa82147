"""What RFC 3550 counts about the packets of one source (sections 6.4.1, A.1, A.3, A.8)."""

class Reception:
    """One source: give it every packet's sequence, and the timing of those that carry sound."""

    def __init__(self, ssrc: int, clock_hz: int = 8000, trusted: bool = True) -> None:
        """Not `trusted`: counts from the second of two packets in order (A.1). Raises ValueError for
        `clock_hz` outside 1..192000, OverflowError for an SSRC beyond 32 bits."""

    def packet(self, sequence: int) -> bool:
        """Whether the packet counts; not on probation, nor the first after a jump of the sequence."""

    def timing(self, timestamp: int, arrival: int) -> None:
        """Both in clock units modulo 2**32. More than a second of change is no jitter and starts anew."""

    def clock(self, clock_hz: int) -> None:
        """Another clock, or the same one after a jump; the jitter is kept in time. Raises ValueError as
        above."""

    def reported(self, sent_ntp: int, arrival_ntp: int) -> None:
        """A sender report came: the NTP time in it and that of its arrival, 64 bits each."""

    @property
    def expected(self) -> int:
        """Packets from the first to the highest sequence."""

    @property
    def lost(self) -> int:
        """Those that did not come; negative with duplicates."""

    @property
    def jitter_ms(self) -> float:
        """Interarrival jitter, milliseconds."""

    def report(self, now_ntp: int) -> tuple[int, int, int, int, int, int, int]:
        """(ssrc, fraction lost in 1/256 since the last report, lost in all within 24 bits, highest sequence
        with its wraps, jitter in clock units, LSR, DLSR in 1/65536 s): a report block (section 6.4.1)."""
