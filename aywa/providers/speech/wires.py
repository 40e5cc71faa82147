"""What a vendor's wire has to say to be driven. Implementations are pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from aywa.providers.speech.events import SpeechEvent
from aywa.providers.speech.pcm import AudioFormat, SpeechEdge


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """One HTTP request; `path` follows the base URL, with its query."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpWire(Protocol):
    """A phrase is a request."""

    provider: str

    def request(self, text: str) -> SpeechRequest:
        """What asks for the phrase."""

    def edge(self, headers: Mapping[str, str]) -> SpeechEdge:
        """What becomes of the answer's body. `headers`: the answer's. Raises ProviderError."""


class SpeechSession(Protocol):
    """One websocket's conversation. Contexts are names of phrases, none of them used twice."""

    def hello(self) -> list[str]:
        """What is sent when it is open."""

    def room(self, now: float) -> bool:
        """Whether another phrase may begin. `now`: seconds of any clock that does not go back."""

    def begin(self, context: str, text: str, now: float) -> list[str]:
        """What asks for a phrase."""

    def cancel(self, context: str) -> list[str]:
        """What stops a phrase that nobody wants any more."""

    def keep_alive(self) -> list[str]:
        """What an idle connection sends."""

    def receive(self, frame: str | bytes) -> list[SpeechEvent]:
        """What a frame says; unknown ones say nothing. Raises ProviderError for one that is malformed."""


class SocketWire(Protocol):
    """Phrases go over websockets."""

    @property
    def provider(self) -> str:
        """Its name in errors."""
        ...

    @property
    def path(self) -> str:
        """What follows the base URL, with its query."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Of the upgrade."""
        ...

    @property
    def form(self) -> AudioFormat:
        """Of the audio that was asked for."""
        ...

    @property
    def keep_alive_s(self) -> float:
        """How often an idle connection says so."""
        ...

    @property
    def single(self) -> bool:
        """Whether a connection carries one phrase, and is over with it."""
        ...

    def session(self) -> SpeechSession:
        """For a new connection."""
