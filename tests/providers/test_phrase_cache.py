"""Fixed phrases come from memory: whole ones only, within a bound, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from aywa.errors import ProviderError
from aywa.ports.tts import SpeechChunk
from aywa.providers.phrase_cache import PhraseCache, open_phrase_cache
from tests.kit.fake_providers import FakeSynthesizer, broken


class Breaking(FakeSynthesizer):
    """Breaks off in its first phrase."""

    @asynccontextmanager
    async def synthesize(self, text: str) -> AsyncIterator[AsyncIterator[SpeechChunk]]:
        if self.spoken:
            async with super().synthesize(text) as speech:
                yield speech
            return
        self.spoken.append(text)
        yield self._break()

    async def _break(self) -> AsyncIterator[SpeechChunk]:
        yield SpeechChunk(bytes(320))
        await trio.lowlevel.checkpoint()
        raise broken("tts")


async def said(cache: PhraseCache, text: str) -> list[SpeechChunk]:
    async with cache.synthesize(text) as speech:
        return [chunk async for chunk in speech]


async def test_a_fixed_phrase_is_made_once(autojump_clock: trio.testing.MockClock) -> None:
    tts = FakeSynthesizer()
    cache = PhraseCache(tts, ["Hello."])
    first, second = await said(cache, "Hello."), await said(cache, "Hello.")
    assert first == second
    assert b"".join(chunk.pcm for chunk in first)
    assert tts.spoken == ["Hello."]
    assert (cache.figures.hits, cache.figures.misses, cache.figures.phrases) == (1, 1, 1)
    assert cache.figures.bytes == sum(len(chunk.pcm) for chunk in first)


async def test_what_a_model_says_is_not_kept(autojump_clock: trio.testing.MockClock) -> None:
    tts = FakeSynthesizer()
    cache = PhraseCache(tts, ["Hello."])
    assert await said(cache, "Hello Mrs. Smith.") == await said(cache, "Hello Mrs. Smith.")
    assert tts.spoken == ["Hello Mrs. Smith."] * 2
    assert cache.figures.phrases == cache.figures.bytes == cache.figures.misses == 0


async def test_half_a_phrase_is_not_kept(autojump_clock: trio.testing.MockClock) -> None:
    tts = Breaking()
    cache = PhraseCache(tts, ["Hello there, everybody."])
    with pytest.raises(ProviderError):
        await said(cache, "Hello there, everybody.")
    assert (cache.figures.phrases, cache.figures.misses) == (0, 1)
    tts.errors.append(broken("tts"))
    await cache.warm()
    assert cache.figures.phrases == 0
    await cache.warm()
    assert cache.figures.phrases == 1


async def test_the_bound_holds(autojump_clock: trio.testing.MockClock) -> None:
    """400 samples a character, two bytes each: ten characters are 8000 bytes."""
    tts = FakeSynthesizer()
    phrases = ["a" * 10, "b" * 10, "c" * 10, "d" * 100]
    cache = PhraseCache(tts, phrases, largest=20_000)
    for phrase in phrases[:2]:
        await said(cache, phrase)
    await said(cache, phrases[0])  # the other one was asked for longer ago
    await said(cache, phrases[2])
    await said(cache, phrases[3])  # too large for all of it
    assert (cache.figures.phrases, cache.figures.bytes, cache.figures.evicted) == (2, 16_000, 1)
    tts.spoken.clear()
    for phrase in (phrases[0], phrases[2], phrases[1]):
        await said(cache, phrase)
    assert tts.spoken == [phrases[1]]


async def test_it_is_warm_before_the_first_call(autojump_clock: trio.testing.MockClock) -> None:
    tts = FakeSynthesizer()
    async with open_phrase_cache(tts, ["One.", "Two."]) as cache:
        await trio.sleep(5)
        assert cache.figures.phrases == 2
        assert cache.name == tts.name
        tts.spoken.clear()
        await said(cache, "Two.")
    assert tts.spoken == []
