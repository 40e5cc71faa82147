"""What a call needs of the media engine: structural, so that tests can put their own leg under a call."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from aywa.media.clip import Clip
from aywa.media.events import LegEvent
from aywa.media.format import MediaFormat
from aywa.media.leg import LegParameters
from aywa.media.routing import Plan, Role
from aywa.ports.capture import CapturedPacket, CaptureMode
from aywa.proto.rtp.quality import StreamQuality


class StatsPort(Protocol):
    """Packet counters: a dataclass with these and more."""

    @property
    def received(self) -> int: ...
    @property
    def lost(self) -> int: ...
    @property
    def echo_delay_ms(self) -> float | None: ...
    @property
    def echo_return_loss_db(self) -> float | None: ...
    @property
    def recording_lost_ms(self) -> float: ...


class LegPort(Protocol):
    """One leg; samples are 8 kHz but where it says `rate_hz`."""

    @property
    def epoch(self) -> int:
        """The gate sequence the engine is at."""

    @property
    def played(self) -> int:
        """Speech samples sent since the leg began."""

    @property
    def timeline(self) -> int:
        """The sample counter of the leg."""

    async def next_event(self) -> LegEvent:
        """The next event; one waiter at a time."""

    def read_uplink(self) -> bytes:
        """What was heard since the last read, up to the next gap: 16 kHz mono; read until it is empty."""

    @property
    def uplink_end(self) -> int:
        """The timeline sample after the last one that `read_uplink` returned."""

    def read_recording(self) -> bytes:
        """Everything recorded since the last read: interleaved stereo at `rate_hz`."""

    def overhear(self) -> None:
        """Keep what both sides say for `read_overheard` from now on."""

    def read_overheard(self) -> bytes:
        """What both sides said since the last read: interleaved stereo at `rate_hz`, the caller left."""

    def write_nowait(self, pcm: bytes, epoch: int) -> int:
        """Samples at `rate_hz` taken into the playout ring; 0 for a stale epoch or a full ring."""

    def mark_nowait(self, mark_id: int) -> None:
        """Report when the sample written last has been sent."""

    def open_gate(self, epoch: int) -> None:
        """Play again."""

    def commit(self, epoch: int) -> None:
        """Drop what was written, then open the gate."""

    def resume(self, epoch: int) -> None:
        """Open the gate; play on at the exact sample."""

    def set_remote(self, host: str, port: int) -> None:
        """Send to another address."""

    @property
    def format(self) -> MediaFormat:
        """What is sent and taken now."""

    @property
    def rate_hz(self) -> int:
        """Samples a second of what is written and recorded: 8000 or 16000; `played` stays at 8 kHz."""

    def set_format(self, format: MediaFormat) -> None:
        """Codecs, packet time, key presses, keys and RTCP from the next packet on."""

    def send_digit(self, digit: str, duration_ms: int = 160) -> None:
        """Send a key press; presses queue. Raises MediaError."""

    def set_barge_in(self, on: bool) -> None:
        """Whether the caller's speech closes the gate, from now on."""

    def hold(self, held: bool) -> None:
        """Send nothing and miss nothing while held; what was written waits."""

    def excuse(self, excused: bool) -> None:
        """Miss nothing while the other side is not to send."""

    def mute_uplink(self, muted: bool) -> None:
        """Hear silence instead of the other side."""

    def play_background(self, clip: Clip | None) -> None:
        """Loop a clip behind all that is sent; None: fade out."""

    def record_apart(self, apart: bool) -> None:
        """Keep on the recording's right track what this side says only, without room and background."""

    @property
    def start_ns(self) -> int:
        """When timeline sample 0 is, in ns of the engine's clock; 0 before the first tick."""

    def quality(self) -> StreamQuality:
        """How both directions have sounded up to now."""

    def capture(self, mode: CaptureMode) -> None:
        """Keep the last packets, in this way, from now on."""

    @property
    def captures(self) -> bool:
        """Whether packets are kept."""

    def captured(self) -> list[CapturedPacket]:
        """What is kept, the oldest first; from any thread, also after the leg's end."""

    def stats(self) -> StatsPort:
        """Packet counters."""


class PortPairPort(Protocol):
    """A reserved RTP address."""

    @property
    def host(self) -> str:
        """What the SDP says."""

    @property
    def port(self) -> int:
        """The RTP port."""

    def release(self) -> None:
        """Give it back; no leg was opened on it."""


PairT = TypeVar("PairT", bound=PortPairPort)


class RoomPort(Protocol):
    """Legs that may hear one another."""

    def seat(self, leg: Any) -> AbstractAsyncContextManager[Any]:
        """The leg's place for as long as the block runs. Raises MediaError or OverloadedError."""

    def arrange(self, plan: Plan, seats: Mapping[Role, Any]) -> None:
        """Let these seats hear one another as the plan says."""


class EnginePort(Protocol[PairT]):
    """The engine."""

    def admit(self) -> None:
        """Raises OverloadedError."""

    def reserve_port(self) -> PairT:
        """An address before the remote is known."""

    def open_leg(self, parameters: LegParameters, *, ports: PairT) -> AbstractAsyncContextManager[LegPort]:
        """Open a leg on a reserved address."""

    def open_room(self, rate_hz: int = 8000) -> AbstractAsyncContextManager[RoomPort]:
        """A room mixed at 8000 or 16000 Hz. Raises OverloadedError."""
