"""Speech to text without a service: pocketsphinx in its own processes, a grammar that follows the dialogue.

Honest about its limits: it understands the phrases that `expect` names, nothing else. Audio streams to a
process while the caller speaks, so the result is there milliseconds after the end of speech; the loop only
copies bytes.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from itertools import count

import trio

from aywa.errors import AywaError, ConfigError, Gap, ProviderError
from aywa.providers.embedded_session import EmbeddedSession
from aywa.providers.recogniser_process import RecogniserLost, RecogniserProcess
from aywa.providers.recogniser_wire import FrameKind


@asynccontextmanager
async def open_embedded_transcriber(
    workers: int = 2, vocabulary: Iterable[str] = (), pronunciations: Mapping[str, str] | None = None
) -> AsyncIterator[EmbeddedTranscriber]:
    """Start the recogniser processes (35 to 70 MB each) and wait until they are ready.

    `vocabulary` is every phrase the scenario can expect: a word without a pronunciation is refused here.
    Raises `ConfigError` for that and when the extra is missing, `ProviderError` when no process starts.
    """
    if importlib.util.find_spec("pocketsphinx") is None:
        raise ConfigError(
            [Gap("RUNTIME_STT", "embedded speech is not installed: pip install 'aywa[embedded]'")]
        )
    processes = [RecogniserProcess(pronunciations or {}) for _ in range(max(workers, 1))]
    failure: AywaError | None = None
    async with trio.open_nursery() as nursery:
        for process in processes:
            nursery.start_soon(process.serve)
        transcriber = EmbeddedTranscriber(processes)
        try:
            await transcriber.prepare(tuple(vocabulary))
        except AywaError as error:
            failure = error  # raised outside, where no exception group is made of it
        else:
            yield transcriber
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure


class EmbeddedTranscriber:
    """Sessions share the processes; each utterance goes to the one with the fewest under way."""

    name = "embedded"
    settle_s = 0.45  # of 248 recorded sentences this splits none, and 300 ms eleven

    def __init__(self, processes: list[RecogniserProcess]) -> None:
        self.processes = processes
        self._numbers = count(1)

    async def prepare(self, vocabulary: tuple[str, ...]) -> None:
        """Wait for the processes, tell them the pronunciations, refuse words that have none.

        Raises `ConfigError` and `ProviderError`.
        """
        try:
            for process in self.processes:
                await process.wait_ready()
        except RecogniserLost:
            fault = "The recogniser process does not start."
            raise ProviderError(fault, provider=self.name, stage="stt") from None
        missing: set[str] = set()
        for process in self.processes:
            done = trio.Event()

            def take(kind: FrameKind, payload: bytes, done: trio.Event = done) -> None:
                if kind is FrameKind.MISSING:
                    missing.update(json.loads(payload))
                done.set()

            process.check(next(self._numbers), vocabulary, take)
            await done.wait()
        if missing:
            words = ", ".join(sorted(missing))
            rule = f"the recogniser cannot pronounce {words}: add `pronunciations` to the script or rephrase"
            raise ConfigError([Gap("RUNTIME_SCENARIO", rule, 'pronunciations={"aywa": "EY W AH"}')])

    def fault(self) -> str | None:
        """See the port. One living process is enough."""
        if all(process.lost for process in self.processes):
            return "No recogniser process is running; it is being started again."
        return None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[EmbeddedSession]:
        """One caller's ear. Raises `ProviderError` while no process lives."""
        fault = self.fault()
        if fault is not None:
            raise ProviderError(fault, provider=self.name, stage="stt", retryable=True)
        session = EmbeddedSession(self.processes, self._numbers)
        try:
            yield session
        finally:
            session.close()
