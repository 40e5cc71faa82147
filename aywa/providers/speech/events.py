"""What a vendor's frames say, whoever the vendor is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from aywa.errors import ProviderError


@dataclass(frozen=True, slots=True)
class Audio:
    """Bytes in the encoding that was asked for; a sample may be cut in two between one and the next."""

    context: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Words:
    """Words and when each begins, in seconds from the start of the phrase's audio."""

    context: str
    words: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """All of a phrase has come."""

    context: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A phrase cannot be made; None: nothing more comes on this connection."""

    context: str | None
    error: ProviderError


SpeechEvent: TypeAlias = Audio | Words | Ended | Failed
