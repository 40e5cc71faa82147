"""What stands where a provider is missing: it says why, and no call is begun with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aywa.errors import ProviderError, ProviderFault
from aywa.ports.llm import ChatEvent, ChatRequest
from aywa.ports.stt import TranscriberSession
from aywa.ports.tts import SpeechChunk


class AbsentTranscriber:
    """Implements `ports.stt.Transcriber`. A call is not answered that cannot be heard."""

    name = "none"

    def __init__(self, detail: str, *, stage: str = "stt") -> None:
        """`stage`: whose lack it is that keeps calls from being answered."""
        self.detail = detail
        self._stage = stage

    def fault(self) -> str | None:
        """See the port."""
        return self.detail

    @asynccontextmanager
    async def open(self) -> AsyncIterator[TranscriberSession]:
        """Raises ProviderError."""
        raise _missing(self.detail, self._stage)
        yield


class AbsentModel:
    """Implements `ports.llm.ChatModel`."""

    name = "none"

    def __init__(self, detail: str) -> None:
        self.detail = detail

    @asynccontextmanager
    async def stream(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatEvent]]:
        """Raises ProviderError."""
        raise _missing(self.detail, "llm")
        yield


class AbsentSynthesizer:
    """Implements `ports.tts.Synthesizer`."""

    name = "none"

    def __init__(self, detail: str) -> None:
        self.detail = detail

    @asynccontextmanager
    async def synthesize(self, text: str) -> AsyncIterator[AsyncIterator[SpeechChunk]]:
        """Raises ProviderError."""
        raise _missing(self.detail, "tts")
        yield


def _missing(detail: str, stage: str) -> ProviderError:
    return ProviderError(detail, provider="none", stage=stage, fault=ProviderFault.REFUSED)
