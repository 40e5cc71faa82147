"""Providers of every stage that fail in every way, when the test says so."""

from __future__ import annotations

import itertools
from array import array
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum

import trio

from aywa.errors import ProviderError, ProviderFault
from aywa.ports.llm import ChatEvent, ChatRequest, Done, Role, Token
from aywa.ports.stt import Final, Partial, TranscriptEvent
from aywa.ports.tts import SpeechChunk, WordMark
from aywa.providers.failover.continuation import GO_ON
from tests.kit.coded_speech import Code

PIECE = 800  # bytes that a voice gives at a time: 50 ms


class Kind(Enum):
    """How."""

    REFUSE = "the connection is refused"
    HANG = "it connects and never answers"
    SILENT = "it opens and says nothing"
    SLOW = "the first byte is late"
    RESET = "it breaks off in the middle"
    LIMITED = "429"
    DOWN = "503"
    MALFORMED = "a driver chokes on what it is sent"
    CLOSE = "it ends before its end"


AT_ONCE = (Kind.REFUSE, Kind.HANG, Kind.SILENT, Kind.SLOW, Kind.LIMITED, Kind.DOWN)


@dataclass
class Trouble:
    """What befalls one provider: each request takes the next fault; `after`: items given before."""

    faults: deque[tuple[Kind, int] | None] = field(default_factory=deque)
    struck: list[float] = field(default_factory=list)
    live: tuple[Kind, int] | None = None  # of a session that is open already

    def next(self) -> tuple[Kind, int] | None:
        """Of the request that begins now."""
        return self.faults.popleft() if self.faults else None

    async def begin(self, stage: str, kind: Kind | None) -> None:
        """While the request is being opened."""
        if kind is None:
            return
        if kind in AT_ONCE:
            self.struck.append(trio.current_time())
        match kind:
            case Kind.REFUSE:
                raise _error(stage, ProviderFault.UNAVAILABLE)
            case Kind.LIMITED:
                raise _error(stage, ProviderFault.RATE_LIMITED, retry_after_s=3.0)
            case Kind.DOWN:
                raise _error(stage, ProviderFault.UNAVAILABLE, status=503)
            case Kind.HANG:
                await trio.sleep_forever()

    async def strike(self, stage: str, kind: Kind, given: int, after: int) -> bool:
        """Before an item; True when the stream shall just end."""
        if kind is Kind.SILENT:
            await trio.sleep_forever()
        if kind is Kind.SLOW and not given:
            await trio.sleep(6.0)
        if kind in AT_ONCE or given < after:
            return False
        self.struck.append(trio.current_time())
        if kind is Kind.RESET or (kind is Kind.CLOSE and stage == "tts"):  # its driver knows the end
            raise _error(stage, ProviderFault.CLOSED)
        if kind is Kind.MALFORMED:
            raise ValueError("an index out of what was sent")
        return True


def _error(
    stage: str, fault: ProviderFault, *, retry_after_s: float | None = None, status: int | None = None
) -> ProviderError:
    return ProviderError(
        "It failed", provider="faulty", stage=stage, fault=fault, retry_after_s=retry_after_s, status=status
    )


class FaultyModel:
    """Answers the n-th words of the caller with the n-th answer, and goes on where another broke off."""

    def __init__(
        self, name: str, answers: Callable[[int], str], *, first_s: float = 0.15, repeats: bool = False
    ) -> None:
        self.name = name
        self.trouble = Trouble()
        self.requests: list[ChatRequest] = []
        self._answers = answers
        self._first_s = first_s
        self.repeats = repeats

    @asynccontextmanager
    async def stream(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatEvent]]:
        self.requests.append(request)
        fault = self.trouble.next()
        await self.trouble.begin("llm", fault[0] if fault else None)
        yield self._run(request, fault)

    async def _run(self, request: ChatRequest, fault: tuple[Kind, int] | None) -> AsyncIterator[ChatEvent]:
        await trio.sleep(self._first_s)
        given = 0
        for token in self._tokens(request):
            if fault and await self.trouble.strike("llm", *fault[:1], given, fault[1]):
                return
            yield Token(token)
            given += 1
            await trio.sleep(0.02)
        if fault and await self.trouble.strike("llm", *fault[:1], given, fault[1]):
            return
        yield Done(prompt_tokens=100, completion_tokens=given)

    def _tokens(self, request: ChatRequest) -> list[str]:
        number = sum(message.role is Role.USER for message in request.messages)
        words = self._answers(number).split()
        last = request.messages[-1]
        if last.role is Role.SYSTEM and last.text == GO_ON:
            said = request.messages[-2].text.split()
            assert words[: len(said)] == said, "what was said is the answer's beginning"
            words = words if self.repeats else words[len(said) :]
        return [word + (" " if index + 1 < len(words) else "") for index, word in enumerate(words)]


class FaultyVoice:
    """Speaks in coded words, `per_character` samples of 8 kHz each, a piece at a time."""

    def __init__(self, name: str, code: Code, per_character: int, *, marks: bool = True) -> None:
        self.name = name
        self.trouble = Trouble()
        self.per_character = per_character
        self.spoken: list[str] = []
        self._code = code
        self.marks = marks

    @asynccontextmanager
    async def synthesize(self, text: str) -> AsyncIterator[AsyncIterator[SpeechChunk]]:
        self.spoken.append(text)
        fault = self.trouble.next()
        await self.trouble.begin("tts", fault[0] if fault else None)
        yield self._run(text, fault)

    async def _run(self, text: str, fault: tuple[Kind, int] | None) -> AsyncIterator[SpeechChunk]:
        await trio.sleep(0.05)
        pcm, begins = self._code.speak(text, self.per_character)
        for given, start in enumerate(range(0, len(pcm), PIECE)):
            if fault and await self.trouble.strike("tts", *fault[:1], given, fault[1]):
                return
            marks = [WordMark(w, at) for w, at in begins if start <= 2 * at < start + PIECE]
            yield SpeechChunk(pcm[start : start + PIECE], tuple(marks) if self.marks else ())
            await trio.sleep(0.02)


class FaultyEars:
    """Understands coded words in what it is fed, and finalises when speech has stopped."""

    def __init__(self, owner: FaultyTranscriber) -> None:
        self._owner = owner
        self._words: list[str] = []
        self._level = 0
        self._given = 0
        self._deaf = False
        self._in, self._out = trio.open_memory_channel[tuple[float, TranscriptEvent]](10_000)

    def feed_nowait(self, pcm: bytes, end_sample: int) -> None:
        for level, _ in itertools.groupby(array("h", pcm)):
            if level != self._level:
                if self._level:
                    self._words.append(self._owner.words[self._level])
                    self._tell(Partial(" ".join(self._words)), 0.05)
                self._level = level

    def speech_started(self, at_sample: int) -> None:
        pass

    def speech_stopped(self, at_sample: int) -> None:
        words, self._words = self._words, []
        self._tell(Final(" ".join(words), 0.9, None, at_sample), 0.1)

    def expect(self, phrases: tuple[str, ...]) -> None:
        pass

    def _tell(self, event: TranscriptEvent, delay_s: float) -> None:
        self._in.send_nowait((trio.current_time() + delay_s, event))

    async def events(self) -> AsyncIterator[TranscriptEvent]:
        while True:
            at, event = await self._out.receive()
            await trio.sleep_until(at)
            if await self._breaks():
                return
            self._given += 1
            yield event

    async def _breaks(self) -> bool:
        """Whatever befalls the session that is open; a deaf one and a slow one say nothing in time."""
        trouble = self._owner.trouble
        if trouble.live is None:
            return False
        kind, left = trouble.live
        if left:
            trouble.live = (kind, left - 1)
            return False
        trouble.live = None
        if kind in (Kind.SILENT, Kind.SLOW):
            trouble.struck.append(trio.current_time())
        if kind is Kind.SILENT:
            await trio.sleep_forever()
        if kind is Kind.SLOW:
            await trio.sleep(6.0)
            return False
        return await trouble.strike("stt", kind, 0, 0)


class FaultyTranscriber:
    """Opens such ears."""

    def __init__(self, name: str, code: Code, trouble: Trouble) -> None:
        """`trouble`: one for several, as it befalls whoever hears."""
        self.name = name
        self.trouble = trouble
        self._code = code

    @property
    def words(self) -> dict[int, str]:
        return {level: word for word, level in self._code.levels.items()}

    def fault(self) -> str | None:
        return None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[FaultyEars]:
        fault = self.trouble.next()
        await self.trouble.begin("stt", fault[0] if fault else None)
        await trio.sleep(0.05)
        yield FaultyEars(self)
