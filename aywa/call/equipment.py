"""What hears, thinks and speaks in one call, and what it may ask of that call.

Providers of a call are chosen before there is the call: what they tell it and ask of it goes through a scope,
which is bound when the call begins, and again when another assistant takes it over.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from aywa.errors import ProviderError
from aywa.ports.llm import ChatModel
from aywa.ports.server_requests import Whom
from aywa.ports.stt import Transcriber
from aywa.ports.tts import Synthesizer


class VoiceLine(Protocol):
    """By whom a call's own servers are asked for sound."""

    def voice(
        self, message: dict[str, object], whom: Whom | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The sound that a `voice-request` is answered with, as it comes."""


class CallScope:
    """Of one call and one leader of it. Before it is bound nothing can be asked, and what is told is lost."""

    def __init__(self) -> None:
        self._note: Callable[..., object] | None = None
        self._line: VoiceLine | None = None

    def bind(self, note: Callable[..., object], line: VoiceLine) -> None:
        """The call has begun. `note`: adds to its timeline."""
        self._note, self._line = note, line

    def release(self) -> None:
        """The call is over."""
        self._note = self._line = None

    def note(self, kind: str, **data: object) -> None:
        """Into the call's timeline."""
        if self._note is not None:
            self._note(kind, **data)

    def ask_voice(
        self, message: dict[str, object], whom: Whom | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Raises ProviderError before the call has begun and after its end."""
        if self._line is None:
            raise ProviderError("there is no call to speak in", provider="custom-voice", stage="tts")
        return self._line.voice(message, whom)


@dataclass(frozen=True, slots=True)
class Equipment:
    """Of one call, or of as much of it as one assistant leads."""

    transcriber: Transcriber
    model: ChatModel
    synthesizer: Synthesizer

    @property
    def names(self) -> tuple[str, str, str]:
        """Of what is asked first: `provider` or `provider/model`, in that order."""
        return self.transcriber.name, self.model.name, self.synthesizer.name


Equip: TypeAlias = Callable[[CallScope], Equipment]


async def _nothing() -> None:
    """There is nothing to make ready."""


@dataclass(frozen=True, slots=True)
class Outfit:
    """What a call is equipped with as soon as it is there: its accounts are known, nothing is connected.

    `warm` makes connections ready while the phone rings, and never raises; `cheaper`: what is used instead
    when most of a budget is spent; None: there is no such thing.
    """

    equip: Equip
    warm: Callable[[], Awaitable[None]] = _nothing
    cheaper: Equip | None = None
