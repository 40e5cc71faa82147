"""One node alone: ids, order, filters, slow listeners, and coming back."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import ParseError
from aywa.events.event import Batch, CallEvent, Gap, StreamEvent, pack, parse_events
from aywa.events.filter import EventFilter, kinds_of
from aywa.events.hub import EventHub
from aywa.events.ids import EventId, parse_event_id
from aywa.events.listener import Start, since
from aywa.events.ring import Ring
from aywa.events.subscription import Closed, CloseReason
from aywa.model.organization import DEFAULT_ORGANIZATION
from tests.kit.event_world import ALL, drained, entry, names, open_node, received

OTHER = UUID("00000000-0000-0000-0000-0000000000aa")


def event(seq: int, org_id: UUID = DEFAULT_ORGANIZATION, kind: str = "turn.user") -> CallEvent:
    return CallEvent(org_id, "c", seq, seq, kind, {"n": seq}, 1000 + seq)


@given(st.integers(0, 10**14), st.integers(0, 10**18), st.integers(0, 10**8), st.sampled_from(["", "k3f9"]))
def test_an_id_is_read_as_it_was_written(ms: int, seq: int, index: int, node: str) -> None:
    id = EventId(ms, seq, index, node)
    again = parse_event_id(str(id))
    assert (again, again.node) == (id, node)


@given(st.text(max_size=40))
def test_any_other_text_is_no_id(text: str) -> None:
    with pytest.raises(ParseError):
        parse_event_id(f"{text}!")


@given(st.lists(st.tuples(st.integers(-50, 50), st.booleans()), max_size=60))
def test_ids_only_grow_whatever_the_clock_does(steps: list[tuple[int, bool]]) -> None:
    now = 1_000
    hub = EventHub("k", lambda: now)
    ids = [hub.last]
    for change, ticking in steps:
        now = max(0, now + change)
        hub.publish_alone((event(1),), ticking=ticking)
        ids.append(hub.last)
    assert all(before < after for before, after in pairwise(ids))


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=40),
    st.integers(1, 20),
    st.integers(0, 200),
)
def test_a_ring_has_everything_after_each_place_that_it_covers(
    sizes: list[int], capacity: int, pick: int
) -> None:
    ring, everything = Ring(EventId(0, 0), capacity), [EventId(0, 0)]
    for ms, size in enumerate(sizes, 1):
        batch = Batch.of(EventId(ms, 0, 1), [event(n) for n in range(size)])
        ring.add(batch)
        everything += [item.id for item in batch.events]
    place = everything[pick % len(everything)]
    found = [item.id for batch in ring.after(place) for item in batch.events if item.id > place]
    later = [id for id in everything if id > place]
    assert found == later[len(later) - len(found) :]
    if ring.covers(place):
        assert found == later
    assert len(ring) <= capacity or len(ring) == sizes[-1]


KINDS = ["turn.user", "turn.assistant", "call.ended", "stt.final", "colleague.turn.user"]


@given(st.sampled_from(KINDS), st.lists(st.sampled_from([*KINDS, "turn", "turn.*", "t", "call"]), min_size=1))
def test_a_kind_is_wanted_by_its_name_or_its_beginning(kind: str, asked: list[str]) -> None:
    wanted = EventFilter(DEFAULT_ORGANIZATION, kinds=kinds_of(asked))
    plain = any(f"{kind}.".startswith(f"{name.removesuffix('.*')}.") for name in asked)
    assert wanted.wants(event(1, kind=kind)) is plain
    assert not wanted.wants(event(1, OTHER, kind))


@pytest.mark.parametrize("asked", [[], [""], ["*"], ["Turn"], ["turn."], ["a" * 101], ["turn user"]])
def test_what_no_kind_begins_with_is_refused(asked: list[str]) -> None:
    with pytest.raises(ValueError):
        kinds_of(asked)


@given(st.lists(st.sampled_from(["a", "b"]), max_size=30))
def test_events_are_packed_and_read_again(calls: list[str]) -> None:
    events = tuple(
        CallEvent(OTHER, call, seq, seq, "turn.user", {"text": "ü\ud800"[:1]}, 5, "as" if seq % 2 else None)
        for seq, call in enumerate(calls)
    )
    assert parse_events(pack(events)) == events


@pytest.mark.parametrize("packed", [b"", b"{", b"[[]]", b"[1]", b'[["x"]]', b"\xff", b"[" * 100_000])
def test_what_no_node_packs_is_refused(packed: bytes) -> None:
    with pytest.raises(ParseError):
        parse_events(packed)


async def test_each_listener_gets_its_own_and_in_order() -> None:
    async with open_node("k3f9") as node:
        turns = EventFilter(DEFAULT_ORGANIZATION, call_id="a", kinds=kinds_of(["turn"]))
        with (
            node.listen(ALL, Start()) as everything,
            node.listen(turns, Start()) as some,
            node.listen(EventFilter(OTHER), Start()) as others,
        ):
            for seq, call in enumerate("abab", 1):
                node.publish_nowait(entry(call, seq))
            node.publish_nowait(entry("a", 9, "call.ended"))
            node.publish_nowait(entry("o", 1, org_id=OTHER))
            assert names(await received(everything, 5)) == [("a", 1), ("b", 2), ("a", 3), ("b", 4), ("a", 9)]
            assert names(await received(some, 2)) == [("a", 1), ("a", 3)]
            assert names(await received(others, 1)) == [("o", 1)]
            assert not any(listener.has_more() for listener in (everything, some, others))


async def test_who_leads_a_call_is_known_of_each_of_its_events() -> None:
    async with open_node("k3f9") as node:
        wanted = EventFilter(DEFAULT_ORGANIZATION, assistant_id="desk")
        with node.listen(wanted, Start()) as listener:
            node.publish_nowait(entry("a", 1, "call.created", assistant_id="desk"))
            node.publish_nowait(entry("b", 1, "call.created", assistant_id="other"))
            for call in "ab":
                node.publish_nowait(entry(call, 2))
            assert names(await received(listener, 2)) == [("a", 1), ("a", 2)]


async def test_a_slow_listener_ends_with_the_reason_and_the_others_go_on() -> None:
    hub = EventHub("k", lambda: 5)
    with hub.subscribe(ALL, capacity=3) as slow, hub.subscribe(ALL) as quick:
        for seq in range(6):
            hub.publish_alone((event(seq),))
        items = [await slow.receive() for _ in range(4)]
        assert [type(item) for item in items] == [StreamEvent] * 3 + [Closed]
        assert isinstance(items[3], Closed)
        assert items[3] == Closed(items[2].id, CloseReason.TOO_SLOW)
        assert [await quick.receive() for _ in range(6)][-1].id == hub.last
    assert hub.figures.dropped == 1
    # It comes back with the id that it was told, and has the rest.
    with hub.subscribe(ALL, items[3].id) as again:
        assert names([await again.receive() for _ in range(3)]) == [("c", 3), ("c", 4), ("c", 5)]


@given(st.integers(0, 40), st.integers(1, 30))
def test_coming_back_loses_nothing_that_is_kept_and_says_so_of_the_rest(seen: int, kept: int) -> None:
    async def play() -> None:
        async with open_node("k3f9", kept=kept) as node:
            with node.listen(ALL, Start()) as first:
                for seq in range(40):
                    node.publish_nowait(entry("c", seq))
                ids = [item.id for item in await received(first, 40)]
            after = ids[seen - 1] if seen else EventId(ids[0].ms, ids[0].seq, 0, "k3f9")
            with node.listen(ALL, Start(after)) as again:
                for seq in range(40, 43):
                    node.publish_nowait(entry("c", seq))
                items = await drained(again)
            got = [seq for _, seq in names(items)]
            assert got == list(range(43))[-len(got) :]
            if got[0] > seen:
                assert isinstance(items[0], Gap)
                assert items[0].reason == "too-old"
                assert len(got) >= kept
            else:
                assert got[0] == seen
                assert names(items[:1])

    trio.run(play, clock=trio.testing.MockClock(autojump_threshold=0))


async def test_an_id_of_a_process_before_is_a_gap_and_then_it_goes_on(autojump_clock: object) -> None:
    async with open_node("k3f9") as node:
        node.publish_nowait(entry("c", 1))
        for text in ("1764000000001-0.1.old0", "999999999999999-0.1.k3f9", "5-0.1"):
            with node.listen(ALL, Start(parse_event_id(text))) as listener:
                node.publish_nowait(entry("c", 2))
                items = await drained(listener)
                assert isinstance(items[0], Gap)
                assert names(items)[-1] == ("c", 2)


async def test_since_a_time(autojump_clock: object) -> None:
    async with open_node("k3f9") as node:
        began = node.hub.last.ms
        for seq in (1, 2, 3):
            await trio.sleep(1)
            node.publish_nowait(entry("c", seq))
        for wanted, found in (
            (began + 1500, [2, 3]),
            (began + 9000, []),
            (began, [1, 2, 3]),
        ):
            with node.listen(ALL, since(wanted)) as listener:
                assert [seq for _, seq in names(await drained(listener))] == found
        with node.listen(ALL, since(began - 1)) as listener:
            items = await drained(listener)
            assert isinstance(items[0], Gap)
            assert len(names(items)) == 3


async def test_streams_end_when_the_node_does() -> None:
    async with open_node("k3f9") as node:
        with node.listen(ALL, Start()) as listener:
            node.publish_nowait(entry("c", 1))
            node.close(CloseReason.STOPPING)
            items = await received(listener, 2)
            assert items[1] == Closed(items[0].id, CloseReason.STOPPING)
            with node.listen(ALL, Start()) as late:
                assert isinstance(await late.receive(), Closed)
    assert node.gauges()["event_listeners"] == 0
