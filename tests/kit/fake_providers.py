"""Recogniser, model, synthesizer and tools that do what the test says."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager

import trio
import trio.lowlevel

from aywa.errors import ProviderError
from aywa.ports.llm import ChatEvent, ChatRequest, Done, Role, Token, ToolCall, ToolSpec
from aywa.ports.stt import Final, TranscriptEvent
from aywa.ports.tts import SpeechChunk

SAMPLES_PER_CHARACTER = 400  # 50 ms


class FakeEars:
    """One recogniser session: whatever the caller `says` is its final, shortly after the VAD's stop."""

    def __init__(self, stt: FakeTranscriber) -> None:
        self._stt = stt
        self.expected: list[tuple[str, ...]] = []
        self.fed: list[tuple[int, int]] = []  # samples of 16 kHz, and where on the timeline they end
        self._in, self._out = trio.open_memory_channel[tuple[float, TranscriptEvent | Exception]](1000)

    def feed_nowait(self, pcm: bytes, end_sample: int) -> None:
        self.fed.append((len(pcm) // 2, end_sample))

    def speech_started(self, at_sample: int) -> None:
        pass

    def speech_stopped(self, at_sample: int) -> None:
        text = self._stt.words.popleft() if self._stt.words else ""
        if text is not None:
            self.hear(Final(text, None, None, at_sample), self._stt.delay_s)

    def expect(self, phrases: tuple[str, ...]) -> None:
        self.expected.append(phrases)

    def hear(self, event: TranscriptEvent | Exception, delay_s: float = 0.0) -> None:
        """Report this; an exception is raised by the iterator."""
        self._in.send_nowait((trio.current_time() + delay_s, event))

    async def events(self) -> AsyncIterator[TranscriptEvent]:
        while True:
            at, event = await self._out.receive()
            await trio.sleep_until(at)
            if isinstance(event, Exception):
                raise event
            yield event


class FakeTranscriber:
    """Opens ears. `words` are what the caller will have said, in order; None: nothing is ever reported."""

    name = "fake-stt"

    def __init__(self) -> None:
        self.words: deque[str | None] = deque()
        self.delay_s = 0.1
        self.sessions: list[FakeEars] = []
        self.open_errors: deque[Exception] = deque()

    def fault(self) -> str | None:
        return None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[FakeEars]:
        await trio.lowlevel.checkpoint()
        if self.open_errors:
            raise self.open_errors.popleft()
        session = FakeEars(self)
        self.sessions.append(session)
        yield session


Step = ChatEvent | float | Exception


class FakeModel:
    """Answers in order, each a list of events, pauses in seconds and exceptions; then it repeats itself."""

    name = "fake-llm"

    def __init__(self, *answers: list[Step]) -> None:
        self.answers: deque[list[Step]] = deque(answers)
        self.requests: list[ChatRequest] = []

    @asynccontextmanager
    async def stream(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatEvent]]:
        self.requests.append(request)
        steps = self.answers.popleft() if self.answers else says("Is there anything else?")
        async with aclosing(self._run(steps)) as events:
            yield events

    async def _run(self, steps: list[Step]) -> AsyncGenerator[ChatEvent, None]:
        for step in steps:
            if isinstance(step, float):
                await trio.sleep(step)
            elif isinstance(step, Exception):
                raise step
            else:
                await trio.sleep(0.01)
                yield step

    def history(self, request: int = -1) -> list[tuple[str, str]]:
        """A request's messages without the prompt."""
        return [(m.role.value, m.text) for m in self.requests[request].messages if m.role is not Role.SYSTEM]


def says(text: str, *, end_call: bool = False, after: float = 0.1) -> list[Step]:
    """An answer in tokens of a word each."""
    words = text.split(" ")
    tokens: list[Step] = [
        Token(word + (" " if index + 1 < len(words) else "")) for index, word in enumerate(words)
    ]
    return [after, *tokens, Done(end_call)]


class FakeSynthesizer:
    """A constant tone, 50 ms a character, made faster than it is played."""

    name = "fake-tts"

    def __init__(self) -> None:
        self.spoken: list[str] = []
        self.errors: deque[Exception | None] = deque()
        self.lead_samples = 0  # of silence before each phrase
        self.hang = False

    @asynccontextmanager
    async def synthesize(self, text: str) -> AsyncIterator[AsyncIterator[SpeechChunk]]:
        self.spoken.append(text)
        error = self.errors.popleft() if self.errors else None
        if error is not None:
            raise error
        yield self._run(text)

    async def _run(self, text: str) -> AsyncIterator[SpeechChunk]:
        await trio.sleep(0.05)
        if self.hang:
            await trio.sleep_forever()
        samples = array("h", [0] * self.lead_samples + [8000] * (len(text) * SAMPLES_PER_CHARACTER))
        pcm = samples.tobytes()
        for start in range(0, len(pcm), 1600):
            yield SpeechChunk(pcm[start : start + 1600])
            await trio.sleep(0.005)


class FakeTools:
    """Tools that are functions of the test."""

    def __init__(self, functions: Mapping[str, Callable[[ToolCall], Awaitable[str]]]) -> None:
        self._functions = functions
        self.invoked: list[ToolCall] = []
        self.settled: dict[str, object] = {}

    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(ToolSpec(name, name, {}) for name in self._functions)

    async def invoke(self, call: ToolCall) -> str:
        self.invoked.append(call)
        return await self._functions[call.name](call)

    def slots(self) -> Mapping[str, object]:
        return self.settled


class FakeScenario:
    """A prompt and tools."""

    name = "fake"
    prompt = "You are a hotel."
    end_call_phrases = ("goodbye",)

    def __init__(self, functions: Mapping[str, Callable[[ToolCall], Awaitable[str]]] | None = None) -> None:
        self._functions = functions or {}
        self.boxes: list[FakeTools] = []

    def open_tools(self) -> FakeTools:
        box = FakeTools(self._functions)
        self.boxes.append(box)
        return box


def broken(stage: str, *, retryable: bool = False) -> ProviderError:
    """What a provider raises."""
    return ProviderError("The provider broke off", provider="fake", stage=stage, retryable=retryable)
