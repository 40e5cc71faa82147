"""Recogniser, model and voice of known delays, for a runtime in this process.

Which dialogue a call is, the dialled user says (`12.ru`): the observer of the timeline learns it in the
call's own task, and whatever that task starts inherits it. The recogniser does not listen: callers tell it
over UDP what they have said, at the moment at which a recogniser would have known.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import trio

from aywa.clock import monotonic_now
from aywa.ports.llm import ChatEvent, ChatRequest, Done, Role, Token
from aywa.ports.store import TimelineEntry
from aywa.ports.stt import Final, Partial, TranscriptEvent
from aywa.ports.tts import SpeechChunk
from bench.turns.voice import answer_text, say

LLM_S = 0.2  # to the first token
TTS_S = 0.1  # to the first byte
CONFIDENCE = 0.9
GREETING_WORDS, ANSWER_WORDS = 3, 8
_PIECE = 3200  # bytes; a voice sends 200 ms at a time
_USER = re.compile(r"sip:(\d+)\.([a-z]{2})@")
_SAMPLES = 8000
_current: ContextVar[str] = ContextVar("dialogue", default="")


class Log:
    """What happened when, a JSON object a line; `t` is CLOCK_MONOTONIC in seconds, as callers have it."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("w", encoding="utf-8", buffering=1 << 16)
        self._calls: dict[str, str] = {}

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, dialogue: str, kind: str, **data: object) -> None:
        """One line."""
        line = {"t": monotonic_now(), "d": dialogue, "k": kind, **data}
        self._file.write(json.dumps(line, default=str, ensure_ascii=False) + "\n")

    def observe(self, entry: TimelineEntry) -> None:
        """A timeline's entry, as `open_runtime` reports it."""
        if entry.kind == "call.created":
            found = _USER.search(str(entry.data.get("to", "")))
            self._calls[entry.call_id] = f"{found[1]}.{found[2]}" if found else ""
            _current.set(self._calls[entry.call_id])
        self.add(self._calls.get(entry.call_id, ""), "timeline", event=entry.kind, data=dict(entry.data))


@dataclass
class HearingSession:
    """One caller's recogniser; it knows from its audio's times where on the call's clock a moment lies."""

    lag: float = inf  # seconds by which the newest audio is behind now, at the least
    _events: tuple[trio.MemorySendChannel[TranscriptEvent], trio.MemoryReceiveChannel[TranscriptEvent]] = (
        field(default_factory=lambda: trio.open_memory_channel[TranscriptEvent](inf))
    )

    def feed_nowait(self, pcm: bytes, end_sample: int) -> None:
        """Learn the clock."""
        self.lag = min(self.lag, monotonic_now() - end_sample / _SAMPLES)

    def speech_started(self, at_sample: int) -> None:
        """It has its own ears."""

    def speech_stopped(self, at_sample: int) -> None:
        """It has its own silence."""

    def expect(self, phrases: tuple[str, ...]) -> None:
        """It needs no hints."""

    async def events(self) -> AsyncIterator[TranscriptEvent]:
        """What the caller told it."""
        async for event in self._events[1]:
            yield event

    def told(self, message: dict[str, Any]) -> None:
        """What was said: kind, text and the moments between which, in seconds of CLOCK_MONOTONIC."""
        if message["kind"] == "partial":
            self._events[0].send_nowait(Partial(message["text"], CONFIDENCE))
            return
        start, end = (self._sample(float(message[name])) for name in ("start", "end"))
        self._events[0].send_nowait(Final(message["text"], CONFIDENCE, start, end))

    def _sample(self, moment: float) -> int | None:
        return None if self.lag == inf else max(0, int((moment - self.lag) * _SAMPLES))


class EmulatedTranscriber:
    """Hears what callers tell it on a UDP port of loopback."""

    name = "emulated"

    def __init__(self, port: int) -> None:
        self._port = port
        self._sessions: dict[str, HearingSession] = {}

    def fault(self) -> str | None:
        """Never."""
        return None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[HearingSession]:
        """A session of the call whose task this is."""
        dialogue, session = _current.get(), HearingSession()
        self._sessions[dialogue] = session
        try:
            yield session
        finally:
            del self._sessions[dialogue]

    async def serve(self) -> None:
        """Take what callers tell until cancelled."""
        with trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            await bound.bind(("127.0.0.1", self._port))
            while True:
                message = json.loads(await bound.recv(65535))
                session = self._sessions.get(message["d"])
                if session is not None:
                    session.told(message)


class EmulatedModel:
    """Answers each request with words of its own, `LLM_S` after it."""

    name = "emulated"

    def __init__(self, log: Log) -> None:
        self._log = log
        self._answers: dict[str, int] = {}

    @asynccontextmanager
    async def stream(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatEvent]]:
        """One generation."""
        asked, dialogue = monotonic_now(), _current.get()
        number = self._answers[dialogue] = self._answers.get(dialogue, -1) + 1
        heard = [message.text for message in request.messages if message.role is Role.USER]
        words = ANSWER_WORDS if heard else GREETING_WORDS
        text = answer_text(dialogue.partition(".")[2], dialogue, number, words)
        user = " / ".join(heard[-3:])
        self._log.add(dialogue, "llm.request", n=number, user=user, text=text, asked=asked)
        tokens = self._tokens(dialogue, number, text)
        try:
            yield tokens
        finally:
            await tokens.aclose()

    async def _tokens(self, dialogue: str, number: int, text: str) -> AsyncGenerator[ChatEvent, None]:
        await trio.sleep(LLM_S)
        self._log.add(dialogue, "llm.first_token", n=number)
        for word in text.split():
            yield Token(word + " ")
        yield Done()


class EmulatedVoice:
    """Speaks each phrase whole, `TTS_S` after it was asked."""

    name = "emulated"

    def __init__(self, log: Log) -> None:
        self._log = log

    @asynccontextmanager
    async def synthesize(self, text: str) -> AsyncIterator[AsyncIterator[SpeechChunk]]:
        """One phrase."""
        dialogue = _current.get()
        self._log.add(dialogue, "tts.request", text=text)
        chunks = self._chunks(dialogue, text)
        try:
            yield chunks
        finally:
            await chunks.aclose()

    async def _chunks(self, dialogue: str, text: str) -> AsyncGenerator[SpeechChunk, None]:
        asked = trio.current_time()
        speech = say(dialogue.partition(".")[2], dialogue, text)
        await trio.sleep_until(asked + TTS_S)
        self._log.add(dialogue, "tts.first_byte", text=text)
        for at in range(0, len(speech.pcm), _PIECE):
            yield SpeechChunk(speech.pcm[at : at + _PIECE])
