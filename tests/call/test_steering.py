"""An operator mutes either side of a live call, holds the caller, and takes him back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
import trio
from trio.testing import MockClock

from aywa.call.control import LineAction, Say, SteerLine, TransferCall
from aywa.errors import LocalProtocolError, RequestError
from aywa.proto.sdp.attributes import Direction, direction_of
from aywa.proto.sdp.description import SessionDescription
from aywa.settings import CallSettings
from aywa.transfer.plan import Destination, Mode, TransferPlan
from aywa.turn.states import State
from tests.kit.call_world import CallWorld, Person
from tests.kit.fake_dialler import DialScript
from tests.kit.fake_providers import FakeModel, says
from tests.kit.fake_sip import FakeIncomingCall
from tests.kit.transfer_world import open_desk

MUSIC = cast("Any", "music")


def world() -> CallWorld:
    """An assistant that greets, and answers everything alike."""
    return CallWorld(model=FakeModel(says("Hello there."), says("As you wish.")), hold_music=MUSIC)


async def do(person: Person, action: LineAction) -> None:
    await person.live.control(SteerLine(action))


async def refused(person: Person, action: LineAction, code: str) -> None:
    with pytest.raises(RequestError) as refusal:
        await do(person, action)
    assert (refusal.value.http_status, refusal.value.code) == (409, code)


def heading(direction: Direction) -> Callable[[SessionDescription], SessionDescription]:
    """The far side's answer, in this direction."""

    def answer(offer: SessionDescription) -> SessionDescription:
        (medium,) = offer.media
        kept = [(key, value) for key, value in medium.attributes if key not in {d.value for d in Direction}]
        attributes = (*kept, (direction.value, None))
        return replace(offer, media=(replace(medium, port=40_002, attributes=attributes),))

    return answer


def offered(person: Person) -> Direction:
    """The direction of our last offer."""
    offer = person.session.offers[-1]
    return direction_of(offer, offer.media[0])


async def test_a_muted_assistant_is_cut_hears_on_and_answers_who_has_just_spoken(
    autojump_clock: MockClock,
) -> None:
    async with world().call() as person:
        await person.until(State.SPEAKING)
        await do(person, LineAction.MUTE_ASSISTANT)
        await do(person, LineAction.MUTE_ASSISTANT)  # twice is once
        await person.until(State.LISTENING)
        sent = len(person.leg.sent)
        await person.says("are you there")
        await person.live.control(Say("The operator wants this said."))
        await trio.sleep(120)  # which nobody takes for the caller's silence
        assert len(person.leg.sent) == sent
        await person.says("hello")
        await trio.sleep(1.5)
        await do(person, LineAction.UNMUTE_ASSISTANT)
        await person.listens()
        assert len(person.leg.sent) > sent
        person.session.remote_hangs_up()
    lines = person.world.said()
    assert [text for role, text in lines if role == "user"] == ["are you there", "hello"]
    assert "As you wish." in [text for _, text in lines]
    actions = [entry["action"] for entry in person.world.entries("control.line")]
    assert actions == ["mute-assistant", "mute-assistant", "unmute-assistant"]


async def test_a_muted_caller_is_silence_that_is_not_his(autojump_clock: MockClock) -> None:
    async with world().call() as person:
        await person.listens()
        await do(person, LineAction.MUTE_CUSTOMER)
        assert person.leg.muted
        await trio.sleep(120)
        assert person.live.ending.reason is None
        await do(person, LineAction.UNMUTE_CUSTOMER)
        assert not person.leg.muted
        await person.says("hello")
        await person.listens()
        person.session.remote_hangs_up()
    assert [text for role, text in person.world.said() if role == "user"] == ["hello"]


async def test_the_caller_is_held_with_music_and_taken_back(autojump_clock: MockClock) -> None:
    async with world().call() as person:
        await person.until(State.SPEAKING)
        await do(person, LineAction.HOLD)
        assert person.leg.music is MUSIC
        assert offered(person) is Direction.SENDONLY
        person.session.answers(heading(Direction.RECVONLY))
        assert not person.leg.held  # or nobody would hear the music
        assert person.leg.excused
        person.leg.speech_started()  # of somebody whom nobody hears
        await trio.sleep(120)
        person.leg.speech_stopped()
        assert person.live.ending.reason is None
        await do(person, LineAction.RESUME)
        assert offered(person) is Direction.SENDRECV
        person.session.answers(heading(Direction.SENDRECV))
        assert not person.leg.excused
        assert person.leg.music is None
        await person.says("thank you")
        await person.listens()
        person.session.remote_hangs_up()
    assert [text for role, text in person.world.said() if role == "user"] == ["thank you"]
    versions = [offer.origin.version for offer in person.session.offers]
    assert versions == sorted(set(versions))


async def test_while_held_the_far_side_learns_nothing_else(autojump_clock: MockClock) -> None:
    async with world().call() as person:
        await person.listens()
        await do(person, LineAction.HOLD)
        person.session.answers(heading(Direction.RECVONLY))
        assert person.incoming.offer is not None
        answer = person.session.reinvite(person.incoming.offer)
        assert answer is not None
        assert direction_of(answer, answer.media[0]) is Direction.SENDONLY
        asked = person.session.reinvite_without_offer(heading(Direction.RECVONLY))
        assert direction_of(asked, asked.media[0]) is Direction.SENDONLY
        second = FakeIncomingCall(2)
        async with trio.open_nursery() as nursery:
            assert person.session.on_replaced is not None
            nursery.start_soon(person.session.on_replaced, second)
            await trio.sleep(1)
            assert second.session is not None
            local = second.session.local
            assert direction_of(local, local.media[0]) is Direction.SENDONLY
            second.session.remote_hangs_up()


async def test_both_hold_and_each_lets_go_of_its_own(autojump_clock: MockClock) -> None:
    async with world().call() as person:
        await person.listens()
        assert person.incoming.offer is not None
        person.session.reinvite(heading(Direction.SENDONLY)(person.incoming.offer))
        assert person.leg.held
        await do(person, LineAction.HOLD)
        person.session.answers(heading(Direction.INACTIVE))
        await do(person, LineAction.RESUME)
        person.session.answers(heading(Direction.SENDONLY))
        assert person.leg.held
        await trio.sleep(120)  # nobody is silent who has put us on hold
        assert person.live.ending.reason is None
        person.session.reinvite(person.incoming.offer)
        assert not person.leg.held
        person.session.remote_hangs_up()


async def test_a_far_side_that_refuses_hears_the_music(autojump_clock: MockClock) -> None:
    async with world().call() as person:
        await person.listens()
        await do(person, LineAction.HOLD)
        assert person.session.on_offer_refused is not None
        person.session.on_offer_refused(488)
        assert person.leg.music is MUSIC
        person.session.remote_hangs_up()
    assert person.world.entries("media.renegotiation_refused") == [{"sip_status": 488}]


async def test_what_cannot_be_now_is_said(autojump_clock: MockClock) -> None:
    async with world().call() as person:
        await person.listens()
        await refused(person, LineAction.RESUME, "not-on-hold")
        person.session.offer_error = LocalProtocolError("a change is under way")
        await refused(person, LineAction.HOLD, "renegotiation-under-way")
        assert person.leg.music is None
        person.session.offer_error = None
        await do(person, LineAction.HOLD)
        await refused(person, LineAction.HOLD, "on-hold")
        with pytest.raises(RequestError) as refusal:
            await person.live.control(TransferCall(TransferPlan(Destination(sip_uri="sip:a@b"), Mode.REFER)))
        assert refusal.value.code == "on-hold"
        person.session.remote_hangs_up()
        await person.live.over.wait()
        await refused(person, LineAction.MUTE_ASSISTANT, "call-not-live")


async def test_a_transfer_holds_the_caller_itself(autojump_clock: MockClock) -> None:
    async with open_desk(DialScript(after_s=20.0), settings=CallSettings()) as desk:
        await desk.ask(TransferPlan(Destination(number="+493012345678"), Mode.WARM))
        await desk.reaches("DIALLING")
        await refused(desk.person, LineAction.HOLD, "transfer-under-way")
        await do(desk.person, LineAction.MUTE_CUSTOMER)
        assert desk.person.leg.muted
