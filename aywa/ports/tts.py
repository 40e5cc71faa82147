"""Text to speech: a phrase in, PCM out as it is made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

TTS_SAMPLE_RATE_HZ = 8000  # what the phone leg plays; a provider resamples at its own edge


@dataclass(frozen=True, slots=True)
class WordMark:
    """A word of the phrase and the sample (8 kHz, from the phrase's start) at which it begins."""

    word: str
    at_sample: int


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """Signed 16-bit little-endian mono PCM at 8 kHz, any length, with the words that begin in it if known."""

    pcm: bytes
    words: tuple[WordMark, ...] = ()


class Synthesizer(Protocol):
    """A text-to-speech provider."""

    name: str

    def synthesize(self, text: str) -> AbstractAsyncContextManager[AsyncIterator[SpeechChunk]]:
        """Speak one phrase; the iterator ends with the phrase. Leaving the block stops the provider.

        Raises `ProviderError` from the block or from the iterator.
        """
