"""A table that ends, for whatever reason, takes no more calls: or it would never end while somebody calls."""

from __future__ import annotations

import trio
from trio.testing import MockClock

from aywa.call.table import CallTable
from tests.kit.call_world import CallWorld, Person
from tests.kit.fake_providers import FakeModel, says
from tests.kit.fake_sip import FakeIncomingCall


async def test_no_call_is_taken_while_a_cancelled_table_says_goodbye(autojump_clock: MockClock) -> None:
    world = CallWorld(model=FakeModel(says("Hello.")))
    ends = trio.CancelScope()

    async def carry(*, task_status: trio.TaskStatus[CallTable]) -> None:
        with ends:
            async with world.table() as table:
                task_status.started(table)
                await trio.sleep_forever()

    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            table = await nursery.start(carry)
            incoming = FakeIncomingCall()

            async def call() -> None:
                await table.take_incoming(incoming)

            nursery.start_soon(call)
            person = await Person.on(world, table, incoming)
            await person.listens()
            assert not table.draining
            ends.cancel()
            await trio.testing.wait_all_tasks_blocked()
            assert person.live in table.live(), "it is being hung up on"
            assert table.draining
            late = FakeIncomingCall(2)
            await table.take_incoming(late)
            assert (late.rang, late.session) == (False, None)
            assert late.rejected is not None
            assert late.rejected[0] == 503
    assert table.live() == []
