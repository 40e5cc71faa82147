"""A call by websocket, from its order to whoever joins, or does not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import trio
from trio.testing import MockClock

from aywa.call.control import EndCall
from aywa.call.sip_port import IncomingPort
from aywa.call.table import CallTable
from aywa.call.web import JOIN_S, WebOrder
from aywa.errors import EndCode, OverloadedError
from aywa.ports.store import CallStatus, CallType
from aywa.settings import CallSettings
from tests.kit.call_world import CallWorld, happens
from tests.kit.fake_sip import FakeIncomingCall

TRANSPORT: dict[str, object] = {"provider": "vapi.websocket", "audioFormat": {"format": "mulaw"}}
ORDER = WebOrder(CallType.WEB, TRANSPORT, "<sip:web@web.invalid>", "key", "Visit")


class Door:
    """Somebody comes in by `joined`."""

    def __init__(self) -> None:
        self.joined = trio.Event()
        self.incoming = FakeIncomingCall(1)
        self.closed = 0

    async def wait_joined(self) -> None:
        await self.joined.wait()

    async def carry(self, take: Callable[[IncomingPort], Awaitable[None]]) -> None:
        await take(self.incoming)

    async def close(self) -> None:
        self.closed += 1
        await trio.lowlevel.checkpoint()


async def test_it_waits_for_somebody_and_is_a_call_like_any_other(autojump_clock: MockClock) -> None:
    world, door = CallWorld(), Door()
    async with world.table() as table:
        live = table.take_web(ORDER, door)
        await trio.sleep(JOIN_S - 1)
        assert live.row.status is CallStatus.QUEUED
        door.joined.set()
        await happens(lambda: live.row.status is CallStatus.IN_PROGRESS)
        await happens(lambda: bool(world.said()))
        assert door.incoming.session is not None
        door.incoming.session.remote_hangs_up()
        await live.over.wait()
    row = world.row()
    assert (row.type, row.name, row.transport) == (CallType.WEB, "Visit", TRANSPORT)
    assert row.end_reason is not None
    assert row.end_reason.code is EndCode.CUSTOMER_HANGUP
    assert door.closed == 1


async def test_nobody_comes(autojump_clock: MockClock) -> None:
    world, door = CallWorld(), Door()
    async with world.table() as table:
        live = table.take_web(ORDER, door)
        began = trio.current_time()
        await live.over.wait()
        assert trio.current_time() - began == pytest.approx(JOIN_S, abs=1)
        assert table.get(live.id) is None
    row = world.row()
    assert row.end_reason is not None
    assert row.end_reason.code.value == "assistant-join-timed-out"
    assert (row.status, row.started_at, door.closed) == (CallStatus.ENDED, None, 1)


async def test_an_operator_ends_what_nobody_has_joined(autojump_clock: MockClock) -> None:
    world, door = CallWorld(), Door()
    async with world.table() as table:
        live = table.take_web(ORDER, door)
        await trio.sleep(1)
        await live.control(EndCall())
        assert live.over.is_set()
    row = world.row()
    assert row.end_reason is not None
    assert row.end_reason.code is EndCode.CONTROL


async def refused(table: CallTable) -> bool:
    with pytest.raises(OverloadedError):
        table.take_web(ORDER, Door())
    return True


async def test_the_limits_of_calls_hold_for_it(autojump_clock: MockClock) -> None:
    world = CallWorld(settings=CallSettings(max_calls=1))
    async with world.table() as table:
        live = table.take_web(ORDER, Door())
        assert await refused(table)
        await live.control(EndCall())
        table.drain()
        assert await refused(table)
