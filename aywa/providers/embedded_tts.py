"""Text to speech without a service: espeak-ng in process, on a thread of its own, streamed.

One thread serves all calls: espeak-ng speaks some 500 times faster than it plays, so a two-second phrase
holds the engine for about 5 ms.
"""

from __future__ import annotations

import math
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from aywa.errors import ProviderError
from aywa.ports.tts import SpeechChunk, WordMark
from aywa.providers.espeak import EspeakEngine, Word
from aywa.providers.phrase_audio import PhraseAudio


@asynccontextmanager
async def open_embedded_synthesizer(
    voice: str = "en-us", speed: float = 1.0
) -> AsyncIterator[EmbeddedSynthesizer]:
    """Load espeak-ng (40 ms). One at a time in a process: the library has a single engine. `speed`: 0.5 to 2.

    Raises `ConfigError` when the extra is not installed, `ProviderError` when the engine does not start.
    """
    engine = await trio.to_thread.run_sync(EspeakEngine, voice, speed)
    try:
        async with trio.open_nursery() as nursery:
            yield EmbeddedSynthesizer(engine, nursery)
            nursery.cancel_scope.cancel()
    finally:
        engine.close()  # no phrase is left: the nursery waited for the thread


class EmbeddedSynthesizer:
    """Phrases queue for the engine in the order they were asked for."""

    name = "embedded"

    def __init__(self, engine: EspeakEngine, nursery: trio.Nursery) -> None:
        self._engine = engine
        self._nursery = (
            nursery  # not one per phrase: a listener's own exceptions must not come out as a group
        )
        self._turn = trio.CapacityLimiter(1)

    @asynccontextmanager
    async def synthesize(self, text: str) -> AsyncIterator[AsyncIterator[SpeechChunk]]:
        """See `aywa.ports.tts.Synthesizer`. Leaving the block stops the engine at its next piece."""
        # Unbounded: the engine must not wait for a slow listener; a phrase is a few hundred kilobytes.
        send, receive = trio.open_memory_channel[SpeechChunk](math.inf)
        phrase = _Phrase(text, self._engine, send)
        self._nursery.start_soon(self._speak, phrase)
        try:
            yield _Chunks(receive, phrase)
        finally:
            phrase.stop()
            receive.close()

    async def _speak(self, phrase: _Phrase) -> None:
        with phrase.send, phrase.waiting:
            try:
                token = trio.lowlevel.current_trio_token()
                await trio.to_thread.run_sync(phrase.run, token, limiter=self._turn)
            except ProviderError as error:
                phrase.error = error


class _Phrase:
    """One phrase on the engine's thread."""

    def __init__(self, text: str, engine: EspeakEngine, send: trio.MemorySendChannel[SpeechChunk]) -> None:
        self.send = send
        self.stopped = threading.Event()
        self.waiting = trio.CancelScope()  # ends the wait for the engine
        self.error: ProviderError | None = None
        self._text = text
        self._engine = engine
        self._audio = PhraseAudio(engine.rate_hz)
        self._words: list[Word] = []
        self._token: trio.lowlevel.TrioToken | None = None

    def stop(self) -> None:
        """Speak no further."""
        self.stopped.set()
        self.waiting.cancel()

    def run(self, token: trio.lowlevel.TrioToken) -> None:
        """In the engine's thread: speak until the end or until `stopped`."""
        self._token = token
        if self.stopped.is_set() or not self._text.strip():
            return
        self._engine.speak(self._text, self._take)
        if not self.stopped.is_set():
            self._hand_over(self._audio.finish())

    def _take(self, pcm: bytes, words: list[Word]) -> bool:
        self._words += words
        if pcm:
            self._hand_over(self._audio.add(pcm))
        return not self.stopped.is_set()

    def _hand_over(self, pcm: bytes) -> None:
        if not pcm:
            return  # words wait for the audio they begin in
        marks = tuple(self._mark(word) for word in self._words)
        self._words.clear()
        assert self._token is not None
        # In order, and without waiting for the loop: a round trip per piece would cost more than the speech.
        self._token.run_sync_soon(_send, self.send, SpeechChunk(pcm, marks))

    def _mark(self, word: Word) -> WordMark:
        return WordMark(self._text[word.start : word.start + word.length], self._audio.position(word.sample))


def _send(channel: trio.MemorySendChannel[SpeechChunk], chunk: SpeechChunk) -> None:
    """On the loop: the listener may have left in the meantime."""
    try:
        channel.send_nowait(chunk)
    except (trio.ClosedResourceError, trio.BrokenResourceError):
        return


class _Chunks:
    """The pieces of a phrase, then the engine's error, if any. A class, not a generator: nothing to close."""

    def __init__(self, receive: trio.MemoryReceiveChannel[SpeechChunk], phrase: _Phrase) -> None:
        self._receive = receive
        self._phrase = phrase

    def __aiter__(self) -> _Chunks:
        return self

    async def __anext__(self) -> SpeechChunk:
        try:
            return await self._receive.receive()
        except trio.EndOfChannel:
            if self._phrase.error is not None:
                raise self._phrase.error from None
            raise StopAsyncIteration from None
