"""Key presses that come in RTP, in INFO, or in both."""

from __future__ import annotations

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from aywa.call.keys import APART_S, KeyPresses, KeyWay
from aywa.call.timeline import Timeline
from aywa.ports.store import TimelineEntry
from aywa.turn.events import KeyPressed
from tests.kit.call_world import CallWorld


class Told:
    """Who hears of presses."""

    def __init__(self) -> None:
        self.events: list[KeyPressed] = []

    def receive(self, event: KeyPressed) -> None:
        self.events.append(event)


def pressed(*presses: tuple[float, str, KeyWay]) -> tuple[str, list[str]]:
    """The keys that were told, and the kinds of the timeline's entries, for presses at these seconds."""
    told = Told()
    kept: list[TimelineEntry] = []

    async def press() -> None:
        keys = KeyPresses(told, Timeline("a", kept.append, lambda entry: None))
        start = trio.current_time()
        for at, key, way in sorted(presses, key=lambda press: press[0]):
            await trio.sleep_until(start + at)
            keys.pressed(key, 100, way)

    trio.run(press, clock=trio.testing.MockClock(autojump_threshold=0))
    return "".join(event.digit for event in told.events), [entry.kind for entry in kept]


RTP, INFO = KeyWay.RTP, KeyWay.INFO


@pytest.mark.parametrize("first", [RTP, INFO])
def test_a_press_that_comes_both_ways_is_one(first: KeyWay) -> None:
    second = INFO if first is RTP else RTP
    told, kinds = pressed((0.0, "5", first), (0.4, "5", second))
    assert told == "5"
    assert kinds == ["media.digit", "media.digit_copy"]


def test_two_quick_presses_of_one_key_are_two_whether_they_come_once_or_twice() -> None:
    twice = [(0.0, "1", RTP), (0.05, "1", INFO), (0.2, "1", RTP), (0.25, "1", INFO)]
    assert pressed(*twice)[0] == "11"
    assert pressed(*[press for press in twice if press[2] is RTP])[0] == "11"
    assert pressed(*[press for press in twice if press[2] is INFO])[0] == "11"


def test_a_far_side_that_changes_its_way_loses_no_press() -> None:
    assert pressed((0.0, "1", RTP), (0.0, "1", INFO), (1.0, "2", INFO), (9.0, "2", RTP))[0] == "122"


def test_the_same_key_much_later_is_another_press() -> None:
    assert pressed((0.0, "#", RTP), (APART_S + 0.2, "#", INFO))[0] == "##"


@given(
    st.lists(st.tuples(st.sampled_from("12"), st.floats(0.05, 1.5), st.floats(0.0, 0.9)), max_size=12),
    st.sampled_from([RTP, INFO]),
)
def test_whatever_comes_both_ways_counts_once_however_quick(
    typed: list[tuple[str, float, float]], first: KeyWay
) -> None:
    second = INFO if first is RTP else RTP
    presses, at, late = [], 0.0, 0.0
    for key, pause, lag in typed:
        at += pause
        late = max(late, at + lag)  # INFOs of a call keep their order
        presses += [(at, key, first), (late, key, second)]
    assert sorted(pressed(*presses)[0]) == sorted(key for key, _, _ in typed)


async def test_a_call_hears_keys_that_come_in_info(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld()
    async with world.call() as person:
        assert person.session.on_key is not None
        person.session.on_key("4", 160)
        person.leg.press("4")
        person.session.on_key("2", 160)
        await trio.sleep(5)
        person.session.remote_hangs_up()
    assert [(each["digit"], each["by"]) for each in world.entries("media.digit")] == [
        ("4", "info"),
        ("2", "info"),
    ]
    assert world.entries("media.digit_copy") == [{"digit": "4", "by": "rtp"}]
    users = [str(each["text"]) for each in world.entries("turn.user")]
    assert len(users) == 1
    assert "42" in users[0].replace(" ", "")
