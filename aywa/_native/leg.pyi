"""The memory of one leg and the Python ends of its rings.

Samples of the timeline are 8 kHz; those of PCM, which `write` and `read_recording` take and give, `rate_hz`.
"""

from typing import Any, TypeAlias

from aywa._native.capture import NativeCapture
from aywa._native.wire import NativeWire

_Bytes: TypeAlias = bytes | bytearray | memoryview

class NativeLeg:
    """About 46 KiB, at 16 kHz 80 KiB; with recording 128 or 256 KiB more."""

    def __init__(
        self,
        fd: int,
        *,
        wire: NativeWire,
        ssrc: int,
        sequence: int,
        timestamp: int,
        barge_in: bool,
        timeout_samples: int,
        record: bool,
        vad_mode: int,
        start_ms: int,
        stop_ms: int,
    ) -> None:
        """`fd`: a bound, non-blocking UDP socket. `wire`: taken over; its rate is the leg's for good.

        Raises ValueError when another leg has taken it, MemoryError when memory is out.
        """
    waiter: Any
    """What `NativeEngine.dispatch` hands back when there is something to take; None: nobody waits."""

    def listen(self, pcm_ready: object, low_water: object) -> None:
        """What stands in the mailbox for the level flags, at most once each."""
    def post(self, event: object) -> None:
        """Put an event into the mailbox."""
    def post_flags(self, flags: int) -> None:
        """Put the level flags that do not stand in it into the mailbox."""
    def take(self) -> Any:
        """The oldest of the mailbox; None when it is empty."""
    @property
    def posted(self) -> bool:
        """The mailbox is not empty."""
    @property
    def rate_hz(self) -> int:
        """8000 or 16000: of its PCM."""
    def set_peer(self, peer: int) -> None:
        """Address << 16 | port of the remote side; 0: unknown."""
    def mute(self, muted: bool) -> None: ...
    def hold(self, held: bool) -> None:
        """True: send nothing, keep what waits to be played, hear silence and miss no packets."""
    def read_uplink(self) -> bytes:
        """Decoded audio since the last read, up to the next place where time is missing; 16 kHz S16LE.

        b"" when there is none: to get all, read until then.
        """
    @property
    def uplink_end(self) -> int:
        """The timeline sample after the last one that `read_uplink` returned."""
    def read_recording(self) -> bytes:
        """Up to 8192 stereo frames S16LE."""
    def write(self, pcm: _Bytes, epoch: int) -> int:
        """Samples of S16LE taken. Raises ValueError for half a sample."""
    def want_room(self) -> int:
        """Samples of room; low water will be flagged even if it has been reached before."""
    def mark(self, number: int) -> bool:
        """False with 64 marks waiting."""
    def flush(self) -> None: ...
    def open_gate(self, epoch: int) -> None: ...
    def send_digit(self, code: int, duration_samples: int) -> bool:
        """False with 32 presses waiting."""
    def capture(self, ring: NativeCapture) -> None:
        """Keep packets there from now on, for good; also while the engine has the leg.

        Raises ValueError for a second ring.
        """
    @property
    def epoch(self) -> int: ...
    @property
    def played(self) -> int: ...
    @property
    def unplayed(self) -> int: ...
    @property
    def timeline(self) -> int: ...
    @property
    def memory(self) -> int:
        """Bytes allocated for this leg."""
    @property
    def layout(self) -> dict[str, int]:
        """Where the parts that every packet touches begin, in bytes; "leg": of a cache line."""
    def stats(self) -> dict[str, int]:
        """The counters of legstate.pxd's Stats, and recording_late and recording_lost in samples."""
