"""One assistant turn: model, synthesizer and playout feed inside one cancel scope.

```
  model ──tokens──► turn manager ──phrases──► synthesizer ──audio──► playout ring
```
A barge-in cancels the scope, and all three die together. The synthesizer makes phrase n+1 while phrase n is
written, and no further ahead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from math import inf

import trio

from aywa.call.ahead import AheadAnswer
from aywa.call.context import Context
from aywa.call.hearing import Hearing
from aywa.call.playout import Playout
from aywa.call.timeline import Timeline
from aywa.call.tool_rounds import ToolRounds
from aywa.call.tools import ToolRunner
from aywa.errors import ProviderError
from aywa.ports.llm import ChatEvent, ChatModel, ChatRequest, Done, Expect, Rewind, Token, ToolCall
from aywa.ports.tts import SpeechChunk, Synthesizer
from aywa.turn.card_parameter import CardMark, card_asked
from aywa.turn.events import (
    AnswerExpected,
    ModelDone,
    ModelFailed,
    ModelToken,
    SpeechFailed,
    StartGeneration,
    Trigger,
    TurnInput,
    WordAt,
)
from aywa.turn.expectation import ValueKind
from aywa.turn.latency import LatencyClock
from aywa.turn.pending_parameter import asked_by_tools
from aywa.turn.speaking_settings import SpeakingSettings

MAX_ROUNDS = 8  # of tool calls in one answer; a model that wants more goes round in circles


def _all(turn: int) -> str:
    """Nothing is taken back."""
    return ""


def _nothing(trigger: Trigger) -> str:
    """Nobody is told anything."""
    return ""


@dataclass(frozen=True, slots=True)
class GenerationParts:
    """What every assistant turn of a call works with."""

    model: ChatModel
    synthesizer: Synthesizer
    tools: ToolRunner
    context: Context
    hearing: Hearing
    playout: Playout
    timeline: Timeline
    latency: LatencyClock
    receive: Callable[[TurnInput], None]
    speaking: SpeakingSettings
    disclose: Callable[[Trigger], str] = _nothing  # what stands before the model's answer
    rewind: Callable[[int], str] = _all  # takes back what of a turn's text nobody speaks yet
    card_asked: Callable[[str, CardMark], None] | None = None  # the answer asks for card data


@dataclass(slots=True)
class _PhraseAudio:
    """A phrase on its way from the synthesizer to the ring."""

    phrase: int
    chunks: trio.MemoryReceiveChannel[SpeechChunk]


class Generation:
    """An assistant turn that runs. `speak` and `cancel` return at once."""

    def __init__(
        self, start: StartGeneration, parts: GenerationParts, ahead: AheadAnswer | None = None
    ) -> None:
        """`ahead`: the answer that was made before the turn began; from now on this turn owns it."""
        self.turn = start.turn
        self._ahead = ahead
        self._start = start
        self._parts = parts
        self._scope = trio.CancelScope()
        self._audio_came = False
        self._asked = self._written = 0  # phrases
        self._rounds = ToolRounds(
            start.turn,
            parts.tools,
            parts.context,
            parts.timeline,
            parts.speaking,
            parts.receive,
        )
        # Text is small and the model writes faster than anybody speaks: no bound but the model's own.
        self._phrases_in, self._phrases = trio.open_memory_channel[tuple[int, str, str]](inf)

    def speak(self, phrase: int, text: str, spoken: str) -> None:
        """The manager wants this phrase spoken, after those before: `spoken` is said for `text`."""
        self._asked += 1
        self._phrases_in.send_nowait((phrase, text, spoken))

    def cancel(self) -> None:
        """Stop everything this turn does."""
        self._scope.cancel()
        if self._ahead is not None:
            self._ahead.cancel()

    async def run(self) -> None:
        """Until the turn's last sample is in the ring."""
        try:
            await self._run()
        finally:
            if self._ahead is not None:
                self._ahead.cancel()

    async def _run(self) -> None:
        with self._scope:
            async with trio.open_nursery() as nursery:
                audio_in, audio = trio.open_memory_channel[_PhraseAudio](1)
                nursery.start_soon(self._write, audio)
                nursery.start_soon(self._synthesize, audio_in)
                if not self._start.scripted:
                    await self._think()
                # The manager puts its last phrases in while it takes the end of the text.
                self._phrases_in.close()

    async def _think(self) -> None:
        """Ask the model, run its tools, ask again, until the answer's text is complete."""
        parts = self._parts
        if first := parts.disclose(self._start.trigger):
            parts.receive(ModelToken(self.turn, f"{first} "))
            parts.context.note(f'You have just said: "{first}" Go on from there, and do not say it again.')
        try:
            for number in range(MAX_ROUNDS):
                done = await self._ask(number)
                if done is not None:
                    parts.receive(ModelDone(self.turn, done.end_call))
                    return
            raise ProviderError(
                "The model does not stop calling tools", provider=parts.model.name, stage="llm"
            )
        except ProviderError as error:
            parts.timeline.add("llm.failed", turn=self.turn, detail=error.detail, retryable=error.retryable)
            parts.receive(ModelFailed(self.turn, error.detail))

    async def _ask(self, number: int) -> Done | None:
        """One request; None when the model has called tools and must be asked again."""
        parts = self._parts
        await self._rounds.settle()
        request = parts.context.request(parts.tools.box.specs())
        parts.timeline.add(
            "llm.request",
            turn=self.turn,
            trigger=self._start.trigger.name,
            round=number,
            messages=len(request.messages),
        )
        calls: list[ToolCall] = []
        said: list[str] = []
        done, expected = Done(), Expect()
        async with self._events(number, request) as events:
            async for event in events:
                match event:
                    case Token(text):
                        if not said:
                            parts.latency.first_token(self.turn, trio.current_time())
                            parts.timeline.add("llm.first_token", turn=self.turn)
                        said.append(text)
                        parts.receive(ModelToken(self.turn, text))
                    case ToolCall():
                        calls.append(event)
                    case Rewind():
                        said = [self._taken_back("".join(said), event)]
                    case Expect(phrases):
                        expected = event
                        parts.hearing.expect(phrases)
                        parts.receive(AnswerExpected(event.expectation))
                    case Done():
                        done = event
        parts.timeline.add(
            "llm.done",
            turn=self.turn,
            round=number,
            tool_calls=len(calls),
            prompt_tokens=done.prompt_tokens,
            completion_tokens=done.completion_tokens,
            cached_prompt_tokens=done.cached_prompt_tokens,
            end_call=done.end_call,
            **({"provider": done.provider} if done.provider else {}),
        )
        if not calls:
            self._expect_parameter("".join(said), expected)
            return done
        parts.context.tools_called(tuple(calls), "".join(said).strip())
        return await self._rounds.run(calls, self._heard_all)

    def _taken_back(self, said: str, rewind: Rewind) -> str:
        """Another model goes on: half a phrase is better said anew by it. What stays of the round's text."""
        parts = self._parts
        dropped = parts.rewind(self.turn)
        if not said.endswith(dropped):  # what stood before the model's words waited with them
            before, dropped = dropped[: max(0, len(dropped) - len(said))], said
            if before:
                parts.receive(ModelToken(self.turn, before))
        kept = said[: len(said) - len(dropped)]
        if not rewind.keep(kept) and dropped:
            parts.receive(ModelToken(self.turn, dropped))
            return said
        return kept

    def _heard_all(self) -> bool:
        """Whether all that was to be said so far has been played."""
        return self._asked == self._written and self._parts.playout.drained

    def _expect_parameter(self, said: str, expected: Expect) -> None:
        """Say what a tool still lacks and the answer asks for, where the model has not said it itself."""
        parts = self._parts
        if parts.card_asked is not None and (card := card_asked(parts.tools.known(), said)) is not None:
            parts.card_asked(*card)
        if expected.kind is not ValueKind.NONE:
            return
        asked = asked_by_tools(parts.tools.known(), said)
        if asked.kind is ValueKind.NONE and not asked.phrases:
            return
        if expected.phrases:
            asked = replace(asked, phrases=expected.phrases)
        elif asked.phrases:
            parts.hearing.expect(asked.phrases)
        parts.receive(AnswerExpected(asked))

    def _events(
        self, number: int, request: ChatRequest
    ) -> AbstractAsyncContextManager[AsyncIterator[ChatEvent]]:
        """What the model writes; the first round may have been asked for ahead."""
        if number == 0 and self._ahead is not None:
            return self._ahead.stream()
        return self._parts.model.stream(request)

    def _speech(self, spoken: str) -> AbstractAsyncContextManager[AsyncIterator[SpeechChunk]]:
        """A phrase's audio; that of the first one may have been made ahead."""
        made = None if self._ahead is None else self._ahead.speech(spoken)
        return self._parts.synthesizer.synthesize(spoken) if made is None else made

    async def _synthesize(self, audio: trio.MemorySendChannel[_PhraseAudio]) -> None:
        """Phrases in, audio out, one phrase ahead of the one being written."""
        parts = self._parts
        async with audio:
            async for phrase, text, spoken in self._phrases:
                # One phrase of audio at most, and a phrase is never longer than the chunker lets it be.
                chunks_in, chunks = trio.open_memory_channel[SpeechChunk](inf)
                await audio.send(_PhraseAudio(phrase, chunks))
                reworded = {} if spoken == text else {"spoken": spoken}
                parts.timeline.add("tts.phrase", turn=self.turn, phrase=phrase, text=text, **reworded)
                try:
                    with chunks_in:
                        async with self._speech(spoken) as speech:
                            async for chunk in speech:
                                if phrase == 0:
                                    self._first_audio()
                                chunks_in.send_nowait(chunk)
                except ProviderError as error:
                    parts.timeline.add("tts.failed", turn=self.turn, phrase=phrase, detail=error.detail)
                    parts.receive(SpeechFailed(self.turn, phrase, error.detail))
                    return

    def _first_audio(self) -> None:
        """Audio of the turn's first phrase came; only the first piece counts."""
        if not self._audio_came:
            self._audio_came = True
            self._parts.latency.first_audio(self.turn, trio.current_time())
            self._parts.timeline.add("tts.first_audio", turn=self.turn)

    async def _write(self, audio: trio.MemoryReceiveChannel[_PhraseAudio]) -> None:
        """Audio into the ring, phrase by phrase."""
        playout = self._parts.playout
        async for phrase in audio:
            async for chunk in phrase.chunks:
                words = tuple(WordAt(word.word, word.at_sample) for word in chunk.words)
                await playout.write(self.turn, phrase.phrase, chunk.pcm, words)
            playout.end_phrase(self.turn, phrase.phrase)
            self._written += 1
