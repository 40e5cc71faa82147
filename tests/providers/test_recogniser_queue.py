"""What waits for a recogniser process is bounded, and leaves with those who wanted it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from aywa.providers.embedded_session import EmbeddedSession
from aywa.providers.recogniser_process import CROWDED_BYTES, MOST_BYTES, RecogniserProcess
from aywa.providers.recogniser_queue import FrameQueue
from aywa.providers.recogniser_wire import FrameKind, FrameReader, encode_frame
from tests.kit.recogniser import FakeProcess

SECOND = bytes(32_000)  # of audio


def frames_in(data: bytes) -> list[tuple[FrameKind, int, bytes]]:
    return list(FrameReader().feed(data))


@asynccontextmanager
async def serving(process: RecogniserProcess) -> AsyncIterator[None]:
    """It runs, and is ready, while the block does."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(process.serve)
        await process.wait_ready()
        yield
        nursery.cancel_scope.cancel()


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.integers(1, 4), st.binary(max_size=40)),
            st.tuples(st.just("take"), st.integers(1, 100), st.just(b"")),
            st.tuples(st.just("forget"), st.integers(1, 4), st.just(b"")),
        )
    )
)
def test_the_queue_is_what_a_list_of_frames_would_be(steps: list[tuple[str, int, bytes]]) -> None:
    queue, model = FrameQueue(), []
    for what, number, payload in steps:
        if what == "put":
            queue.put(FrameKind.AUDIO, number, payload)
            model.append((number, encode_frame(FrameKind.AUDIO, number, payload)))
        elif what == "forget":
            assert queue.forget(number) is False, "no beginning is among them"
            model = [entry for entry in model if entry[0] != number]
        else:
            expected = b""
            while model and (not expected or len(expected) + len(model[0][1]) <= number):
                expected += model.pop(0)[1]
            assert queue.take(number) == expected
        assert queue.size == sum(len(frame) for _, frame in model)


def test_what_goes_first_is_taken_first() -> None:
    queue = FrameQueue()
    queue.put(FrameKind.BEGIN, 1)
    queue.put_first(FrameKind.CHECK, 0, b"{}")
    assert [kind for kind, _, _ in frames_in(queue.take(1000))] == [FrameKind.CHECK, FrameKind.BEGIN]
    queue.put(FrameKind.END, 1)
    queue.clear()
    assert (queue.size, queue.take(1000)) == (0, b"")


class Stdin:
    """The end of a pipe that takes what it is allowed to."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.stuck = False

    async def send_all(self, data: bytes) -> None:
        await trio.lowlevel.checkpoint()
        while self.stuck:  # noqa: ASYNC110 - on a virtual clock
            await trio.sleep(1)
        self.written += data

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()


class Stdout:
    """A process that is ready and then says nothing until it is killed."""

    def __init__(self) -> None:
        self.dead = trio.Event()
        self._said = False

    def __aiter__(self) -> Stdout:
        return self

    async def __anext__(self) -> bytes:
        if not self._said:
            self._said = True
            return encode_frame(FrameKind.READY, 0)
        await self.dead.wait()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()


class Pipes:
    """Instead of processes: their pipes, one pair for each start."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stdins: list[Stdin] = []
        self.kills = 0
        monkeypatch.setattr(trio.lowlevel, "open_process", self._open)

    async def _open(self, *arguments: Any, **options: Any) -> Any:
        await trio.lowlevel.checkpoint()
        stdin, stdout = Stdin(), Stdout()
        self.stdins.append(stdin)

        def kill() -> None:
            self.kills += 1
            stdout.dead.set()

        return SimpleNamespace(
            pid=os.getpid(), stdin=stdin, stdout=stdout, kill=kill, wait=stdout.dead.wait, returncode=-9
        )


class Results:
    """What was answered to each utterance."""

    def __init__(self) -> None:
        self.of: dict[int, list[bytes]] = {}

    def to(self, utterance: int) -> Any:
        return lambda kind, payload: self.of.setdefault(utterance, []).append(payload)


@contextmanager
def unread(process: RecogniserProcess) -> Iterator[None]:
    """Nothing is written while the block runs: it has no checkpoint."""
    assert process.waiting_bytes == 0
    yield


async def test_abandoned_utterances_leave_nothing_waiting(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    pipes, process = Pipes(monkeypatch), RecogniserProcess({})
    async with serving(process):
        (stdin,) = pipes.stdins
        with unread(process):
            for number in (1, 2):
                process.begin(number, ("yes",), 1.0, Results().to(number))
                process.feed(number, SECOND)
            process.abandon(1)
            process.abandon(2)
            assert (process.waiting_bytes, process.busy) == (0, 0)
        process.begin(3, ("yes",), 1.0, Results().to(3))
        await trio.sleep(1)
        process.feed(3, SECOND)
        process.abandon(3)
        await trio.sleep(1)
        told = [(kind, number) for kind, number, _ in frames_in(bytes(stdin.written))]
        assert told == [(FrameKind.BEGIN, 3), (FrameKind.ABANDON, 3)], "it had heard of the third only"


async def test_an_utterance_without_room_is_answered_with_nothing(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    pipes, process, results = Pipes(monkeypatch), RecogniserProcess({}), Results()
    async with serving(process):
        pipes.stdins[0].stuck = True
        process.begin(1, ("yes",), 1.0, results.to(1))
        process.begin(2, ("yes",), 1.0, results.to(2))
        await trio.sleep(1)
        assert not process.crowded
        while process.waiting_bytes <= MOST_BYTES:
            assert process.crowded == (process.waiting_bytes > CROWDED_BYTES)
            process.feed(1, SECOND)
        assert results.of == {}
        process.feed(1, SECOND)
        assert results.of == {1: [b""]}
        assert process.busy == 1, "the other one goes on"
        assert process.waiting_bytes < 1000
        process.feed(1, SECOND)
        process.end(1)
        assert process.waiting_bytes < 1000


async def test_a_process_that_takes_nothing_is_replaced(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    pipes, process, results = Pipes(monkeypatch), RecogniserProcess({}), Results()
    async with serving(process):
        await trio.sleep(30)
        assert pipes.kills == 0, "with nothing to take it is only idle"
        pipes.stdins[0].stuck = True
        process.begin(1, ("yes",), 1.0, results.to(1))
        await trio.sleep(9)
        assert pipes.kills == 0
        await trio.sleep(2)
        assert (pipes.kills, process.starts) == (1, 2)
        assert results.of == {1: [b""]}
        assert not process.lost


async def test_no_utterance_begins_where_it_would_be_answered_too_late() -> None:
    quick, slow = FakeProcess(), FakeProcess()
    slow.crowded = True
    session = EmbeddedSession([slow, quick], count(1))  # type: ignore[list-item]
    session.expect(("hello",))
    session.feed_nowait(SECOND, 8000)
    session.speech_started(4000)
    assert (list(slow.heard), list(quick.heard)) == ([], [1])
    session.speech_stopped(8000)
    quick.crowded = True
    session.speech_started(12_000)
    session.feed_nowait(SECOND, 16_000)
    session.speech_stopped(16_000)
    assert (list(slow.heard), list(quick.heard)) == ([], [1])
    assert slow.told_crowded + quick.told_crowded == 1
