"""What a call does with its leg: the places of the caller's audio, hold, and other re-INVITEs."""

from __future__ import annotations

from dataclasses import replace

import pytest
import trio
import trio.testing

from aywa.errors import EndCode
from aywa.media.events import PcmReady
from aywa.media.format import EventFormat
from aywa.proto.sdp.attributes import direction_of
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.formats import formats_of
from aywa.proto.sdp.offer_answer import (
    PCMU,
    TELEPHONE_EVENT,
    AudioFormat,
    Direction,
    LocalAudio,
    make_offer,
)
from aywa.turn.states import State
from tests.kit.call_world import CallWorld, Person
from tests.kit.fake_sip import FakeIncomingCall, FakeSession


async def test_the_recogniser_is_told_where_each_piece_stands(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = CallWorld()
    async with world.call() as person:
        person.leg.uplink += [(bytes(1280), 800), (bytes(640), 5000)]
        person.leg.emit(PcmReady())
        await trio.sleep(1)
        assert world.stt.sessions[0].fed == [(640, 800), (320, 5000)]
        person.session.remote_hangs_up()


def described(
    direction: Direction = Direction.SENDRECV,
    *,
    port: int = 40_002,
    host: str = "127.0.0.1",
    event: int = 101,
) -> SessionDescription:
    """What the far side's PBX describes."""
    formats = (PCMU, replace(TELEPHONE_EVENT, payload_type=event))
    return make_offer(LocalAudio(host, port, formats), 7, 2, direction)


HOLDS = [
    described(Direction.SENDONLY),
    described(Direction.INACTIVE),
    described(host="0.0.0.0"),  # the hold of RFC 2543
]


def answer_of(session: FakeSession, description: SessionDescription) -> str:
    """The direction of our answer to this offer."""
    answer = session.reinvite(description)
    assert answer is not None
    return direction_of(answer, answer.media[0]).value


@pytest.mark.parametrize("hold", HOLDS)
async def test_a_call_on_hold_waits_and_goes_on(
    autojump_clock: trio.testing.MockClock, hold: SessionDescription
) -> None:
    world = CallWorld()
    async with world.call() as person:
        await person.until(State.SPEAKING)
        await trio.sleep(0.2)
        assert answer_of(person.session, hold) in ("recvonly", "inactive")
        played = person.leg.played
        assert person.leg.held
        assert played > 0
        await trio.sleep(200)  # longer than a caller may be silent
        assert person.leg.played == played
        assert not person.live.over.is_set()
        assert "turn.overdue" not in world.kinds()
        assert person.leg.remote == ("127.0.0.1", 40_002)
        assert answer_of(person.session, described(port=40_044)) == "sendrecv"
        assert not person.leg.held
        assert person.leg.remote == ("127.0.0.1", 40_044)
        await person.until(State.LISTENING)
        assert person.leg.played > played
        person.session.remote_hangs_up()
    assert [line for line in world.said() if line[0] == "assistant"]
    assert world.row().end_reason is not None
    assert world.row().end_reason.code is EndCode.CUSTOMER_HANGUP  # type: ignore[union-attr]


@pytest.mark.parametrize("hold", HOLDS)
async def test_a_call_on_hold_from_the_start_is_greeted_after_it(
    autojump_clock: trio.testing.MockClock, hold: SessionDescription
) -> None:
    world = CallWorld()
    async with world.table() as table, trio.open_nursery() as nursery:
        incoming = FakeIncomingCall(offer=hold)
        nursery.start_soon(table.take_incoming, incoming)
        person = await Person.on(world, table, incoming)
        await trio.sleep(100)
        assert (person.leg.held, person.leg.played) == (True, 0)
        assert world.said() == []
        answer_of(person.session, described())
        await person.until(State.LISTENING)
        assert person.leg.played > 0
        person.session.remote_hangs_up()
    assert [role for role, _ in world.said()] == ["assistant"]


async def test_a_reinvite_without_an_offer_resumes_a_held_call(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = CallWorld()
    async with world.call() as person:
        await person.listens()
        answer_of(person.session, described(Direction.SENDONLY))
        held = person.session.local
        await trio.sleep(5)
        offer = person.session.reinvite_without_offer(lambda _: described(port=40_100, event=101))
        assert direction_of(offer, offer.media[0]) is Direction.SENDRECV
        assert offer.origin == replace(held.origin, version=held.origin.version + 1)
        assert offer.media[0].formats[:2] == ("0", "8")
        assert "101" in offer.media[0].formats
        assert not person.leg.held
        assert person.leg.remote == ("127.0.0.1", 40_100)
        await person.says("hello")
        await person.listens()
        person.session.remote_hangs_up()


async def test_an_answer_that_cannot_be_carried_ends_the_call(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = CallWorld()
    async with world.call() as person:
        await person.listens()
        person.session.reinvite_without_offer(lambda _: described(host="2001:db8::1"))
    assert world.row().end_reason.code is EndCode.UNACCEPTABLE_OFFER  # type: ignore[union-attr]
    assert person.session.bye_sent_at is not None


async def test_key_presses_follow_a_reinvite(autojump_clock: trio.testing.MockClock) -> None:
    world = CallWorld()
    async with world.call() as person:
        await person.listens()
        answer = person.session.reinvite(described(event=96))
        assert answer is not None
        assert answer.media[0].formats == ("0", "96")
        assert person.leg.format.events == EventFormat(96)
        offer = person.session.reinvite_without_offer(lambda _: described(event=96))
        events = [audio for audio in formats_of(offer.media[0]) if audio.is_event]
        assert [audio.payload_type for audio in events if audio.clock_rate == 8000] == [96]
        assert person.leg.format.events == EventFormat(96)
        person.session.remote_hangs_up()


async def test_a_codec_that_is_not_served_is_refused_and_changes_nothing(
    autojump_clock: trio.testing.MockClock,
) -> None:
    world = CallWorld()
    async with world.call() as person:
        await person.listens()
        g729 = LocalAudio("127.0.0.1", 41_000, (AudioFormat(18, "G729", 8000),))
        assert person.session.reinvite(make_offer(g729, 7, 2, Direction.INACTIVE)) is None
        assert (person.leg.held, person.leg.remote) == (False, ("127.0.0.1", 40_002))
        assert len(person.leg.formats) == 1
        assert "media.renegotiated" not in world.kinds()
        person.session.remote_hangs_up()
