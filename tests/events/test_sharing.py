"""Several nodes on one stream, which comes and goes: order, nothing lost, nothing twice, and what is said."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from aywa.events.event import Gap
from aywa.events.listener import Start, since
from aywa.events.sharing import SharingState
from aywa.events.stream import EventStream
from aywa.events.subscription import Item
from tests.kit.event_world import ALL, MemoryLog, drained, entry, names, open_node, open_pair, received

# What happens to the stream: it goes, it comes, it takes what it reports as failed; or an event of a node.
STEPS = st.lists(st.sampled_from(["away", "back", "lying", "one", "one", "two", "two", "wait"]), max_size=40)


def per_call(items: Sequence[Item]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for call, seq in names(items):
        found.setdefault(call, []).append(seq)
    return found


class Play:
    """Steps on two nodes with a call each."""

    def __init__(self, log: MemoryLog, one: EventStream, two: EventStream) -> None:
        self.log = log
        self.nodes = {"one": one, "two": two}
        self.told = {"one": 0, "two": 0}

    async def step(self, step: str) -> None:
        match step:
            case "one" | "two":
                self.told[step] += 1
                self.nodes[step].publish_nowait(entry(step, self.told[step]))
            case "away":
                self.log.away = True
            case "back":
                self.log.away = self.log.lying = False
            case "lying":
                self.log.lying = True
            case "wait":
                await trio.sleep(0.7)
        await trio.sleep(0.001)

    @property
    def everything(self) -> dict[str, list[int]]:
        return {call: list(range(1, count + 1)) for call, count in self.told.items() if count}


@settings(max_examples=60)
@given(STEPS)
def test_every_listener_gets_every_event_once_and_each_calls_in_order(steps: list[str]) -> None:
    async def play() -> None:
        log = MemoryLog()
        async with open_pair(log) as (one, two):
            playing = Play(log, one, two)
            with one.listen(ALL, Start()) as first, two.listen(ALL, Start()) as second:
                for step in steps:
                    await playing.step(step)
                await playing.step("back")
                for listener in (first, second):
                    items = await drained(listener)
                    assert per_call(items) == playing.everything
                    assert all(before.id < after.id for before, after in pairwise(items))
                assert {one.sharing.state, two.sharing.state} == {SharingState.SHARED}  # type: ignore[union-attr]

    trio.run(play, clock=trio.testing.MockClock(autojump_threshold=0))


@settings(max_examples=60)
@given(STEPS, STEPS, st.booleans())
def test_whoever_comes_back_anywhere_misses_nothing(before: list[str], after: list[str], there: bool) -> None:
    async def play() -> None:
        log = MemoryLog()
        async with open_pair(log, kept=8) as (one, two):
            playing = Play(log, one, two)
            with one.listen(ALL, Start()) as first:
                for step in before:
                    await playing.step(step)
                seen = []
                while first.has_more():
                    seen.append(await first.receive())
                place = first.position
            for step in after:
                await playing.step(step)
            await playing.step("back")
            await trio.sleep(5)
            with (two if there else one).listen(ALL, Start(place)) as again:
                items = [*seen, *await drained(again)]
            found = {call: sorted(set(seqs)) for call, seqs in per_call(items).items()}
            missing = {
                call: set(seqs) - set(found.get(call, [])) for call, seqs in playing.everything.items()
            }
            # A place from before the stream was first seen names nothing that was kept.
            assert not any(missing.values()) or any(isinstance(item, Gap) for item in items), missing

    trio.run(play, clock=trio.testing.MockClock(autojump_threshold=0))


async def test_both_nodes_have_one_order_and_the_same_ids(autojump_clock: object) -> None:
    async with (
        open_pair(MemoryLog()) as (one, two),
    ):
        with one.listen(ALL, Start()) as first, two.listen(ALL, Start()) as second:
            for seq in range(1, 30):
                (one if seq % 3 else two).publish_nowait(entry(f"c{seq % 3}", seq))
                await trio.sleep(0.001)
            assert await received(first, 29) == await received(second, 29)


async def test_an_outage_is_served_here_and_caught_up_there(autojump_clock: object) -> None:
    log = MemoryLog()
    async with open_pair(log) as (one, two):
        with one.listen(ALL, Start()) as here, two.listen(ALL, Start()) as there:
            log.away = True
            for seq in range(1, 4):
                one.publish_nowait(entry("c", seq))
                await trio.sleep(1)
            assert names(await received(here, 3)) == [("c", 1), ("c", 2), ("c", 3)]
            assert one.gauges()["events_apart"] == 1
            assert one.gauges()["events_unshared"] == 3
            assert not there.has_more()
            log.away = False
            assert names(await received(there, 3)) == [("c", 1), ("c", 2), ("c", 3)]
            await trio.sleep(1)
            assert not here.has_more()
            assert one.gauges()["events_apart"] == one.gauges()["events_unshared"] == 0
            assert one.gauges()["event_outages"] == 1


async def test_an_outage_that_is_too_long_is_told_with_what_it_cost(autojump_clock: object) -> None:
    log = MemoryLog()
    async with open_pair(log) as (one, two):
        assert one.sharing is not None
        one.sharing._backlog = 300
        with one.listen(ALL, Start()) as here, two.listen(ALL, Start()) as there:
            log.away = True
            await trio.sleep(5)
            for seq in range(1000):
                one.publish_nowait(entry("c", seq))
            assert len(names(await received(here, 1000))) == 1000
            log.away = False
            items = await drained(there)
            gaps = [item for item in items if isinstance(item, Gap)]
            got = [seq for _, seq in names(items)]
            assert [gap.reason for gap in gaps] == ["lost"]
            assert gaps[0].lost == 1000 - len(got) == one.gauges()["events_unshared_lost"]
            assert got == list(range(1000 - len(got), 1000))


async def test_a_stream_that_was_emptied_is_told_and_goes_on(autojump_clock: object) -> None:
    log = MemoryLog()
    async with open_pair(log) as (one, two):
        with one.listen(ALL, Start()) as here, two.listen(ALL, Start()) as there:
            one.publish_nowait(entry("c", 1))
            await trio.sleep(0.1)
            log.away = True
            await trio.sleep(5)
            log.empty()
            log.away = False
            await trio.sleep(5)
            one.publish_nowait(entry("c", 2))
            for listener in (here, there):
                items = await drained(listener)
                assert [item.reason for item in items if isinstance(item, Gap)] == ["stream-lost"]
                assert names(items) == [("c", 1), ("c", 2)]


async def test_a_place_that_was_trimmed_is_a_gap_and_the_rest_follows(autojump_clock: object) -> None:
    log = MemoryLog(kept=5)
    async with open_pair(log, kept=3) as (one, two):
        with one.listen(ALL, Start()) as first:
            one.publish_nowait(entry("c", 0))
            place = (await received(first, 1))[0].id
        for seq in range(1, 20):
            one.publish_nowait(entry("c", seq))
            await trio.sleep(0.01)
        for node in (one, two):
            for start in (Start(place), since(place.ms)):
                with node.listen(ALL, start) as again:
                    items = await drained(again)
                assert isinstance(items[0], Gap)
                assert items[0].reason == "too-old"
                assert [seq for _, seq in names(items)] == [15, 16, 17, 18, 19]


async def test_a_node_that_begins_without_the_stream_joins_it(autojump_clock: object) -> None:
    log = MemoryLog()
    async with open_node("aaaa", log) as one:
        await trio.sleep(1)
        log.away = True
        async with open_node("bbbb", log) as two:
            with two.listen(ALL, Start()) as here, one.listen(ALL, Start()) as there:
                two.publish_nowait(entry("b", 1))
                assert names(await received(here, 1)) == [("b", 1)]
                log.away = False
                assert names(await received(there, 1)) == [("b", 1)]
                await trio.sleep(2)
                one.publish_nowait(entry("a", 1))
                assert ("a", 1) in names(await drained(here))


async def test_what_is_left_is_appended_when_a_node_ends(autojump_clock: object) -> None:
    log = MemoryLog()
    async with open_node("aaaa", log) as one:
        await trio.sleep(1)
        for seq in range(450):
            one.publish_nowait(entry("c", seq))
    assert sum(len(parcel.events) for _, parcel in log.rows) == 450
