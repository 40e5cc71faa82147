"""Fixed phrases are made once: the greeting, apologies, fillers come from memory in every call.

Only what is the same for every caller is kept. A sentence of the model may hold a name or a number, and
belongs to nobody but its call.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass

import trio

from aywa.errors import ProviderError
from aywa.log import get_logger
from aywa.ports.routes import RouteReport, of_call
from aywa.ports.tts import SpeechChunk, Synthesizer

LARGEST_BYTES = 8 << 20  # eight minutes of speech
_WARMING_BOUND_S = 30.0  # for one phrase: a provider that hangs is found out by the first call
_log = get_logger("phrases")


@dataclass(slots=True)
class PhraseFigures:
    """Since the start. `bytes` and `phrases` are what is kept now."""

    bytes: int = 0
    phrases: int = 0
    hits: int = 0
    misses: int = 0
    evicted: int = 0


class PhraseCache:
    """A synthesizer that remembers the phrases it was told are fixed, by voice and text.

    Above `largest` bytes those that were asked for longest ago are forgotten.
    """

    def __init__(
        self, synthesizer: Synthesizer, fixed: Iterable[str], *, voice: str = "", largest: int = LARGEST_BYTES
    ) -> None:
        self.name = synthesizer.name
        self.figures = PhraseFigures()
        self._synthesizer = synthesizer
        self._voice = voice or synthesizer.name
        self._fixed = frozenset(fixed)
        self._largest = largest
        self._kept: OrderedDict[tuple[str, str], tuple[SpeechChunk, ...]] = OrderedDict()

    def of_call(self, report: RouteReport) -> PhraseCache:
        """The same for one call: what is kept is kept for all."""
        cache = copy(self)
        cache._synthesizer = of_call(self._synthesizer, report)
        return cache

    @asynccontextmanager
    async def synthesize(self, text: str) -> AsyncIterator[AsyncIterator[SpeechChunk]]:
        """See `aywa.ports.tts.Synthesizer`; of a phrase that is kept everything is there at once."""
        key = (self._voice, text)
        kept = self._kept.get(key)
        if kept is not None:
            self.figures.hits += 1
            self._kept.move_to_end(key)
            yield _Said(kept)
            return
        async with self._synthesizer.synthesize(text) as speech:
            if text not in self._fixed:
                yield speech
                return
            self.figures.misses += 1
            yield _Keeping(speech, lambda chunks: self._keep(key, chunks))

    async def warm(self) -> None:
        """Make every fixed phrase. What cannot be made now is made by the first call that needs it."""
        for text in sorted(self._fixed):
            try:
                with trio.move_on_after(_WARMING_BOUND_S):
                    async with self.synthesize(text) as speech:
                        async for _ in speech:
                            pass
            except ProviderError as error:
                _log.warning("phrases.not_made", detail=error.detail)
                return

    def _keep(self, key: tuple[str, str], chunks: tuple[SpeechChunk, ...]) -> None:
        size = _size(chunks)
        if key in self._kept or not 0 < size <= self._largest:
            return
        self._kept[key] = chunks
        self.figures.bytes += size
        while self.figures.bytes > self._largest:
            _, oldest = self._kept.popitem(last=False)
            self.figures.bytes -= _size(oldest)
            self.figures.evicted += 1
        self.figures.phrases = len(self._kept)


@asynccontextmanager
async def open_phrase_cache(synthesizer: Synthesizer, fixed: Iterable[str]) -> AsyncIterator[PhraseCache]:
    """A cache that is being warmed while the block runs."""
    cache = PhraseCache(synthesizer, fixed)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(cache.warm, name="fixed phrases")
        yield cache
        nursery.cancel_scope.cancel()


class _Said:
    """What is kept of a phrase."""

    def __init__(self, chunks: tuple[SpeechChunk, ...]) -> None:
        self._chunks = iter(chunks)

    def __aiter__(self) -> _Said:
        return self

    async def __anext__(self) -> SpeechChunk:
        await trio.lowlevel.checkpoint()
        for chunk in self._chunks:
            return chunk
        raise StopAsyncIteration


class _Keeping:
    """A phrase that is being made; only one that came to its end is whole."""

    def __init__(
        self, speech: AsyncIterator[SpeechChunk], keep: Callable[[tuple[SpeechChunk, ...]], None]
    ) -> None:
        self._speech = speech
        self._keep = keep
        self._chunks: list[SpeechChunk] = []

    def __aiter__(self) -> _Keeping:
        return self

    async def __anext__(self) -> SpeechChunk:
        try:
            chunk = await anext(self._speech)
        except StopAsyncIteration:
            self._keep(tuple(self._chunks))
            raise
        self._chunks.append(chunk)
        return chunk


def _size(chunks: tuple[SpeechChunk, ...]) -> int:
    return sum(len(chunk.pcm) for chunk in chunks)
