"""Windows of many calls, judged together in one thread.

A model that takes 64 windows at once costs a third of what it costs one by one. Batches form by themselves:
whatever has come while one is judged is the next. The engine thread is never touched, and with a thread of
its own the judge can only be late, which the sessions bound.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import trio
from numpy.typing import NDArray

from aywa.errors import ProviderError
from aywa.log import get_logger
from aywa.ports.voice import VoiceListener, VoiceWindow
from aywa.providers.voice_windows import RATE_HZ, WINDOW, VoiceWindows, Window

MAX_BATCH = 64  # beyond it a window gets no cheaper and the first one of the batch waits longer

Floats: TypeAlias = NDArray[np.float32]


class VoiceModel(Protocol):
    """A recurrent model; called from one thread at a time. Its failures are `ProviderError`s."""

    name: str
    state_size: int

    def judge(self, windows: Floats, states: Floats) -> tuple[Floats, Floats]:
        """(B, CONTEXT + WINDOW) and (2, B, state_size) to B probabilities and the states after."""


@dataclass(frozen=True, slots=True)
class VoiceFigures:
    """Counters since the start: windows judged, batches, batches on which the model failed, windows dropped
    as too late; sessions now.
    """

    windows: int
    batches: int
    failures: int
    dropped: int
    sessions: int


class _Session:
    def __init__(self, batcher: VoiceBatcher, heard: VoiceListener) -> None:
        self.windows = VoiceWindows()
        self.heard = heard
        self.memory = np.zeros((2, batcher.model.state_size), np.float32)
        self.queued = False
        self.closed = False
        self._batcher = batcher

    def feed_nowait(self, pcm: bytes, end_sample: int) -> None:
        self.windows.feed(pcm, end_sample)
        self._batcher.queue(self)

    def speech_started(self, at_sample: int) -> None:
        self.windows.speech_started(at_sample)
        self._batcher.queue(self)

    def speech_stopped(self, at_sample: int) -> None:
        self.windows.speech_stopped()


class VoiceBatcher:
    """The judge of a process; made by `open_voice_judge`."""

    def __init__(self, model: VoiceModel) -> None:
        self.model = model
        self.name = model.name
        self._ready: deque[_Session] = deque()
        self._work = trio.Event()
        self._sessions: set[_Session] = set()
        self._windows = self._batches = self._dropped = self._failures = 0

    @contextmanager
    def open(self, heard: VoiceListener) -> Iterator[_Session]:
        """A session of one call."""
        session = _Session(self, heard)
        self._sessions.add(session)
        try:
            yield session
        finally:
            session.closed = True
            self._sessions.discard(session)
            self._dropped += session.windows.dropped

    def figures(self) -> VoiceFigures:
        """How much was judged."""
        dropped = self._dropped + sum(session.windows.dropped for session in self._sessions)
        return VoiceFigures(self._windows, self._batches, self._failures, dropped, len(self._sessions))

    def queue(self, session: _Session) -> None:
        """Let the session take part in the next batch if it has a window; it is in line once at most."""
        if not session.queued and len(session.windows):
            session.queued = True
            self._ready.append(session)
            self._work.set()

    async def serve(self) -> None:
        """Judge until cancelled."""
        limiter = trio.CapacityLimiter(1)
        while True:
            await self._work.wait()
            batch = self._gather()
            if not batch:
                self._work = trio.Event()
                continue
            windows = np.stack([window.samples for _, window in batch])
            states = np.stack([session.memory for session, _ in batch], axis=1)
            try:
                judged = await trio.to_thread.run_sync(self.model.judge, windows, states, limiter=limiter)
            except ProviderError as error:
                self._failed(batch, error)
            else:
                self._tell(batch, *judged)

    def _gather(self) -> list[tuple[_Session, Window]]:
        batch: list[tuple[_Session, Window]] = []
        while self._ready and len(batch) < MAX_BATCH:
            session = self._ready.popleft()
            window = session.windows.take()
            session.queued = window is not None
            if window is None or session.closed:
                continue
            if window.fresh:
                session.memory = np.zeros_like(session.memory)
            batch.append((session, window))
        return batch

    def _failed(self, batch: list[tuple[_Session, Window]], error: ProviderError) -> None:
        """Calls go on as if there were no judge: a window without a verdict is doubted by nobody."""
        if self._failures == 0:
            get_logger("voice").error("voice-judge-failed", detail=error.detail)
        self._failures += 1
        for session, _ in batch:
            session.queued = False
            self.queue(session)

    def _tell(self, batch: list[tuple[_Session, Window]], probabilities: Floats, states: Floats) -> None:
        self._batches += 1
        self._windows += len(batch)
        for place, (session, window) in enumerate(batch):
            session.memory = states[:, place]
            session.queued = False
            self.queue(session)
            if not session.closed:
                session.heard(VoiceWindow(window.end_sample, WINDOW / RATE_HZ, float(probabilities[place])))


@asynccontextmanager
async def open_voice_judge(model: VoiceModel) -> AsyncIterator[VoiceBatcher]:
    """The judge with its task, for as long as the block runs."""
    batcher = VoiceBatcher(model)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(batcher.serve, name="voice judge")
        yield batcher
        nursery.cancel_scope.cancel()
