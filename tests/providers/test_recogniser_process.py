"""A recogniser process that cannot be started: pauses, what callers are told, and that it comes back."""

from __future__ import annotations

import errno
import os
import signal
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from aywa.errors import ProviderError
from aywa.providers import recogniser_process
from aywa.providers.embedded_stt import EmbeddedTranscriber, open_embedded_transcriber
from aywa.providers.recogniser_process import LONGEST_PAUSE_S, RecogniserLost, RecogniserProcess
from aywa.providers.recogniser_wire import FrameKind

_GUARD_S = 60  # a machine that swaps; nothing here is about time


class Host:
    """Starts processes, or refuses as a host without descriptors or memory does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, number: int | None = None) -> None:
        self.refuses = number
        self.asked: list[float] = []
        self._open = trio.lowlevel.open_process
        monkeypatch.setattr(trio.lowlevel, "open_process", self._start)

    async def _start(self, *arguments: Any, **options: Any) -> trio.Process:
        self.asked.append(trio.current_time())
        if self.refuses is not None:
            await trio.lowlevel.checkpoint()
            raise OSError(self.refuses, os.strerror(self.refuses))
        return await self._open(*arguments, **options)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOMEM, errno.EAGAIN])
async def test_a_host_that_refuses_is_asked_again_after_growing_pauses(
    number: int, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    host = Host(monkeypatch, number)
    process = RecogniserProcess({})
    answers: list[tuple[FrameKind, bytes]] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(process.serve)
        with pytest.raises(RecogniserLost):
            await process.wait_ready()
        assert process.lost
        process.begin(1, ("hello",), 1.0, lambda kind, payload: answers.append((kind, payload)))
        assert answers == [(FrameKind.RESULT, b"")]
        assert process.busy == 0
        await trio.sleep(120)
        nursery.cancel_scope.cancel()
    pauses = [after - before for before, after in zip(host.asked, host.asked[1:], strict=False)]
    assert pauses[:4] == pytest.approx([0.0, 0.25, 0.5, 1.0])
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE_S)
    assert len(host.asked) < 25


async def test_without_a_process_no_session_opens(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    Host(monkeypatch, errno.EMFILE)
    process = RecogniserProcess({})
    transcriber = EmbeddedTranscriber([process])
    assert transcriber.fault() is None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(process.serve)
        with pytest.raises(ProviderError, match="does not start"):
            await transcriber.prepare(())
        assert transcriber.fault() is not None
        with pytest.raises(ProviderError) as refused:
            async with transcriber.open():
                pass
        assert refused.value.retryable
        nursery.cancel_scope.cancel()


@pytest.mark.live
async def test_a_process_that_cannot_be_replaced_is_a_fault_until_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = Host(monkeypatch)
    async with open_embedded_transcriber(1) as transcriber:
        (process,) = transcriber.processes
        assert transcriber.fault() is None
        host.refuses = errno.EMFILE
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        with trio.fail_after(_GUARD_S):
            while transcriber.fault() is None:  # noqa: ASYNC110 - nobody signals it to tests
                await trio.sleep(0.01)
            host.refuses = None
            while transcriber.fault() is not None:  # noqa: ASYNC110
                await trio.sleep(0.01)
        async with transcriber.open():
            pass


@pytest.mark.live
async def test_a_program_that_ends_at_once_is_lost_with_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recogniser_process, "_MODULE", "aywa.providers.no_such_worker")
    monkeypatch.setattr(recogniser_process, "_FIRST_PAUSE_S", 0.01)
    with trio.fail_after(_GUARD_S), pytest.raises(ProviderError, match="does not start"):
        async with open_embedded_transcriber(1):
            pass
