"""INVITE with Replaces and REFER between two user agents on a network of memory."""

from __future__ import annotations

import pytest
import trio

from aywa.proto.sip.refer import ReferTo, Replaces
from aywa.proto.sip.session_states import ReferAnswered, ReferReported
from aywa.proto.sip.uri import parse_uri
from aywa.ua.errors import InviteFailed
from aywa.ua.session import Session
from aywa.ua.uas import IncomingCall
from tests.kit.sip_agents import BOB_URI, answer, offer, open_agents

ALICE_URI = parse_uri("sip:alice@192.0.2.1")


async def test_a_session_takes_the_place_of_another(autojump_clock: trio.testing.MockClock) -> None:
    ended = trio.Event()
    new: list[Session] = []

    async def replaced(call: IncomingCall) -> None:
        new.append(await call.answer(answer()))
        await first.hangup()
        await new[0].wait_ended()

    async def take(call: IncomingCall) -> None:
        nonlocal first
        first = await call.answer(answer())
        first.on_replaced = replaced
        await first.wait_ended()
        ended.set()

    first: Session
    async with open_agents(take) as agents:
        session = await agents.alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
        named = session.refer_to.replaces
        await trio.sleep(0.1)  # until Bob knows that he is up
        second = await agents.alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer(), replaces=named)
        await session.wait_ended()
        await ended.wait()
        assert second.ended is None
        await second.hangup()
        await new[0].wait_ended()
        assert not agents.bob.endpoint.sessions
        assert not agents.bob.endpoint.core.sessions


@pytest.mark.parametrize(("listens", "status"), [(False, 603), (True, 481)])
async def test_what_may_not_be_replaced(
    autojump_clock: trio.testing.MockClock, listens: bool, status: int
) -> None:
    async with open_agents() as agents:
        session = await agents.alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
        named = Replaces("nothing@h", "a", "b") if listens else session.refer_to.replaces
        with pytest.raises(InviteFailed) as refusal:
            await agents.alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer(), replaces=named)
        assert refusal.value.status == status
        assert session.ended is None
        await session.hangup()


async def test_a_refer_nobody_listens_to_is_declined(autojump_clock: trio.testing.MockClock) -> None:
    async with open_agents() as agents:
        session = await agents.alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
        heard: list[ReferAnswered | ReferReported] = []
        session.on_referral = heard.append
        session.refer(ReferTo(parse_uri("sip:carol@192.0.2.3")))
        await trio.sleep(1)
        assert heard == [ReferAnswered(603, reports=False)]
        await session.hangup()


async def test_a_refer_is_taken_and_told_about(autojump_clock: trio.testing.MockClock) -> None:
    async def take(call: IncomingCall) -> None:
        session = await call.answer(answer())

        def refer_came(target: ReferTo) -> None:
            session.answer_refer(202)
            session.report_refer(180)
            session.report_refer(200)

        session.on_refer = refer_came
        await session.wait_ended()

    async with open_agents(take) as agents:
        session = await agents.alice.invite(BOB_URI, from_uri=ALICE_URI, offer=offer())
        heard: list[ReferAnswered | ReferReported] = []
        session.on_referral = heard.append
        await trio.sleep(0.1)  # until Bob knows that he is up
        session.refer(ReferTo(parse_uri("sip:carol@192.0.2.3")))
        await trio.sleep(1)
        assert ReferAnswered(202, reports=True) in heard
        assert [e.status for e in heard if isinstance(e, ReferReported)] == [100, 180, 200]
        await session.hangup()
