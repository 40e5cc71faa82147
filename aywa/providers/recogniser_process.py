"""One recogniser process under Trio: started, restarted when it dies, gone at the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import trio

import aywa
from aywa.errors import LocalProtocolError
from aywa.providers.recogniser_wire import FrameKind, FrameReader, encode_frame

_MODULE = "aywa.providers.recogniser_worker"
_START_S = 30.0  # loading the model takes 0.2 s on an idle machine
_GOODBYE_S = 2.0
_MAX_BACKLOG = (
    8 << 20
)  # bytes that a worker may owe (4 minutes of audio): beyond it the process counts as hung
_RESTARTS = 3  # in a row without having been ready

Answer = Callable[[FrameKind, bytes], None]


class RecogniserLost(Exception):  # noqa: N818 - between two files, not part of the taxonomy
    """The process ended and could not be started again."""


class RecogniserProcess:
    """Utterances are numbered by the caller; `answer` receives PARTIAL, RESULT or MISSING of its number.

    A dead process answers every open utterance with `RESULT` and no payload.
    """

    def __init__(self, pronunciations: Mapping[str, str]) -> None:
        self._pronunciations = dict(pronunciations)
        self._answers: dict[int, Answer] = {}
        self._backlog = bytearray()
        self._wake = trio.Event()
        self._ready = trio.Event()
        self._process: trio.Process | None = None
        self.lost = False
        self.starts = 0

    @property
    def busy(self) -> int:
        """Utterances under way."""
        return len(self._answers)

    @property
    def pid(self) -> int | None:
        """The process id while it runs, for tests and diagnosis."""
        return self._process.pid if self._process is not None else None

    async def wait_ready(self) -> None:
        """Wait until the model is loaded. Raises RecogniserLost when it cannot be."""
        await self._ready.wait()
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
        """Audio of an utterance."""
        if utterance in self._answers:
            self._send(FrameKind.AUDIO, utterance, pcm)

    def end(self, utterance: int) -> None:
        """Ask for the result now."""
        if utterance in self._answers:
            self._send(FrameKind.END, utterance)

    def abandon(self, utterance: int) -> None:
        """Nobody wants the result any more."""
        if self._answers.pop(utterance, None) is not None:
            self._send(FrameKind.ABANDON, utterance)

    async def serve(self) -> None:
        """Run until cancelled; a process that dies is started again."""
        failures = 0
        while failures < _RESTARTS:
            failures += 1
            if await self._run_once():
                failures = 1
        self.lost = True
        self._ready.set()
        self._answer_all()

    async def _run_once(self) -> bool:
        """One life of the process; True when it had been ready."""
        self.starts += 1
        process = await trio.lowlevel.open_process(
            [sys.executable, "-m", _MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()
        )
        self._process = process
        if self.starts > 1 and self._pronunciations:
            self._backlog[:0] = encode_frame(FrameKind.CHECK, 0, self._check_payload(()))
        was_ready = False
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write, process)
                was_ready = await self._read(process)
                nursery.cancel_scope.cancel()
        finally:
            self._process = None
            await _say_goodbye(process)
            self._backlog.clear()
            self._answer_all()
        return was_ready

    async def _read(self, process: trio.Process) -> bool:
        assert process.stdout is not None
        reader, was_ready = FrameReader(), False
        try:
            with trio.move_on_after(_START_S) as patience:
                async for data in process.stdout:
                    for kind, utterance, payload in reader.feed(bytes(data)):
                        if kind is FrameKind.READY:
                            was_ready, patience.deadline = True, float("inf")
                            self._ready.set()
                        else:
                            self._answer(kind, utterance, payload)
        except (trio.BrokenResourceError, LocalProtocolError, ValueError):
            pass  # a broken stream is a dead process: it is replaced
        return was_ready

    async def _write(self, process: trio.Process) -> None:
        assert process.stdin is not None
        try:
            while True:
                if not self._backlog:
                    self._wake = trio.Event()
                    await self._wake.wait()
                data = bytes(self._backlog)
                self._backlog.clear()
                await process.stdin.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the reader sees the end and cleans up

    def _send(self, kind: FrameKind, utterance: int, payload: bytes = b"") -> None:
        if len(self._backlog) > _MAX_BACKLOG and self._process is not None:
            self._process.kill()
        self._backlog += encode_frame(kind, utterance, payload)
        self._wake.set()
        if self.lost:
            self._backlog.clear()
            self._answer_all()

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
