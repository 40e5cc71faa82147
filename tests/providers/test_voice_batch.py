"""Judging many calls together: order, batches, states, lateness."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import trio
import trio.testing

from aywa.errors import ProviderError
from aywa.ports.voice import VoiceWindow
from aywa.providers.voice_batch import MAX_BATCH, Floats, VoiceBatcher, open_voice_judge
from aywa.providers.voice_windows import MAX_WAITING, WINDOW

SECOND = np.full(16000, 1000, np.int16).tobytes()


class CountingModel:
    """Its state counts windows and its verdict is the state; it notes what it was given."""

    name = "counting"
    state_size = 1

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.threads: set[int] = set()
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.fails = False

    def judge(self, windows: Floats, states: Floats) -> tuple[Floats, Floats]:
        self.may_go_on.wait(10)
        if self.fails:
            raise ProviderError("the model broke", provider="counting", stage="vad", retryable=True)
        self.threads.add(threading.get_ident())
        self.batches.append(len(windows))
        return (states[0, :, 0] + 1) / 1000, states + 1


async def until(condition: object) -> None:
    with trio.fail_after(10):
        while not condition():  # type: ignore[operator]  # noqa: ASYNC110 - a thread's work
            await trio.sleep(0.002)


async def test_windows_of_many_calls_are_judged_together_and_each_keeps_its_state() -> None:
    model = CountingModel()
    heard: list[list[VoiceWindow]] = [[] for _ in range(100)]
    async with open_voice_judge(model) as judge:
        model.may_go_on.clear()
        with judge.open(heard[0].append) as first:
            first.speech_started(0)
            first.feed_nowait(SECOND, 8000)
            await trio.testing.wait_all_tasks_blocked()
            sessions = [judge.open(listener.append) for listener in heard[1:]]
            for session in sessions:
                opened = session.__enter__()
                opened.speech_started(0)
                opened.feed_nowait(SECOND, 8000)
            model.may_go_on.set()
            await until(lambda: all(len(windows) == 8000 // WINDOW for windows in heard))
            for session in sessions:
                session.__exit__(None, None, None)
        figures = judge.figures()
    assert figures.windows == 100 * (8000 // WINDOW) == sum(model.batches)
    assert figures.batches == len(model.batches)
    assert figures.dropped == figures.sessions == 0
    assert max(model.batches) == MAX_BATCH
    assert len(model.threads) <= 2, "one at a time; the thread pool may change the thread"
    for windows in heard:
        assert [window.end_sample for window in windows] == [(n + 1) * WINDOW for n in range(8000 // WINDOW)]
        assert [window.probability for window in windows] == pytest.approx(
            [(n + 1) / 1000 for n in range(8000 // WINDOW)]
        )
        assert {window.duration_s for window in windows} == {0.032}


async def test_a_new_stretch_of_speech_begins_with_a_clean_state() -> None:
    heard: list[VoiceWindow] = []
    async with open_voice_judge(CountingModel()) as judge:
        with judge.open(heard.append) as session:
            session.speech_started(0)
            session.feed_nowait(SECOND, 8000)
            await until(lambda: len(heard) == 31)
            session.speech_stopped(8000)
            session.feed_nowait(SECOND, 16000)
            session.speech_started(15000)
            await until(lambda: len(heard) > 31)
    assert heard[31].probability == pytest.approx(0.001)


async def test_a_slow_judge_loses_windows_and_says_so() -> None:
    model = CountingModel()
    model.may_go_on.clear()
    heard: list[VoiceWindow] = []
    async with open_voice_judge(model) as judge:
        with judge.open(heard.append) as session:
            session.speech_started(0)
            session.feed_nowait(SECOND * 4, 32000)
            assert judge.figures().dropped == 32000 // WINDOW - MAX_WAITING
            model.may_go_on.set()
            await until(lambda: len(heard) == MAX_WAITING)


async def test_a_closed_session_hears_nothing_more() -> None:
    model = CountingModel()
    heard: list[VoiceWindow] = []
    async with open_voice_judge(model) as judge:
        model.may_go_on.clear()
        with judge.open(heard.append) as session:
            session.speech_started(0)
            session.feed_nowait(SECOND, 8000)
            await trio.testing.wait_all_tasks_blocked()
        model.may_go_on.set()
        await until(lambda: len(model.batches) == 1)
        await trio.testing.wait_all_tasks_blocked()
    assert heard == []
    assert len(model.batches) == 1


async def test_a_model_that_breaks_costs_its_verdicts_and_nothing_else() -> None:
    model = CountingModel()
    model.fails = True
    heard: list[VoiceWindow] = []
    async with open_voice_judge(model) as judge:
        with judge.open(heard.append) as session:
            session.speech_started(0)
            session.feed_nowait(SECOND, 8000)
            await until(lambda: judge.figures().failures == 31)
            assert heard == []
            model.fails = False
            session.feed_nowait(SECOND, 16000)
            await until(lambda: len(heard) == 31)


def test_a_batcher_names_its_model() -> None:
    assert VoiceBatcher(CountingModel()).name == "counting"
