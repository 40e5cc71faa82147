"""One recogniser process under Trio: started, restarted when it dies, gone at the end.

A process that had been of use is started again at once. If that fails there are pauses that grow to
`LONGEST_PAUSE_S`, and after a few failures in a row the process counts as lost: nothing is asked of it, and
its starts go on, so that a host that was short of memory or descriptors heals without an operator.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path

import trio

import aywa
from aywa.errors import LocalProtocolError
from aywa.log import get_logger
from aywa.providers.recogniser_queue import FrameQueue
from aywa.providers.recogniser_wire import FrameKind, FrameReader

_MODULE = "aywa.providers.recogniser_worker"
_START_S = 30.0  # loading the model takes 0.2 s on an idle machine
_RESTART_S = 5.0  # that long callers wait for a process that had been there; then it is lost until it is back
_GOODBYE_S = 2.0
# Bytes that wait for a process. A second of audio is 32,000, which take it 30 ms of a core: behind a megabyte
# a result comes later than anybody waits for it, so no utterance begins; those under way may fill the rest.
CROWDED_BYTES = 1 << 20
MOST_BYTES = 4 << 20
_PIECE_BYTES = 1 << 16  # written at a time: what is still here can still be forgotten
_HUNG_S = 10.0  # a process that does not take a piece for so long does not work
_CROWDED_TOLD_S = 10.0
_STEADY_S = 10.0  # a process that was ready for less has failed
_LOST_AFTER = 3  # failures in a row
_FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0

Answer = Callable[[FrameKind, bytes], None]
_log = get_logger("recogniser")


class RecogniserLost(Exception):  # noqa: N818 - between two files, not part of the taxonomy
    """The process could not be started."""


class RecogniserState(Enum):
    """Whether the process can be asked."""

    STARTING = "starting"  # what is asked waits for it
    READY = "ready"
    LOST = "lost"  # what is asked is answered with nothing; the starts go on


class RecogniserProcess:
    """Utterances are numbered by the caller; `answer` receives PARTIAL, RESULT or MISSING of its number.

    A dead process answers every open utterance with `RESULT` and no payload.
    """

    def __init__(self, pronunciations: Mapping[str, str]) -> None:
        self._pronunciations = dict(pronunciations)
        self._answers: dict[int, Answer] = {}
        self._queue = FrameQueue()
        self._told_at = -math.inf  # that it is crowded, in Trio's time
        self._wake = trio.Event()
        self._settled = trio.Event()  # the first start has succeeded or failed for good
        self._process: trio.Process | None = None
        self._failures = 0  # in a row
        self.state = RecogniserState.STARTING
        self.starts = 0

    @property
    def lost(self) -> bool:
        """True while nothing can be asked; it may come back."""
        return self.state is RecogniserState.LOST

    @property
    def busy(self) -> int:
        """Utterances under way."""
        return len(self._answers)

    @property
    def crowded(self) -> bool:
        """True while so much waits for the process that a new utterance would be answered too late."""
        return self._queue.size > CROWDED_BYTES

    @property
    def waiting_bytes(self) -> int:
        """What the process has not taken yet."""
        return self._queue.size

    @property
    def pid(self) -> int | None:
        """The process id while it runs, for tests and diagnosis."""
        return self._process.pid if self._process is not None else None

    async def wait_ready(self) -> None:
        """Wait until the first start is over. Raises RecogniserLost when the model could not be loaded."""
        await self._settled.wait()
        if self.lost:
            raise RecogniserLost

    def begin(self, utterance: int, phrases: Sequence[str], gain: float, answer: Answer) -> None:
        """Start an utterance; audio may follow at once."""
        self._answers[utterance] = answer
        self._send(FrameKind.BEGIN, utterance, json.dumps({"phrases": list(phrases), "gain": gain}).encode())

    def check(self, utterance: int, phrases: Sequence[str], answer: Answer) -> None:
        """Ask which words have no pronunciation."""
        self._answers[utterance] = answer
        self._send(FrameKind.CHECK, utterance, self._check_payload(phrases))

    def feed(self, utterance: int, pcm: bytes) -> None:
        """Audio of an utterance. Where there is no room for it the utterance is answered with nothing."""
        if utterance not in self._answers:
            return
        if self._queue.size > MOST_BYTES:
            self.tell_crowded()
            answer = self._answers[utterance]
            self.abandon(utterance)
            answer(FrameKind.RESULT, b"")
        else:
            self._send(FrameKind.AUDIO, utterance, pcm)

    def tell_crowded(self) -> None:
        """Somebody was not heard because too much waits; it is logged now and then."""
        now = trio.current_time()
        if now >= self._told_at + _CROWDED_TOLD_S:
            self._told_at = now
            _log.warning("recogniser.crowded", waiting_bytes=self._queue.size, utterances=self.busy)

    def end(self, utterance: int) -> None:
        """Ask for the result now."""
        if utterance in self._answers:
            self._send(FrameKind.END, utterance)

    def abandon(self, utterance: int) -> None:
        """Nobody wants the result any more; what the process has not taken of it, it never gets."""
        if self._answers.pop(utterance, None) is not None and not self._queue.forget(utterance):
            self._send(FrameKind.ABANDON, utterance)

    async def serve(self) -> None:
        """Run until cancelled; a process that dies, or that the host refuses, is started again."""
        while True:
            steady = await self._run_once()
            self._failures = 0 if steady else self._failures + 1
            if self._failures >= _LOST_AFTER:
                self._enter(RecogniserState.LOST)
            elif not self.lost:
                self._enter(RecogniserState.STARTING)
            await trio.sleep(_pause_s(self._failures))

    def _enter(self, state: RecogniserState) -> None:
        if state is self.state:
            return
        before, self.state = self.state, state
        if state is not RecogniserState.STARTING:
            self._settled.set()
        if state is RecogniserState.LOST:
            _log.error("recogniser.lost", starts=self.starts)
            self._answer_all()
        elif before is RecogniserState.LOST:
            _log.info("recogniser.back", starts=self.starts)

    async def _run_once(self) -> bool:
        """One life of the process; True when it had been of use for a while."""
        self.starts += 1
        try:
            process = await trio.lowlevel.open_process(
                [sys.executable, "-m", _MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_environment(),
            )
        except OSError as error:  # no descriptor, memory or process left: the host's trouble may pass
            _log.warning("recogniser.start_failed", error=error.strerror, failures=self._failures + 1)
            self._queue.clear()
            self._answer_all()
            return False
        self._process = process
        if self.starts > 1 and self._pronunciations:
            self._queue.put_first(FrameKind.CHECK, 0, self._check_payload(()))
        ready_at = float("inf")
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write, process)
                nursery.start_soon(self._lose_patience)
                ready_at = await self._read(process)
                nursery.cancel_scope.cancel()
        finally:
            self._process = None
            await _say_goodbye(process)
            self._queue.clear()
            self._answer_all()
        _log.warning("recogniser.ended", exit_code=process.returncode, starts=self.starts)
        return trio.current_time() - ready_at >= _STEADY_S

    async def _lose_patience(self) -> None:
        """Callers do not wait for a slow restart as long as the operator waits for the first start."""
        await trio.sleep(_RESTART_S if self._settled.is_set() else _START_S)
        if self.state is RecogniserState.STARTING:
            self._enter(RecogniserState.LOST)

    async def _read(self, process: trio.Process) -> float:
        """Hand out the answers until the process ends; returns when it was ready, in Trio's time."""
        assert process.stdout is not None
        reader, ready_at = FrameReader(), float("inf")
        try:
            with trio.move_on_after(_START_S) as patience:
                async for data in process.stdout:
                    for kind, utterance, payload in reader.feed(bytes(data)):
                        if kind is FrameKind.READY:
                            ready_at, patience.deadline = trio.current_time(), float("inf")
                            self._enter(RecogniserState.READY)
                        else:
                            self._answer(kind, utterance, payload)
        except (trio.BrokenResourceError, LocalProtocolError, ValueError):
            pass  # a broken stream is a dead process: it is replaced
        return ready_at

    async def _write(self, process: trio.Process) -> None:
        assert process.stdin is not None
        try:
            while True:
                if not self._queue.size:
                    self._wake = trio.Event()
                    await self._wake.wait()
                    continue
                patience_s = _START_S if self.state is RecogniserState.STARTING else _HUNG_S
                with trio.move_on_after(patience_s) as patience:
                    await process.stdin.send_all(self._queue.take(_PIECE_BYTES))
                if patience.cancelled_caught:
                    _log.error("recogniser.hung", waiting_bytes=self._queue.size)
                    process.kill()
                    return
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the reader sees the end and cleans up

    def _send(self, kind: FrameKind, utterance: int, payload: bytes = b"") -> None:
        if self.lost:
            self._answer_all()
            return
        self._queue.put(kind, utterance, payload)
        self._wake.set()

    def _answer(self, kind: FrameKind, utterance: int, payload: bytes) -> None:
        answer = self._answers.get(utterance)
        if kind in (FrameKind.RESULT, FrameKind.MISSING):
            self._answers.pop(utterance, None)
        if answer is not None:
            answer(kind, payload)

    def _answer_all(self) -> None:
        answers, self._answers = self._answers, {}
        for answer in answers.values():
            answer(FrameKind.RESULT, b"")

    def _check_payload(self, phrases: Sequence[str]) -> bytes:
        return json.dumps({"phrases": list(phrases), "pronunciations": self._pronunciations}).encode()


def _pause_s(failures: int) -> float:
    """The wait before the next start: none after the first failure, then doubling."""
    if failures < 2:
        return 0.0
    return min(_FIRST_PAUSE_S * 2.0 ** min(failures - 2, 10), LONGEST_PAUSE_S)


async def _say_goodbye(process: trio.Process) -> None:
    """Close the pipes, wait, kill if need be, and reap: no zombie stays behind."""
    with trio.CancelScope(shield=True, deadline=trio.current_time() + 3 * _GOODBYE_S):
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                await pipe.aclose()
        with trio.move_on_after(_GOODBYE_S):
            await process.wait()
            return
        process.kill()
        with trio.move_on_after(_GOODBYE_S):
            await process.wait()


def _environment() -> dict[str, str]:
    """The child must find this very package, wherever it was imported from, and use one thread."""
    root = str(Path(aywa.__file__).parent.parent)
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
