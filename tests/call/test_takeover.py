"""Transfers that the other side makes: the conversation goes on with somebody else."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import trio

from aywa.call.control import TransferCall
from aywa.errors import EndCode, LocalProtocolError
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sip.refer import ReferTo, Replaces
from aywa.proto.sip.uri import parse_uri
from aywa.settings import CallSettings, DialLimits, TrunkDialling, TrunkSettings
from aywa.transfer.plan import Destination, Mode, TransferPlan
from tests.kit.call_world import CallWorld, Person, happens
from tests.kit.fake_dialler import DialScript
from tests.kit.fake_sip import FakeIncomingCall

TARGET = ReferTo(parse_uri("sip:+493012345678@192.0.2.10"), Replaces("other@pbx", "their", "our"))


@asynccontextmanager
async def talking(
    *scripts: DialScript,
    accept_refer: bool = True,
    limits: DialLimits | None = None,
    trunks: tuple[str, ...] = ("pbx",),
) -> AsyncIterator[Person]:
    """A call in which the assistant has greeted."""
    dial = TrunkDialling(
        "sip:192.0.2.10", ("+4930990",), hosts=("192.0.2.10",), limits=limits or DialLimits()
    )
    world = CallWorld(
        trunks=tuple(TrunkSettings(name, ("192.0.2.10",), dial=dial) for name in trunks),
        settings=CallSettings(accept_refer=accept_refer),
    )
    world.dialler.scripts = deque(scripts)
    async with world.call() as person:
        await person.listens()
        yield person


async def goes_on(person: Person) -> None:
    """The assistant answers."""
    await person.says("are you still there")
    await person.listens()
    assert person.live.ending.reason is None


async def test_another_session_takes_the_place(autojump_clock: trio.testing.MockClock) -> None:
    async with talking() as person, trio.open_nursery() as nursery:
        assert person.session.on_replaced is not None
        second = FakeIncomingCall(2)
        nursery.start_soon(person.session.on_replaced, second)
        await happens(lambda: person.session.over)
        assert person.session.bye_sent_at is not None
        assert person.leg.remote == ("127.0.0.1", 40_004)
        await goes_on(person)
        assert second.session is not None
        second.session.remote_hangs_up()
        await person.live.over.wait()
    assert person.live.ending.reason is not None
    assert person.live.ending.reason.code is EndCode.CUSTOMER_HANGUP
    assert person.world.entries("transfer.replaced") == [{"sip_call_id": "call-2@test"}]


async def test_and_a_third_of_that(autojump_clock: trio.testing.MockClock) -> None:
    async with talking() as person, trio.open_nursery() as nursery:
        sessions = [person.session]
        for number in (2, 3):
            assert sessions[-1].on_replaced is not None
            incoming = FakeIncomingCall(number, offer=number == 2)
            nursery.start_soon(sessions[-1].on_replaced, incoming)
            before = sessions[-1]
            await happens(lambda before=before: before.over)
            assert incoming.session is not None
            sessions.append(incoming.session)
            await goes_on(person)
        sessions[-1].remote_hangs_up()


async def test_one_that_is_cancelled_changes_nothing(autojump_clock: trio.testing.MockClock) -> None:
    async with talking() as person:
        assert person.session.on_replaced is not None
        with pytest.raises(Exception, match="cancelled"):
            await person.session.on_replaced(FakeIncomingCall(2, cancelled=True))
        await goes_on(person)
        person.session.remote_hangs_up()


async def test_a_session_without_a_common_codec_is_refused(autojump_clock: trio.testing.MockClock) -> None:
    async with talking() as person:
        assert person.session.on_replaced is not None
        second = FakeIncomingCall(2)
        assert second.offer is not None
        (audio,) = second.offer.media
        formats = replace(audio, formats=("96",), attributes=())
        second.offer = replace(second.offer, media=(formats,))
        await person.session.on_replaced(second)
        assert second.rejected == (488, {})
        await goes_on(person)
        person.session.remote_hangs_up()


async def test_a_refer_is_refused_unless_the_settings_say_otherwise(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with talking(accept_refer=False) as person:
        assert person.session.on_refer is not None
        person.session.on_refer(TARGET)
        assert person.session.refer_answers == [603]
        assert not person.world.dialler.invites
        await goes_on(person)
        person.session.remote_hangs_up()


async def test_a_refer_that_may_not_be_dialled(autojump_clock: trio.testing.MockClock) -> None:
    async with talking() as person:
        assert person.session.on_refer is not None
        for uri in ("sip:+18005551234@192.0.2.10", "sip:x@elsewhere.example", "tel:+19005550000"):
            person.session.on_refer(ReferTo(parse_uri(uri)))
            await trio.sleep(1)
        assert person.session.refer_answers == [603, 603, 603]
        assert not person.world.dialler.invites
        person.session.remote_hangs_up()


async def test_a_refer_is_followed_and_told_about(autojump_clock: trio.testing.MockClock) -> None:
    async with talking(DialScript(200, after_s=3.0)) as person:
        assert person.session.on_refer is not None
        person.session.on_refer(TARGET)
        await happens(lambda: 200 in person.session.refer_answers)
        assert person.session.refer_answers == [202, 180, 200]
        (invite,) = person.world.dialler.invites
        assert invite.replaces == TARGET.replaces
        assert person.leg.remote == ("127.0.0.1", 41_000)
        assert not person.session.over  # whoever asked hangs up
        person.session.remote_hangs_up()
        await goes_on(person)
        assert invite.session is not None
        invite.session.remote_hangs_up()


async def test_who_asked_and_does_not_hang_up_is_hung_up(autojump_clock: trio.testing.MockClock) -> None:
    async with talking(DialScript(200)) as person:
        assert person.session.on_refer is not None
        person.session.on_refer(TARGET)
        await happens(lambda: person.session.over)
        assert person.session.bye_sent_at is not None
        session = person.world.dialler.invites[0].session
        assert session is not None
        session.remote_hangs_up()


async def test_a_refer_to_somebody_who_is_busy(autojump_clock: trio.testing.MockClock) -> None:
    async with talking(DialScript(486)) as person:
        assert person.session.on_refer is not None
        person.session.on_refer(TARGET)
        await happens(lambda: 486 in person.session.refer_answers)
        await goes_on(person)
        person.session.remote_hangs_up()


async def test_the_call_ends_while_it_rings(autojump_clock: trio.testing.MockClock) -> None:
    async with talking(DialScript(None)) as person:
        assert person.session.on_refer is not None
        person.session.on_refer(TARGET)
        await happens(lambda: 180 in person.session.refer_answers)
        person.session.remote_hangs_up()
    assert person.world.dialler.invites[0].cancelled_at is not None


async def test_a_refer_that_breaks_on_the_way_leaves_the_call(autojump_clock: trio.testing.MockClock) -> None:
    async with talking(DialScript(raises=LocalProtocolError("no such header"))) as person:
        assert person.session.on_refer is not None
        person.session.on_refer(TARGET)
        await happens(lambda: 500 in person.session.refer_answers)
        await goes_on(person)
        person.session.remote_hangs_up()


async def test_the_minutes_of_a_call_that_a_refer_asked_for_count(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with talking(DialScript(200), limits=DialLimits(minutes_per_day=1)) as person:
        assert person.session.on_refer is not None
        person.session.on_refer(TARGET)
        await happens(lambda: person.session.over)
        session = person.world.dialler.invites[0].session
        assert session is not None
        began = trio.current_time()
        await goes_on(person)
        while not session.over:
            await person.says("go on")
            await trio.sleep(5)
        assert 40 < trio.current_time() - began < 70


async def refer(person: Person, target: ReferTo = TARGET) -> list[int]:
    """The other side wants us to call somebody; what it is answered at once."""
    assert person.session.on_refer is not None
    before = len(person.session.refer_answers)
    person.session.on_refer(target)
    await trio.testing.wait_all_tasks_blocked()
    return person.session.refer_answers[before:]


async def test_one_refer_at_a_time(autojump_clock: trio.testing.MockClock) -> None:
    async with talking(DialScript(486, after_s=5.0, rings_after_s=None), DialScript(200)) as person:
        assert await refer(person) == [202]
        for _ in range(3):
            assert await refer(person) == [491]
        await happens(lambda: 486 in person.session.refer_answers)
        assert len(person.world.dialler.invites) == 1
        assert await refer(person) == [202]  # after it, the next
        await happens(lambda: person.session.over)
        assert len(person.world.dialler.invites) == 2
        session = person.world.dialler.invites[1].session
        assert session is not None
        assert session.on_refer is not None
        session.on_refer(TARGET)  # and whoever has answered may ask too
        await happens(lambda: session.refer_answers[:1] == [202])
        await happens(lambda: session.over)
        last = person.world.dialler.invites[2].session
        assert last is not None
        last.remote_hangs_up()


async def test_none_while_we_transfer_the_call(autojump_clock: trio.testing.MockClock) -> None:
    async with talking(DialScript(200, after_s=30.0)) as person:
        await person.live.control(TransferCall(TransferPlan(Destination(number="+493012345678"), Mode.DIAL)))
        await happens(lambda: len(person.world.dialler.invites) == 1)
        assert await refer(person) == [491]
        person.session.remote_hangs_up()


async def test_every_trunk_that_leads_there_is_tried(autojump_clock: trio.testing.MockClock) -> None:
    down, silent = DialScript(503, rings_after_s=None), DialScript(None, rings_after_s=None)
    async with talking(down, silent, DialScript(200), trunks=("one", "two", "three")) as person:
        await refer(person)
        await happens(lambda: 200 in person.session.refer_answers)
        assert person.session.refer_answers == [202, 180, 200]
        invites = person.world.dialler.invites
        assert [invite.trunk for invite in invites] == ["one", "two", "three"]
        assert len({str(invite.offer.origin.session_id) for invite in invites}) == 3
        assert invites[2].sent_at - invites[1].sent_at == pytest.approx(12.0, abs=0.5)
        await happens(lambda: person.session.over)
        assert invites[2].session is not None
        invites[2].session.remote_hangs_up()


async def test_nobody_is_rung_twice(autojump_clock: trio.testing.MockClock) -> None:
    async with talking(DialScript(503), trunks=("one", "two")) as person:
        await refer(person)
        await happens(lambda: 503 in person.session.refer_answers)
        assert person.session.refer_answers == [202, 180, 503]
        assert len(person.world.dialler.invites) == 1
        person.session.remote_hangs_up()


async def test_a_target_without_a_common_codec(autojump_clock: trio.testing.MockClock) -> None:
    async with talking(DialScript(200)) as person:
        describe = person.world.dialler.describe

        def silent(offer: SessionDescription) -> SessionDescription:
            answer = describe(offer)
            return replace(answer, media=(replace(answer.media[0], port=0),))

        person.world.dialler.describe = silent  # type: ignore[method-assign]
        await refer(person)
        await happens(lambda: 488 in person.session.refer_answers)
        session = person.world.dialler.invites[0].session
        assert session is not None
        assert session.over
        await goes_on(person)
        person.session.remote_hangs_up()
