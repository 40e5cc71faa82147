"""The embedded voice: format, loudness, word positions, stopping, many phrases at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
import trio

from aywa.errors import ConfigError, ProviderError
from aywa.ports.tts import SpeechChunk
from aywa.providers.embedded_tts import EmbeddedSynthesizer, open_embedded_synthesizer
from aywa.scenarios.registry import SHIPPED, load_scenario

pytestmark = pytest.mark.live

PHRASES = [load_scenario(name).script.greeting for name in SHIPPED] + [
    "Tomorrow.",
    "Friday. How many nights?",
    "H, 4, 7",
]


async def speak(synthesizer: EmbeddedSynthesizer, text: str) -> list[SpeechChunk]:
    """Every chunk of a phrase."""
    async with synthesizer.synthesize(text) as chunks:
        return [chunk async for chunk in chunks]


@asynccontextmanager
async def engine() -> AsyncIterator[EmbeddedSynthesizer]:
    """The voice, with a guard against hanging."""
    with trio.fail_after(60):
        async with open_embedded_synthesizer() as synthesizer:
            yield synthesizer


async def test_phrases_start_at_once_and_are_as_loud_as_speech_should_be() -> None:
    async with engine() as synthesizer:
        for text in PHRASES:
            chunks = await speak(synthesizer, text)
            samples = np.frombuffer(b"".join(chunk.pcm for chunk in chunks), "<i2").astype(np.int32)
            peak_db = 20 * np.log10(np.abs(samples).max() / 32768)
            assert -12 < peak_db < -3, text
            assert np.flatnonzero(np.abs(samples) > 160)[0] <= 40, text
            assert 0.2 < len(samples) / 8000 / len(text.split()) < 0.7, text  # seconds a word


async def test_speed() -> None:
    """Twice as fast is about half as long, but for the pauses."""
    lengths = []
    for speed in (0.5, 1.0, 2.0):
        with trio.fail_after(60):
            async with open_embedded_synthesizer(speed=speed) as synthesizer:
                chunks = await speak(synthesizer, "We have a quiet room with a view of the old town for you.")
        lengths.append(sum(len(chunk.pcm) for chunk in chunks))
    assert 1.5 < lengths[0] / lengths[1] < 2.5
    assert 1.5 < lengths[1] / lengths[2] < 2.5


async def test_words_are_marked_where_they_begin() -> None:
    text = "Your room is booked for Friday, three nights."
    async with engine() as synthesizer:
        chunks = await speak(synthesizer, text)
    marks = [mark for chunk in chunks for mark in chunk.words]
    assert [mark.word for mark in marks] == [
        "Your",
        "room",
        "is",
        "booked",
        "for",
        "Friday",
        "three",
        "nights",
    ]
    at = [mark.at_sample for mark in marks]
    assert at[0] == 0
    assert at == sorted(set(at))
    assert at[-1] < sum(len(chunk.pcm) // 2 for chunk in chunks)


async def test_speech_is_streamed() -> None:
    async with engine() as synthesizer:
        chunks = await speak(synthesizer, PHRASES[0])
    assert len(chunks) > 10
    assert all(len(chunk.pcm) % 2 == 0 for chunk in chunks)


@pytest.mark.parametrize("text", ["", "   ", "\n", "."])
async def test_nothing_to_say(text: str) -> None:
    async with engine() as synthesizer:
        await speak(synthesizer, text)


@pytest.mark.parametrize("text", ["Zoë's café, 20 €", "a\0b", "<speak>&amp;", "你好", "[[xx]]"])
async def test_any_text_is_spoken(text: str) -> None:
    async with engine() as synthesizer:
        assert await speak(synthesizer, text)


async def test_leaving_stops_the_engine() -> None:
    """Ten hours of speech would hold the engine for a minute."""
    async with engine() as synthesizer:
        async with synthesizer.synthesize("This goes on for ever and ever. " * 20_000) as chunks:
            async for chunk in chunks:
                assert chunk.pcm
                break
        assert await speak(synthesizer, "Hello.")


async def test_a_cancelled_scope_stops_the_engine() -> None:
    async with engine() as synthesizer:
        with trio.CancelScope() as scope:
            async with synthesizer.synthesize("This goes on for ever and ever. " * 20_000) as chunks:
                async for _ in chunks:
                    scope.cancel()
        assert scope.cancelled_caught
        assert await speak(synthesizer, "Hello.")


async def test_many_phrases_at_once_do_not_mix() -> None:
    async with engine() as synthesizer:
        alone = [await speak(synthesizer, text) for text in PHRASES]
        together: dict[int, list[SpeechChunk]] = {}

        async def one(index: int) -> None:
            together[index] = await speak(synthesizer, PHRASES[index % len(PHRASES)])

        async with trio.open_nursery() as nursery:
            for index in range(20):
                nursery.start_soon(one, index)
    for index, chunks in together.items():
        words = [mark.word for chunk in alone[index % len(PHRASES)] for mark in chunk.words]
        assert [mark.word for chunk in chunks for mark in chunk.words] == words


async def test_an_unknown_voice_is_an_error() -> None:
    with pytest.raises(ProviderError, match="no voice"):
        async with open_embedded_synthesizer("xx-klingon"):
            pass


async def test_a_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'aywa\[embedded\]'"):
        async with open_embedded_synthesizer():
            pass


async def test_a_listeners_own_exception_comes_out_as_it_is() -> None:
    with pytest.RaisesGroup(KeyError):  # of the synthesizer's nursery, not of the phrase's block
        async with engine() as synthesizer:
            try:
                async with synthesizer.synthesize("Hello."):
                    raise LookupError
            except LookupError:
                raise KeyError from None
