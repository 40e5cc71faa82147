"""One knob: the silence since the caller's last voiced sample after which the turn is taken."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from aywa.settings import CallSettings
from aywa.turn.settings import TurnSettings
from aywa.turn.speculation_settings import SpeculationSettings
from tests.kit.call_world import CallWorld
from tests.kit.fake_providers import FakeModel, says


@pytest.mark.parametrize(
    ("wait_s", "stop_ms"),
    [(0.2, 200), (0.3, 300), (0.45, 450), (1.0, 450), (0.05, 200)],
)
async def test_the_engine_reports_the_end_of_speech_within_the_wait(
    wait_s: float, stop_ms: int, autojump_clock: trio.testing.MockClock
) -> None:
    """A wait shorter than the detector's own would otherwise do nothing."""
    world = CallWorld(
        settings=CallSettings(endpointing_mode="fixed", endpointing_wait_s=wait_s, speculation=False)
    )
    async with world.call() as person:
        assert person.leg.parameters.speech_stop_ms == stop_ms
        await person.listens()
        person.session.remote_hangs_up()


async def test_a_fixed_wait_has_room_for_an_answer_made_ahead(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """The end of speech is known a quarter of a second before the turn is taken: the model is asked then."""
    world = CallWorld(settings=CallSettings(endpointing_mode="fixed", endpointing_wait_s=0.45))
    async with world.call() as person:
        assert person.leg.parameters.speech_stop_ms == 200
        await person.listens()
        await person.says("a room for Friday please")
        await person.listens()
        person.session.remote_hangs_up()
    at = {entry.kind: entry.at_ms for entry in world.seen}
    assert at["turn.taken"] - at["speculation.decided"] >= 100
    assert world.entries("speculation.adopted")


async def test_nothing_set(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld()
    async with world.call() as person:
        assert person.leg.parameters.speech_stop_ms == 200  # the first boundary; the words decide
        await person.listens()
        await person.says("hello")
        await person.listens()
        person.session.remote_hangs_up()
    assert world.entries("turn.wait")[-1]["mode"] == "MODEL"
    assert world.entries("turn.taken")[-1]["source"] == "MODEL"


async def test_thresholds_of_its_own(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(turn=TurnSettings(wait_s=0.25, speculation=SpeculationSettings(enabled=False)))
    async with world.call() as person:
        assert person.leg.parameters.speech_stop_ms == 250
        await person.listens()
        person.session.remote_hangs_up()


async def test_speech_within_the_wait_goes_on_with_the_turn(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld(
        settings=CallSettings(endpointing_mode="fixed", endpointing_wait_s=1.0),
        model=FakeModel(says("Hello."), says("Three nights.")),
    )
    async with world.call() as person:
        await person.listens()
        await person.says("Friday")
        await trio.sleep(0.9)
        await person.says("for three nights")
        await person.listens()
        person.session.remote_hangs_up()
    assert world.said()[1:] == [("user", "Friday for three nights"), ("assistant", "Three nights.")]
    assert len(world.model.requests) == 2
    (taken,) = world.entries("turn.taken")
    assert taken["wait_s"] == 1.0
