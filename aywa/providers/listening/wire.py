"""What a recogniser's wire must tell the driver: frames out, events back, and its manners. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, TypeAlias

from aywa.errors import ProviderFault
from aywa.ports.stt import Final, TranscriptEvent
from aywa.providers.listening.audio_clock import AudioClock

Frame: TypeAlias = str | bytes


class Sign(Enum):
    """What a frame may mean besides words."""

    READY = "the session has begun"
    SETTLED = "all that was said before the last request for finals has been answered"


Heard: TypeAlias = TranscriptEvent | Sign


@dataclass(frozen=True, slots=True)
class Manners:
    """How a wire wants to be treated; times in seconds, pieces in milliseconds.

    `sign_s`: how soon after opening it promises READY; None if it promises nothing. `holds_audio`: audio
    waits for READY. `deaf_s`: speech for so long without any frame means that it does not listen: without one
    since it began, or, of a `steady` recogniser, since the last one; one that is steady `in_silence` goes on
    until it has given its final. `answers_finals`: every request for finals is answered. `verdict_s`: how
    long after the end of speech a final is waited for before what there is counts; None where the recogniser
    alone judges when a turn is over, within `turn_s` of its end. `gated`: only speech is sent, with some
    of what was before it. `keep_alive_s`: how long it may be without a frame.
    """

    piece_ms: int = 100
    coarse_ms: int = 800  # while nobody has been speaking for a while
    least_ms: int = 0
    most_ms: int = 1000
    sign_s: float | None = None
    holds_audio: bool = False
    deaf_s: float | None = 1.25
    steady: bool = False
    in_silence: bool = False
    answers_finals: bool = False
    verdict_s: float | None = 1.5
    turn_s: float = 7.0
    gated: bool = False
    keep_alive_s: float | None = None
    close_codes: Mapping[int, ProviderFault] = field(default_factory=dict)


class Wire(Protocol):
    """One session's codec. `take` raises ParseError for what its protocol does not allow, ProviderError for
    what the recogniser says is wrong; frames of unknown kinds are nothing.
    """

    manners: Manners

    def opening(self) -> Iterable[Frame]:
        """What is said first."""

    def audio(self, pcm: bytes) -> Frame:
        """A piece of 16 kHz S16LE mono."""

    def finals(self) -> Iterable[Frame]:
        """The request to finalise what was heard."""

    def keep_alive(self) -> Frame:
        """What is said in place of audio; asked for only where the manners name an interval."""

    def hints(self, phrases: tuple[str, ...]) -> Iterable[Frame]:
        """What the dialogue expects next."""

    def goodbye(self) -> Iterable[Frame]:
        """What ends the session."""

    def take(self, frame: Frame, clock: AudioClock) -> list[Heard]:
        """What a frame says. Raises ParseError and ProviderError."""

    def rest(self, clock: AudioClock) -> Final | None:
        """What was heard and is not final yet, taken as final because nothing more comes."""
