"""One answer that is made ahead, for nobody's ear: the model's words and the first phrase's audio wait here.

```
  model ──events──► kept ──┐                     adopted: stream() and speech() hand over what is there,
  first phrase ──► audio ──┴─► kept, bounded ──► and then what is still coming, in order
                                                 cancelled: all of it is gone
```
Once adopted it goes on in the same task, so nothing is asked for twice.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from math import inf
from typing import TypeVar

import trio

from aywa.errors import ProviderError
from aywa.ports.llm import ChatEvent, ChatModel, ChatRequest, Done, Rewind, Token, Working
from aywa.ports.tts import SpeechChunk, Synthesizer
from aywa.turn.first_phrase import FirstPhrase
from aywa.turn.settings import TurnSettings
from aywa.turn.speculation_budget import SpeculationBudget, SpeculationCost, estimated_tokens

_T = TypeVar("_T")


def estimated_prompt(request: ChatRequest) -> int:
    """How many tokens a request is, at a guess."""
    texts = [message.text for message in request.messages]
    texts += [json.dumps(dict(call.arguments)) for m in request.messages for call in m.tool_calls]
    texts += [tool.name + tool.description + json.dumps(dict(tool.parameters)) for tool in request.tools]
    return estimated_tokens(*texts)


class AheadPhrase:
    """The first phrase: its text, and its audio as far as it was made."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.failed = False
        self.first_audio_at: float | None = None
        # A phrase of audio at most, and its length is bounded.
        self._chunks_in, self._chunks = trio.open_memory_channel[SpeechChunk | ProviderError](inf)

    async def make(self, synthesizer: Synthesizer) -> None:
        """Synthesize it."""
        with self._chunks_in:
            try:
                async with synthesizer.synthesize(self.text) as speech:
                    async for chunk in speech:
                        if self.first_audio_at is None:
                            self.first_audio_at = trio.current_time()
                        self._chunks_in.send_nowait(chunk)
            except ProviderError as error:
                self.failed = True
                self._chunks_in.send_nowait(_bare(error))

    @asynccontextmanager
    async def speech(self) -> AsyncIterator[AsyncIterator[SpeechChunk]]:
        """Its audio from the first sample, as `Synthesizer.synthesize` gives it."""
        await trio.lowlevel.checkpoint()
        yield _each(self._chunks)


class AheadAnswer:
    """Runs in the call's nursery until all is made, or until `cancel`."""

    def __init__(
        self,
        speculation: int,
        request: ChatRequest,
        providers: tuple[ChatModel, Synthesizer],
        budget: SpeculationBudget,
        settings: TurnSettings,
    ) -> None:
        self.speculation = speculation
        self.foreign = False  # others think and speak by now
        self.request = request
        self.failure: str | None = None  # of the model
        self.phrase: AheadPhrase | None = None
        self.first_token_at: float | None = None
        self._model, self._synthesizer = providers
        self._budget = budget
        self._settings = settings.speculation
        self._scope = trio.CancelScope()
        self._wanted = trio.Event()
        self._rewound = trio.Event()
        self._first = FirstPhrase(settings.speaking)
        self._estimate = estimated_prompt(request)
        self._written: list[str] = []
        self._tokens = 0  # of what was written, at a guess
        self._done: Done | None = None
        self._spoken = False  # the first phrase was taken
        # Bounded by `completion_tokens` until it is wanted, and from then on read at once.
        self._events_in, self._events = trio.open_memory_channel[ChatEvent | ProviderError](inf)

    @property
    def cost(self) -> SpeculationCost:
        """What it has cost so far."""
        characters = 0 if self.phrase is None else len(self.phrase.text)
        if self._done is not None and self._done.prompt_tokens:
            return SpeculationCost(self._done.prompt_tokens, self._done.completion_tokens, characters)
        return SpeculationCost(self._estimate, self._tokens, characters, estimated=True)

    async def run(self) -> None:
        """Make it."""
        with self._scope:
            async with trio.open_nursery() as nursery:
                await self._think(nursery)

    def cancel(self) -> None:
        """Stop making it. Twice is once."""
        self._scope.cancel()

    def adopt(self) -> None:
        """It is wanted: go on to its end."""
        self._wanted.set()

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[AsyncIterator[ChatEvent]]:
        """What the model writes, from its first word, as `ChatModel.stream` gives it."""
        await trio.lowlevel.checkpoint()
        yield self._given()

    async def _given(self) -> AsyncIterator[ChatEvent]:
        """Each event; the model that goes on behind a `Rewind` waits until that was answered."""
        events: AsyncIterator[ChatEvent] = _each(self._events)
        async for event in events:
            yield event
            if isinstance(event, Rewind):
                self._rewound.set()

    def speech(self, spoken: str) -> AbstractAsyncContextManager[AsyncIterator[SpeechChunk]] | None:
        """The first phrase's audio, once, if this is the phrase and its audio has not failed."""
        phrase = self.phrase
        if self._spoken or phrase is None or phrase.text != spoken or phrase.failed:
            return None
        self._spoken = True
        return phrase.speech()

    async def _think(self, nursery: trio.Nursery) -> None:
        with self._events_in:
            try:
                async with self._model.stream(self.request) as events:
                    async for event in events:
                        if isinstance(event, Working):
                            continue
                        self._take(event, nursery)
                        if isinstance(event, Rewind):
                            await self._await_rewound()
                        if self._tokens >= self._settings.completion_tokens:
                            await self._wanted.wait()
                self._found(self._first.flush(), nursery)
            except ProviderError as error:
                self.failure = error.detail
                self._events_in.send_nowait(_bare(error))

    async def _await_rewound(self) -> None:
        """Whoever adopts it has begun to speak. Nobody has yet: it is not worth going on with."""
        if not self._wanted.is_set():
            raise ProviderError("The model broke off", provider=self._model.name, stage="llm", retryable=True)
        await self._rewound.wait()
        self._rewound = trio.Event()

    def _take(self, event: ChatEvent, nursery: trio.Nursery) -> None:
        """Keep what the model gives."""
        self._events_in.send_nowait(event)
        match event:
            case Token(text):
                if self.first_token_at is None:
                    self.first_token_at = trio.current_time()
                self._written.append(text)
                self._tokens = estimated_tokens(*self._written)
                self._found(self._first.feed(text), nursery)
            case Done():
                self._done = event
                self._budget.counted(self._estimate, event.prompt_tokens)

    def _found(self, spoken: str, nursery: trio.Nursery) -> None:
        """The first phrase is known: have it spoken, unless the answer speaks for itself by now."""
        if spoken and not self._wanted.is_set() and self._budget.admits_phrase(len(spoken)):
            self.phrase = AheadPhrase(spoken)
            nursery.start_soon(self.phrase.make, self._synthesizer, name="first phrase")


def _bare(error: ProviderError) -> ProviderError:
    """What is kept does not keep the frames it came through, which hold the one who keeps it."""
    return error.with_traceback(None)


async def _each(channel: trio.MemoryReceiveChannel[_T | ProviderError]) -> AsyncIterator[_T]:
    """What is there already comes without a checkpoint: the caller waits for it."""
    while True:
        try:
            item = channel.receive_nowait()
        except trio.EndOfChannel:
            return
        except trio.WouldBlock:
            try:
                item = await channel.receive()
            except trio.EndOfChannel:
                return
        if isinstance(item, ProviderError):
            raise item
        yield item
