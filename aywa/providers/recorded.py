"""Phrases that are played from a recording instead of being made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import copy

import trio

from aywa.ports.routes import RouteReport, of_call
from aywa.ports.tts import SpeechChunk, Synthesizer

_PIECE = 16_000  # bytes: a second


class RecordedPhrases:
    """A synthesizer that has recordings (S16LE of 8 kHz) for some texts; another makes the rest."""

    def __init__(self, synthesizer: Synthesizer, recorded: Mapping[str, bytes]) -> None:
        self.name = synthesizer.name
        self._synthesizer = synthesizer
        self._recorded = dict(recorded)

    def of_call(self, report: RouteReport) -> RecordedPhrases:
        """The same for one call."""
        phrases = copy(self)
        phrases._synthesizer = of_call(self._synthesizer, report)
        return phrases

    @asynccontextmanager
    async def synthesize(self, text: str) -> AsyncIterator[AsyncIterator[SpeechChunk]]:
        """See `aywa.ports.tts.Synthesizer`."""
        if text in self._recorded:
            yield _Pieces(self._recorded[text])
            return
        async with self._synthesizer.synthesize(text) as speech:
            yield speech


class _Pieces:
    """A recording, a second at a time."""

    def __init__(self, pcm: bytes) -> None:
        self._pcm = pcm
        self._at = 0

    def __aiter__(self) -> _Pieces:
        return self

    async def __anext__(self) -> SpeechChunk:
        await trio.lowlevel.checkpoint()
        piece = self._pcm[self._at : self._at + _PIECE]
        if not piece:
            raise StopAsyncIteration
        self._at += len(piece)
        return SpeechChunk(piece)
