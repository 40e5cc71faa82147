"""`aywa-media` whose providers say canaries and fail with canaries in their messages; at its end it crashes.

The first answer of the model is a canary phrase, the second a provider's error, the third a bug's.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import cycle

import trio

from aywa.errors import ProviderError
from aywa.ports.llm import ChatRequest, Purpose
from aywa.ports.stt import Final, Partial, TranscriptEvent
from aywa.runtime import providers
from aywa_server import serve
from tests.kit.fake_providers import FakeEars, FakeModel, FakeSynthesizer, FakeTranscriber, says


class CanaryEars(FakeEars):
    """Hears a canary every half second."""

    def __init__(self, stt: FakeTranscriber, heard: Iterator[str]) -> None:
        super().__init__(stt)
        self._heard = heard

    async def events(self) -> AsyncIterator[TranscriptEvent]:
        sample = 8000
        for text in self._heard:
            await trio.sleep(0.3)
            yield Partial(text, 0.5)
            await trio.sleep(0.2)
            yield Final(text, 0.9, sample, sample + 4000)
            sample += 8000


class CanaryTranscriber(FakeTranscriber):
    """Hears phrases and cards."""

    def __init__(self, heard: Iterator[str]) -> None:
        super().__init__()
        self._heard = heard

    @asynccontextmanager
    async def open(self) -> AsyncIterator[CanaryEars]:
        await trio.lowlevel.checkpoint()
        yield CanaryEars(self, self._heard)


class CanaryModel(FakeModel):
    """A call each: it answers, its provider fails, it breaks."""

    def __init__(self, phrases: Iterator[str], cards: Iterator[str]) -> None:
        super().__init__()
        self._phrases, self._cards = phrases, cards
        self._failed = 0

    @asynccontextmanager
    async def stream(self, request: ChatRequest):  # type: ignore[no-untyped-def]
        words = "".join(message.text for message in request.messages)
        told = f"{next(self._phrases)}, card {next(self._cards)}"
        if request.purpose is Purpose.CONVERSE and "card" in words:
            logging.getLogger("provider").warning("refused: %s", told)
            self._failed += 1
            if self._failed % 2:
                error = ProviderError("The model answered 500", provider="fake", stage="llm")
                raise error from ValueError(told)
            raise RuntimeError(told)
        self.answers.appendleft(says(f"{told}."))
        async with super().stream(request) as events:
            yield events


@asynccontextmanager
async def open_canaries(*_arguments: object) -> AsyncIterator[providers.Providers]:
    """In place of the providers that the settings name."""
    known = json.loads(os.environ["AYWA_TEST_CANARIES"])
    phrases, cards = cycle(known["phrase"]), cycle(known["card"])
    heard = (f"{phrase}, my card is {card}" for phrase, card in zip(phrases, cards, strict=False))
    yield providers.Providers(CanaryTranscriber(heard), CanaryModel(phrases, cards), FakeSynthesizer())


def main() -> None:
    """Serve until told to stop, then crash."""
    providers._open_named = open_canaries  # type: ignore[assignment]
    serve.main([])
    known = json.loads(os.environ["AYWA_TEST_CANARIES"])
    sys.stdout.write("stopped\n")
    raise RuntimeError(f"{known['phrase'][0]} {known['password'][0]} {known['phone'][0]}")


if __name__ == "__main__":
    main()
