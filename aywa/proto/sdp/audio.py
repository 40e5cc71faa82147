"""This side's audio stream, and what an offer and its answer agreed on about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from aywa.errors import EndCode, ProtocolError

from .attributes import Direction
from .crypto import CryptoKeys, LocalSrtp
from .description import SessionDescription
from .formats import PCMA, PCMU, TELEPHONE_EVENT, AudioFormat

UNSPECIFIED = "0.0.0.0"


class NoCommonCodec(ProtocolError):  # noqa: N818  (named as the field names it; the base says it is an error)
    """No audio stream in the description can be carried here."""

    code = "no-common-codec"
    end_code = EndCode.UNACCEPTABLE_OFFER

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, status_hint=488)


class CodecOrder(Enum):
    """Whose order of preference decides between the codecs of an offer."""

    LOCAL = "local"
    OFFER = "offer"


@dataclass(frozen=True, slots=True)
class LocalAudio:
    """This side's stream: RTP address, formats in order of preference, packet time.

    `max_ptime_ms` is the longest packet that can be taken; None says nothing about it. `rtcp_mux`: offer RTCP
    on the RTP port (an offer of it is always taken).
    """

    host: str
    port: int
    formats: tuple[AudioFormat, ...] = (PCMU, PCMA, TELEPHONE_EVENT)
    ptime_ms: int = 20
    max_ptime_ms: int | None = None
    order: CodecOrder = CodecOrder.LOCAL
    rtcp_mux: bool = False
    srtp: LocalSrtp = field(default_factory=LocalSrtp)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What both sides agreed on.

    `answer` is the answer, made or received; `remote` the peer's RTP address (0.0.0.0 on an old hold: send
    only if `direction.sends`); `direction` is this side's; `ptime_ms` is what this side sends.
    `send` has the peer's number and the peer's parameters, its wishes; `receive`, `receive_events` and
    `comfort_noise` the numbers that the peer sends under, `receive[0]` the one it should. `rtcp`: where
    reports go, None for nowhere. `meanings`: what payload types stand for in the two descriptions.
    """

    answer: SessionDescription
    remote: tuple[str, int]
    send: AudioFormat
    receive: tuple[AudioFormat, ...]
    events: AudioFormat | None
    receive_events: tuple[AudioFormat, ...]
    comfort_noise: tuple[AudioFormat, ...]
    ptime_ms: int
    direction: Direction
    rtcp: tuple[str, int] | None
    rtcp_mux: bool = False
    crypto: CryptoKeys | None = None
    meanings: tuple[AudioFormat, ...] = ()

    @property
    def has_address(self) -> bool:
        """False on an old hold, which names no address."""
        return self.remote[0] != UNSPECIFIED

    @property
    def payload_type(self) -> int:
        """The number that audio is sent under."""
        return self.send.payload_type

    @property
    def event_payload_type(self) -> int | None:
        """The number that key presses are sent under."""
        return self.events.payload_type if self.events else None
