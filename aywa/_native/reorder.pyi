"""The reorder buffer of the uplink: in order, at once, no playout delay (RFC 3550 appendix A.1's rules)."""

from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["accepted", "reset", "late", "duplicate", "suspect", "oversize", "full"]
Popped: TypeAlias = tuple[Literal["hole"], int, int] | tuple[Literal["packet"], int, int, bytes, bool, int]

class ReorderBuffer:
    """Packets of one source. Push each that arrives, then pop until None."""

    def push(
        self,
        sequence: int,
        timestamp: int,
        payload: bytes,
        *,
        ssrc: int = 0,
        marker: bool = False,
        payload_type: int = 0,
    ) -> Verdict:
        """What became of the packet (payload of at most 480 bytes):

        accepted   it waits to be popped (with the one kept aside before it, if that was its predecessor)
        reset      the same, and the source restarted (new SSRC or sequence): what waited before is dropped
        late       the hole it belongs to was conceded
        duplicate  it waits or was given already
        suspect    another SSRC, or 64 ahead, or over 100 behind: kept aside until its successor confirms it
        oversize   refused
        full       refused: pop first
        """

    def pop(self) -> Popped | None:
        """The next thing in order.

        ("packet", sequence, timestamp, payload, marker, payload type); ("hole", packets missing, timestamp of
        the packet after it); None when nothing waits, or fewer than three packets wait behind a hole.
        """

    def concede(self) -> None:
        """Time has passed: the next pop concedes the hole before the earliest waiting packet."""

    @property
    def pending(self) -> int:
        """Packets waiting; more than 0 after pop() gave None means that they wait behind a hole."""
