"""The memory of one leg and the Python ends of its rings.

Samples of the timeline are 8 kHz; those of PCM, which `write` and `read_recording` take and give, `rate_hz`.
"""

from typing import Any, TypeAlias

from aywa._native.background import NativeClip
from aywa._native.capture import NativeCapture
from aywa._native.wire import NativeWire

_Bytes: TypeAlias = bytes | bytearray | memoryview

class NativeLeg:
    """About 44 KiB, at 16 kHz 76 KiB, with an echo guard 6 KiB more; with recording 128 or 256 KiB more."""

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
        rtcp_fd: int = -1,
        cname: bytes = b"-",
        seed: int = 0,
        nat: int = 0,
        nat_host: int = 0,
        echo_guard: bool = False,
        tones: bool = False,
        follows: bool = False,
    ) -> None:
        """`fd`: a bound, non-blocking UDP socket. `wire`: taken over; its rate is the leg's for good.
        `tones`: look for key presses in the audio. `follows`: its packets go out right after the
        caller's come, for which it leaves a gap in its silence.

        `rtcp_fd`: of the RTCP port, -1: none. `cname`: 1 to 32 bytes that name the leg to the other side.
        `seed`: 64 bits, of the intervals of reports. `nat`: 0, 1 or 2 as for `SourceGuard`, with its host.

        Raises ValueError when another leg has taken it, MemoryError when memory is out.
        """
    waiter: Any
    """What `NativeEngine.dispatch` hands back when there is something to take; None: nobody waits."""

    def release(self) -> None:
        """Free its memory but for the counters and what `read_recording` has not given, which goes with its
        first b"". Nothing is heard or taken any more. Twice is once.

        Raises RuntimeError while an engine has it.
        """
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
    def set_barge_in(self, on: bool) -> None:
        """Whether confirmed speech closes the gate, from now on."""
    def hold(self, held: bool) -> None:
        """True: send nothing, keep what waits to be played, hear silence and miss no packets."""
    def excuse(self, excused: bool) -> None:
        """True: miss no packets; all else goes on."""
    def listen_for_tones(self, tones: bool) -> None:
        """Look for key presses in the audio, or no longer."""
    def play_background(self, clip: NativeClip | None) -> None:
        """Behind everything that is sent, at the leg's rate, 15 dB lower while anything else is heard."""
    def record_apart(self, apart: bool) -> None:
        """The right track keeps the leg's own speech without those in its room and without background."""
    @property
    def start_ns(self) -> int:
        """When timeline sample 0 is, by the engine's clock; 0 before its first tick."""
    def read_uplink(self) -> bytes:
        """Decoded audio since the last read, up to the next place where time is missing; 16 kHz S16LE.

        b"" when there is none: to get all, read until then.
        """
    @property
    def uplink_end(self) -> int:
        """The timeline sample after the last one that `read_uplink` returned."""
    def overhear(self) -> None:
        """Keep what both sides say for `read_overheard` from now on: 128 KiB, at 16 kHz 256.

        Again: what was not read is left out.
        """
    def read_overheard(self) -> bytes:
        """Up to 8192 stereo frames S16LE, the caller left, what is sent to him right; b"" once released."""
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
        """Where the parts that every packet touches begin, in bytes; "leg": of a cache line.

        Not after `release`.
        """
    def report_figures(self) -> dict[str, int]:
        """The counters of reports.pxd's ReportFigures."""
    def stats(self) -> dict[str, Any]:
        """The counters of legstate.pxd's Stats, the place among the received codecs of the one `heard` last
        (above 7: none) and `heard_samples` of its newest packet at 8 kHz; recording_late and recording_lost
        in samples; and the echo's: echo_delay in samples and echo_return_loss_db (None while none was found),
        echo_frames.
        """
