"""What an assistant's plan changes in its calls."""

from __future__ import annotations

import trio

from aywa.call.assistant import fold
from aywa.errors import EndCode
from aywa.model.assistant import Assistant
from aywa.turn.settings import TurnSettings
from tests.kit.call_world import CallWorld


def test_nothing_said_changes_nothing() -> None:
    assert fold(None, TurnSettings()) == fold(Assistant(), TurnSettings()) == TurnSettings()


def test_the_longest_call_and_the_longest_silence() -> None:
    folded = fold(Assistant(max_duration_seconds=60, silence_timeout_seconds=8), TurnSettings())
    assert (folded.max_duration_s, folded.silence_timeout_s, folded.silence_prompt_s) == (60, 8, 4)


async def test_the_plan_acts_in_a_call(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(assistant=Assistant(name="Desk", max_duration_seconds=10))
    began = trio.current_time()
    async with world.call():
        pass
    assert trio.current_time() - began < 20
    reason = world.row().end_reason
    assert reason is not None
    assert reason.code is EndCode.MAX_DURATION
    assert world.entries("assistant.started") == [{"name": "Desk"}]
