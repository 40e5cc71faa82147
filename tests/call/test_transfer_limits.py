"""What is dialled for a call counts to whoever the call belongs to, and its limits hold."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import trio
import trio.testing

from aywa.call.control import EndCall, TransferCall
from aywa.call.dial_request import DialRequest
from aywa.call.live import LiveCall
from aywa.call.outbound import CallOrder
from aywa.call.state import CallState
from aywa.dialling.usage import LimitReached
from aywa.proto.sip.refer import ReferTo
from aywa.proto.sip.uri import parse_uri
from aywa.settings import CallSettings, DialLimits, DialSettings, TrunkDialling, TrunkSettings
from aywa.transfer.plan import Mode
from tests.kit.call_world import CallWorld, Person, happens
from tests.kit.fake_dialler import DialScript
from tests.kit.fake_sip import FakeIncomingCall
from tests.kit.transfer_world import NUMBER, plan

ANSWERS = DialScript(200, after_s=1.0)


def limits(concurrent: int) -> DialLimits:
    return DialLimits(concurrent=concurrent, per_second=100)


def world(*, each: int = 5, trunk: int = 5, accept_refer: bool = False) -> CallWorld:
    """At most so many calls at a time of one owner, and through the trunk."""
    dial = TrunkDialling("sip:192.0.2.10", ("+4930990",), limits=limits(trunk))
    made = CallWorld(
        trunks=(TrunkSettings("carrier", ("192.0.2.10",), dial=dial),),
        dial_settings=DialSettings("49", ("+49",), per_key=limits(each)),
        settings=CallSettings(accept_refer=accept_refer),
    )
    made.dialler.scripts = deque([ANSWERS] * 9)
    return made


@asynccontextmanager
async def inbound(made: CallWorld, *trunks: str) -> AsyncIterator[list[Person]]:
    """One call by each of these trunks, all of which talk."""
    async with made.table() as table, trio.open_nursery() as nursery:
        people = []
        for number, name in enumerate(trunks, 1):
            incoming = FakeIncomingCall(number)
            incoming.trunk = TrunkSettings(name, ("192.0.2.7",)) if name else None
            nursery.start_soon(table.take_incoming, incoming)
            people.append(await Person.on(made, table, incoming))
            await people[-1].listens()
        yield people
        for person in people:
            if person.live.ending.reason is None:
                await person.live.control(EndCall())


def outcomes(live: LiveCall) -> list[object]:
    return [transfer.get("reason") for transfer in live.row.transfers]


async def hand_over(live: LiveCall, mode: Mode = Mode.DIAL) -> None:
    await live.control(TransferCall(plan(mode)))


async def test_a_call_that_came_in_counts_to_its_trunk(autojump_clock: trio.testing.MockClock) -> None:
    made = world(each=1)
    async with inbound(made, "pbx", "pbx", "other", "") as (first, second, third, nobodys):
        await hand_over(first.live)
        await happens(lambda: made.gate().usage.live().get("inbound:pbx") == 1)
        await hand_over(second.live)
        await happens(lambda: outcomes(second.live) == ["forbidden"])
        for person in (third, nobodys):  # others have limits of their own
            await hand_over(person.live)
        await happens(lambda: len(made.dialler.invites) == 3)
        live = made.gate().usage.live()
        assert live == {"inbound:pbx": 1, "inbound:other": 1, "inbound:": 1, "trunk:carrier": 3}
        assert second.live.ending.reason is None, "the assistant has the caller"
    assert set(made.gate().usage.live().values()) == {0}


async def test_what_is_full_opens_again_when_the_colleague_has_gone(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = world(each=1)
    async with inbound(made, "pbx", "pbx") as (first, second):
        await hand_over(first.live)
        await happens(lambda: len(made.dialler.invites) == 1)
        await trio.sleep(2)
        await first.live.control(EndCall())
        await hand_over(second.live)
        await happens(lambda: len(made.dialler.invites) == 2)


async def test_a_call_of_a_key_and_its_transfer_count_to_the_key(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = world(each=2)
    async with made.table() as table:
        live = table.place(CallOrder(DialRequest(NUMBER, owner="shop")))
        await happens(lambda: live.state is CallState.TALKING)
        await hand_over(live)
        await happens(lambda: made.gate().usage.live() == {"key:shop": 2, "trunk:carrier": 2})
        with pytest.raises(LimitReached) as reached:
            table.place(CallOrder(DialRequest(NUMBER, owner="shop")))
        assert reached.value.scope == "key:shop"
        await live.control(EndCall())
    assert set(made.gate().usage.live().values()) == {0}


async def test_a_key_without_room_cannot_hand_over(autojump_clock: trio.testing.MockClock) -> None:
    made = world(each=1)
    async with made.table() as table:
        live = table.place(CallOrder(DialRequest(NUMBER, owner="shop")))
        await happens(lambda: live.state is CallState.TALKING)
        await hand_over(live, Mode.WARM)
        await happens(lambda: outcomes(live) == ["forbidden"])
        assert len(made.dialler.invites) == 1
        await live.control(EndCall())


async def test_nothing_is_dialled_where_nothing_is_allowed(autojump_clock: trio.testing.MockClock) -> None:
    for made in (world(each=0), world(trunk=0)):
        async with inbound(made, "pbx") as (person,):
            await hand_over(person.live)
            await happens(lambda person=person: outcomes(person.live) == ["forbidden"])  # type: ignore[misc]
        assert made.dialler.invites == []


async def test_a_refer_of_the_other_side_counts_too(autojump_clock: trio.testing.MockClock) -> None:
    made = world(each=1, accept_refer=True)
    target = ReferTo(parse_uri(f"sip:{NUMBER}@192.0.2.10"))
    async with inbound(made, "pbx", "pbx") as (first, second):
        for person in (first, second):
            assert person.session.on_refer is not None
            person.session.on_refer(replace(target))
            await trio.sleep(3)
        assert 200 in first.session.refer_answers
        assert second.session.refer_answers == [603]
        assert made.gate().usage.live()["inbound:pbx"] == 1
