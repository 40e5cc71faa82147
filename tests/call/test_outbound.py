"""A call that the assistant makes: what the table, the record and the far side see of it."""

from __future__ import annotations

from collections import deque

import pytest
import trio
import trio.testing

from aywa.call.control import EndCall, Say
from aywa.call.dial import DialRefused, DialRequest
from aywa.call.live import LiveCall
from aywa.call.outbound import CallOrder
from aywa.call.state import CallState
from aywa.call.table import CallTable
from aywa.dialling.numbers import BadNumber
from aywa.dialling.usage import LimitReached
from aywa.errors import EndCode, EndSide, OverloadedError, ProviderError, RequestError
from aywa.media.events import PcmReady
from aywa.ports.store import CallStatus, CallType
from aywa.settings import CallSettings, DialLimits, DialSettings, TrunkDialling, TrunkSettings
from tests.kit.call_world import CallWorld, happens
from tests.kit.fake_dialler import DialScript

NUMBER = "+493012345678"
CARRIER = TrunkSettings(
    "carrier",
    ("192.0.2.10",),
    dial=TrunkDialling(
        "sip:192.0.2.10", callers=("+4930990",), limits=DialLimits(concurrent=2, per_second=100)
    ),
)
SETTINGS = DialSettings("49", ("+49",), per_key=DialLimits(concurrent=2, per_second=100))


def world(*scripts: DialScript) -> CallWorld:
    """With one carrier, whose calls come out as the scripts say."""
    made = CallWorld(trunks=(CARRIER,), dial_settings=SETTINGS)
    made.dialler.scripts = deque(scripts)
    return made


def order(**more: object) -> CallOrder:
    """A call to somebody."""
    return CallOrder(DialRequest(NUMBER, **more), "Erika Mustermann")  # type: ignore[arg-type]


async def end(made: CallWorld, live: LiveCall) -> tuple[EndCode, EndSide, int | None]:
    """How the call ended, once it is in the store."""
    with trio.fail_after(900):
        await live.over.wait()
    reason = made.store.rows[live.id].end_reason
    assert reason is not None
    assert made.store.rows[live.id].status is CallStatus.ENDED
    return reason.code, reason.side, reason.sip_status


async def test_the_assistant_speaks_first_and_the_call_is_on_record(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = world()
    async with made.table() as table:
        live = table.place(order())
        assert live.row.status is CallStatus.QUEUED
        await table.written()
        row = made.store.rows[live.id]
        assert (row.type, row.from_uri) == (CallType.OUTBOUND, "<sip:+4930990@192.0.2.10>")
        assert row.to_uri == '"Erika Mustermann" <sip:+493012345678@192.0.2.10>'
        await trio.sleep(1)
        assert live.row.status is CallStatus.RINGING
        await happens(lambda: live.state is CallState.TALKING)
        leg = made.engine.legs[0]
        await happens(lambda: len(leg.sent) > 16_000)
        session = made.dialler.invites[0].session
        assert session is not None
        session.remote_hangs_up()
        assert await end(made, live) == (EndCode.CUSTOMER_HANGUP, EndSide.CALLER, None)
    row = made.store.rows[live.id]
    assert row.sip_call_id == "session@test"
    assert row.recording_path is not None
    assert row.started_at is not None
    assert made.said()[0][0] == "assistant"
    assert [kind for kind in made.kinds() if kind.partition(".")[0] in ("dial", "call")] == [
        *("call.created", "dial.attempt", "dial.ringing", "dial.answered", "call.answered", "call.ended")
    ]
    assert made.gate().usage.live() == {"trunk:carrier": 0, "key:": 0}


@pytest.mark.parametrize(
    ("script", "code", "status"),
    [
        (DialScript(486), EndCode.BUSY, 486),
        (DialScript(None), EndCode.NOT_ANSWERED, 408),
        (DialScript(603), EndCode.BUSY, 603),
        (DialScript(403, rings_after_s=None), EndCode.FORBIDDEN, 403),
        (DialScript(404, rings_after_s=None), EndCode.NOT_CONNECTED, 404),
        (DialScript(0, rings_after_s=None), EndCode.NOT_CONNECTED, None),
    ],
)
async def test_a_call_that_nobody_answers(
    autojump_clock: trio.testing.MockClock, script: DialScript, code: EndCode, status: int | None
) -> None:
    made = world(script)
    async with made.table() as table:
        live = table.place(order(ring_timeout_s=20))
        assert await end(made, live) == (code, EndSide.SYSTEM, status)
    assert made.store.rows[live.id].started_at is None
    assert not made.said()
    assert made.gate().usage.live() == {"trunk:carrier": 0, "key:": 0}


async def test_an_operator_ends_the_ringing(autojump_clock: trio.testing.MockClock) -> None:
    made = world(DialScript(None))
    async with made.table() as table:
        live = table.place(order())
        await trio.sleep(3)
        await live.control(EndCall())
        assert made.dialler.invites[0].cancelled_at is not None
        assert await end(made, live) == (EndCode.CONTROL, EndSide.OPERATOR, None)


async def test_an_operator_ends_the_conversation(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    async with made.table() as table:
        live = table.place(order())
        await happens(lambda: live.state is CallState.TALKING)
        await live.control(EndCall())
        assert await end(made, live) == (EndCode.CONTROL, EndSide.OPERATOR, None)
    assert live.row.media is not None


async def test_what_is_heard_before_the_answer_is_recorded_and_not_answered(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = world(DialScript(200, after_s=8, early_after_s=1))
    async with made.table() as table:
        live = table.place(order(early_media=True))
        await trio.sleep(4)
        (leg,) = made.engine.legs
        assert live.row.status is CallStatus.RINGING
        assert live.row.recording_path is not None
        leg.uplink.append((bytes(3200), 8000))
        leg.speech_started()  # the announcement
        leg.emit(PcmReady())
        await trio.sleep(2)
        leg.speech_stopped()
        assert not leg.sent
        assert not leg.uplink
        await happens(lambda: len(leg.sent) > 16_000)
        assert made.stt.sessions[0].fed == []
        await live.control(EndCall())
        await live.over.wait()
    (sink,) = made.recordings.sinks.values()
    assert len(sink.frames) / 4 / 8000 > 7  # from the first sample heard
    assert [role for role, _ in made.said()] == ["assistant"]


async def test_early_media_of_a_call_that_fails_is_kept(autojump_clock: trio.testing.MockClock) -> None:
    made = world(DialScript(404, after_s=8, early_after_s=1))  # "this number is not in service"
    async with made.table() as table:
        live = table.place(order(early_media=True))
        assert (await end(made, live))[0] is EndCode.NOT_CONNECTED
    assert made.store.rows[live.id].recording_path is not None


async def test_an_extension_is_pressed_before_anything_is_said(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = world()
    async with made.table() as table:
        live = table.place(CallOrder(DialRequest(NUMBER), extension="12#"))
        await happens(lambda: bool(made.engine.legs))
        (leg,) = made.engine.legs
        await happens(lambda: leg.pressed == "12#")
        assert not leg.sent
        await happens(lambda: bool(leg.sent))
        await live.control(EndCall())


async def test_a_call_that_could_not_hear_is_not_placed(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    lost = ProviderError("no recogniser", provider="fake-stt", stage="stt", retryable=False)
    made.stt.open_errors.extend([lost] * 9)
    async with made.table() as table:
        live = table.place(order())
        assert (await end(made, live))[0] is EndCode.PROVIDER_ERROR
    assert not made.dialler.invites
    assert made.gate().usage.live() == {"trunk:carrier": 0, "key:": 0}


def count(table: CallTable) -> int:
    """Calls that are there."""
    return len(table.live())


async def test_what_may_not_be_dialled_leaves_no_call_behind(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    async with made.table() as table:
        with pytest.raises(DialRefused):
            table.place(CallOrder(DialRequest("+33123456789")))
        with pytest.raises(BadNumber):
            table.place(CallOrder(DialRequest("112112")))
        made.engine.overloaded = True
        with pytest.raises(OverloadedError):
            table.place(order())
        made.engine.overloaded = False
        for _ in range(2):
            table.place(order())
        with pytest.raises(LimitReached):
            table.place(order())
        assert count(table) == 2
        table.drain()
        with pytest.raises(OverloadedError):
            table.place(order())
    assert {row.end_reason.code for row in made.store.rows.values() if row.end_reason} == {EndCode.SHUTDOWN}


async def test_the_last_place_is_kept_for_nobody(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    made.settings = CallSettings(max_calls=1)
    async with made.table() as table:
        table.place(order())
        with pytest.raises(OverloadedError):
            table.place(order())


async def test_nothing_can_be_said_while_it_rings(autojump_clock: trio.testing.MockClock) -> None:
    made = world(DialScript(None))
    async with made.table() as table:
        live = table.place(order())
        await trio.sleep(1)
        with pytest.raises(RequestError):
            await live.control(Say("Hello"))
        await live.control(EndCall())
