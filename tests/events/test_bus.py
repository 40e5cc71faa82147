"""The bus: order, filters, and what a slow subscriber is told."""

from __future__ import annotations

import trio
from trio.testing import wait_all_tasks_blocked

from aywa.events.bus import EventBus, Lost
from aywa.ports.store import TimelineEntry


def entry(seq: int, call_id: str = "a") -> TimelineEntry:
    return TimelineEntry(call_id, seq, seq * 20, "turn", {})


async def test_each_subscriber_sees_all_in_order() -> None:
    bus = EventBus()
    with bus.subscribe() as first, bus.subscribe() as second:
        for seq in (1, 2):
            bus.publish_nowait(entry(seq))
        for subscription in (first, second):
            assert [await subscription.receive() for _ in range(2)] == [entry(1), entry(2)]


async def test_a_filter_by_call() -> None:
    bus = EventBus()
    with bus.subscribe("b") as subscription:
        bus.publish_nowait(entry(1, "a"))
        bus.publish_nowait(entry(1, "b"))
        assert await subscription.receive() == entry(1, "b")


async def test_a_slow_subscriber_loses_the_oldest_and_is_told() -> None:
    bus = EventBus()
    with bus.subscribe(capacity=3) as slow, bus.subscribe() as quick:
        for seq in range(1, 8):
            bus.publish_nowait(entry(seq))
        assert [await slow.receive() for _ in range(4)] == [Lost(4), entry(5), entry(6), entry(7)]
        bus.publish_nowait(entry(8))
        assert await slow.receive() == entry(8)
        assert [(await quick.receive()).seq for _ in range(8)] == list(range(1, 9))  # type: ignore[union-attr]


async def test_a_waiting_subscriber_wakes_up_and_a_gone_one_gets_nothing() -> None:
    bus, got = EventBus(), []
    with bus.subscribe() as subscription:

        async def read() -> None:
            async for event in subscription:
                got.append(event)  # noqa: PERF401  (the list is looked at before the end)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            await wait_all_tasks_blocked()
            bus.publish_nowait(entry(1))
            bus.publish_nowait(entry(2))
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
    bus.publish_nowait(entry(3))
    assert got == [entry(1), entry(2)]
