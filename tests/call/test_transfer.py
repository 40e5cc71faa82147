"""Transfers of a live call, each way they can go by name: what everybody hears, and that nobody is left."""

from __future__ import annotations

from dataclasses import replace

import pytest
import trio

from aywa.call.consult_model import QUESTION
from aywa.call.control import EndCall, TransferCall
from aywa.errors import EndCode, RequestError
from aywa.media.routing import Routing
from aywa.ports.llm import Done, Role, ToolCall
from aywa.proto.sip.session_states import ReferAnswered, ReferReported
from aywa.settings import CallSettings
from aywa.transfer.outcome import Outcome
from aywa.transfer.plan import BACK, Briefing, Destination, Mode
from aywa.turn.states import State as TurnState
from tests.kit.call_world import happens
from tests.kit.fake_dialler import DialScript
from tests.kit.fake_providers import says
from tests.kit.transfer_world import MUSIC, NUMBER, Desk, open_desk, plan

BUSY = DialScript(486, after_s=1.0)
SILENT = DialScript(None)
ANSWERS = DialScript(200, after_s=3.0)


async def briefed(desk: Desk, wanted: object = None) -> None:
    """Warm, up to the colleague's decision."""
    await desk.ask(wanted or plan())  # type: ignore[arg-type]
    await desk.reaches("DECIDING")


def reason(desk: Desk) -> EndCode:
    assert desk.person.live.ending.reason is not None
    return desk.person.live.ending.reason.code


@pytest.mark.parametrize(
    ("script", "status", "outcome"),
    [
        (BUSY, "busy", Outcome.BUSY),
        (DialScript(480, after_s=20.0), "no-answer", Outcome.NO_ANSWER),
        (SILENT, "no-answer", Outcome.NO_ANSWER),
        (DialScript(603), "failed", Outcome.DECLINED),
        (DialScript(404), "failed", Outcome.UNREACHABLE),
        (DialScript(503), "failed", Outcome.UNREACHABLE),
    ],
    ids=["human busy", "no answer", "never answers", "declined", "unknown", "trunk down"],
)
async def test_nobody_is_reached(
    autojump_clock: trio.testing.MockClock, script: DialScript, status: str, outcome: Outcome
) -> None:
    async with open_desk(script) as desk:
        await desk.ask(plan())
        await desk.reaches("DIALLING")
        assert desk.person.leg.music is MUSIC
        await desk.back()
        assert desk.record["status"] == status
        assert desk.record["reason"] == outcome.value
        spoken = " ".join(desk.world.tts.spoken)
        assert BACK.get(outcome, "I could not connect you") in spoken
        # The assistant goes on, and its model knows why.
        await desk.person.says("then just take a message")
        await desk.person.listens()
        assert any(outcome.value in m.text for m in desk.world.model.requests[-1].messages)
        desk.person.session.remote_hangs_up()
    assert reason(desk) is EndCode.CUSTOMER_HANGUP


async def test_accept_by_key(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS, settings=CallSettings(max_duration_s=30.0)) as desk:
        await briefed(desk)
        assert desk.person.leg.music is MUSIC
        assert desk.room_is(Routing.CONSULT)
        desk.leg.press("1")
        await desk.reaches("BRIDGED")
        assert desk.room_is(Routing.BRIDGE)
        assert desk.person.leg.music is None
        await trio.sleep(40)  # longer than the assistant's own call may last
        assert desk.room_is(Routing.BRIDGE)
        desk.colleague.remote_hangs_up()
        await desk.person.live.over.wait()
    assert reason(desk) is EndCode.FORWARDED
    assert desk.person.session.bye_sent_at is not None
    assert desk.record["status"] == "connected"
    assert [entry["by"] for entry in desk.world.entries("transfer.accepted")] == ["key"]


async def test_accept_by_voice(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await briefed(desk)
        await desk.colleague_says("yes please")
        await desk.reaches("BRIDGED")
        await trio.sleep(5)
        desk.person.session.remote_hangs_up()
    assert reason(desk) is EndCode.FORWARDED
    assert desk.colleague.bye_sent_at is not None
    assert [entry["by"] for entry in desk.world.entries("transfer.accepted")] == ["voice"]
    assert "Colleague: yes please" in desk.record["transcript"]
    assert desk.record["recordingPath"].endswith("-colleague-1.wav")
    assert desk.leg.apart
    assert desk.record["recordingOffsetMs"] == 0, "both fake legs say that they began together"
    assert desk.record["awayFromMs"] > 0
    assert "awayToMs" not in desk.record, "the caller never comes back to the assistant"
    assert QUESTION in desk.record["transcript"]


async def test_declines_by_key(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await briefed(desk)
        desk.leg.press("2")
        await desk.back()
        assert desk.record["reason"] == "declined"
        assert desk.colleague.bye_sent_at is not None
        away_ms = desk.record["awayToMs"] - desk.record["awayFromMs"]
        assert away_ms > 3000, "from the music, before the colleague answers, until the assistant is back"


async def test_declines_by_voice_in_the_middle_of_the_briefing(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with open_desk(ANSWERS) as desk:
        await desk.ask(plan(briefing_text="A long story. " * 40))
        await desk.reaches("BRIEFING")
        await trio.sleep(2)
        await desk.colleague_says("no, not now")
        await desk.back()
        assert desk.record["reason"] == "declined"


async def test_asks_again_before_deciding(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await briefed(desk, plan(briefing_text="It is about a pizza."))
        await desk.colleague_says("say that again")
        await happens(lambda: " ".join(desk.world.tts.spoken).count("It is about a pizza.") == 2)
        await trio.sleep(8)
        await desk.colleague_says("okay")
        await desk.reaches("BRIDGED")


async def test_hangs_up_while_being_briefed(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await desk.ask(plan())
        await desk.reaches("BRIEFING")
        await trio.sleep(1)
        desk.colleague.remote_hangs_up()
        await desk.back()
        assert desk.record["reason"] == "colleague-hung-up"
        assert desk.colleague.bye_sent_at is None


async def test_voicemail_answers(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await desk.ask(plan())
        await desk.reaches("BRIEFING")
        desk.person.live.transfers.voicemail_suspected()
        await desk.back()
        assert desk.record["status"] == "voicemail"


GREETING = (
    "Hello, you have reached the reservations of the hotel by the lake. We are sorry that nobody can take "
    "your call at the moment. Our office is open on weekdays. Please go ahead and leave a message, and "
    "yes, we will call you back as soon as we can."
)


@pytest.mark.parametrize("transcribed", [True, False], ids=["understood", "only heard"])
@pytest.mark.parametrize("consent", [True, False], ids=["asked", "not asked"])
async def test_a_long_mailbox_greeting_without_a_beep(
    autojump_clock: trio.testing.MockClock, transcribed: bool, consent: bool
) -> None:
    """The words of a greeting, "yes" among them, are no answer of a colleague."""
    async with open_desk(ANSWERS) as desk:
        await desk.ask(plan(needs_consent=consent))
        await desk.reaches("BRIEFING")
        await desk.colleague_talks(14.0 if transcribed else 25.0, GREETING if transcribed else None)
        await desk.back()
        assert desk.record["status"] == "voicemail"
        assert "BRIDGED" not in desk.states()
        (verdict,) = desk.world.entries("colleague.answering.verdict")
        assert verdict["outcome"] == "machine"
        assert verdict["cause"] == "evidence"
        await desk.person.says("then just take a message")
        await desk.person.listens()


async def test_a_colleague_who_says_hello_is_no_mailbox(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await desk.ask(plan(colleague_first=True))
        await desk.reaches("GREETING")
        await desk.colleague_talks(0.6, "Hello?")
        await desk.reaches("DECIDING")
        (verdict,) = desk.world.entries("colleague.answering.verdict")
        assert verdict["outcome"] == "human"
        await desk.colleague_talks(
            11.0, "well that is a long story about a room that was booked twice in May"
        )
        await trio.sleep(2)
        await desk.colleague_says("yes please")
        await desk.reaches("BRIDGED")


async def test_a_colleague_who_interrupts_an_unasked_briefing(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await desk.ask(plan(needs_consent=False, briefing_text="A long story. " * 40))
        await desk.reaches("BRIEFING")
        await trio.sleep(2)
        await desk.colleague_talks(0.8, "Okay, put her through")
        await desk.reaches("BRIDGED", 5)
        (verdict,) = desk.world.entries("colleague.answering.verdict")
        assert verdict["outcome"] == "human"


async def test_nobody_decides(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await briefed(desk)
        await desk.back()
        assert desk.record["reason"] == "undecided"


async def test_caller_hangs_up_while_it_rings(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(SILENT) as desk:
        await desk.ask(plan())
        await desk.reaches("RINGING")
        desk.person.session.remote_hangs_up()
    assert desk.invite.cancelled_at is not None
    assert reason(desk) is EndCode.TRANSFER_HANGUP
    assert desk.world.row().transfers[0]["status"] == "cancelled"


async def test_caller_hangs_up_while_the_human_is_briefed(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await desk.ask(plan())
        await desk.reaches("BRIEFING")
        desk.person.session.remote_hangs_up()
    assert desk.colleague.bye_sent_at is not None
    assert reason(desk) is EndCode.TRANSFER_HANGUP
    assert desk.world.row().transfers[0]["reason"] == "caller-hung-up"


async def test_an_operator_ends_the_call_while_it_rings(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(SILENT) as desk:
        await desk.ask(plan())
        await desk.reaches("RINGING")
        await desk.person.live.control(EndCall())
    assert desk.invite.cancelled_at is not None
    assert reason(desk) is EndCode.CONTROL
    assert desk.world.row().transfers[0]["status"] == "cancelled"


async def test_shutdown(autojump_clock: trio.testing.MockClock) -> None:
    """A drain that is over takes the colleague's leg with it, and the row says what became of it."""
    async with open_desk(ANSWERS, settings=CallSettings(drain_s=1.0)) as desk:
        await briefed(desk)
        desk.person.table.drain()
        desk.person.table._nursery.cancel_scope.cancel()
        await desk.person.live.over.wait()
    assert desk.colleague.bye_sent_at is not None
    assert reason(desk) is EndCode.SHUTDOWN
    assert desk.world.row().transfers[0]["reason"] == "cancelled"
    assert desk.world.row().transfers[0]["endedAt"]


async def test_network_lost_on_the_humans_leg(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await briefed(desk)
        desk.leg.lose_media()
        await desk.back()
        assert desk.record["reason"] == "media-lost"


async def test_network_lost_on_the_humans_leg_while_they_talk(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await briefed(desk)
        desk.leg.press("1")
        await desk.reaches("BRIDGED")
        await trio.sleep(10)
        desk.leg.lose_media()
        await desk.back()
        assert desk.record["reason"] == "media-lost"
        assert BACK[Outcome.MEDIA_LOST] in " ".join(desk.world.tts.spoken)


async def test_network_lost_on_the_callers_leg(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await briefed(desk)
        desk.person.leg.lose_media()
    assert reason(desk) is EndCode.MEDIA_TIMEOUT
    assert desk.colleague.bye_sent_at is not None


async def test_cold_dial_connects_at_the_answer(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        wanted = plan(Mode.DIAL, announcement="I am connecting you.", adds_summary=True)
        await desk.ask(replace(wanted, destination=Destination(number=NUMBER, extension="12#")))
        await desk.reaches("BRIDGED")
        assert "I am connecting you." in desk.world.tts.spoken
        assert dict(desk.invite.headers)["X-Transfer-Summary"].startswith("It is about")
        assert desk.leg.pressed == "12#"
        assert len(desk.world.stt.sessions) == 1  # nobody listens to the colleague
        assert desk.leg.sent == b""
        desk.colleague.remote_hangs_up()
        await desk.person.live.over.wait()
    assert reason(desk) is EndCode.FORWARDED


async def test_cold_dial_media_lost(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await desk.ask(plan(Mode.DIAL))
        await desk.reaches("BRIDGED")
        desk.leg.lose_media()
        await desk.back()


async def test_the_human_is_to_speak_first(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await desk.ask(plan(colleague_first=True, briefing=Briefing.MESSAGE, needs_consent=False))
        await desk.reaches("GREETING")
        await trio.sleep(4)
        assert desk.leg.sent == b""
        await desk.colleague_says("hello")
        await desk.reaches("BRIDGED")
        assert desk.states()[-2:] == ["BRIEFING", "BRIDGED"]


async def test_a_farewell_ends_the_call(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(BUSY) as desk:
        await desk.ask(plan(fallback_message="We call you back. Goodbye.", fallback_ends_call=True))
        await desk.person.live.over.wait()
    assert "We call you back." in " ".join(desk.world.tts.spoken)
    assert reason(desk) is EndCode.OPERATOR_BUSY
    assert desk.person.session.bye_sent_at is not None


async def test_refer_rejected(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk() as desk:
        await desk.ask(plan(Mode.REFER, adds_summary=True))
        await desk.reaches("REFERRING")
        ((target, headers),) = desk.person.session.referred
        assert str(target) == f"<sip:{NUMBER}@192.0.2.7:5070>"
        assert headers[0][0] == "X-Transfer-Summary"
        desk.person.session.refer_says(ReferAnswered(603, reports=False))
        await desk.back()
        assert desk.record["reason"] == "refer-rejected"
        assert desk.record["sipStatus"] == 603


async def test_refer_taken(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk() as desk:
        await desk.ask(plan(Mode.REFER))
        await desk.reaches("REFERRING")
        session = desk.person.session
        session.refer_says(ReferAnswered(202, reports=True), ReferReported(180, last=False))
        await trio.sleep(5)
        assert not session.over
        session.refer_says(ReferReported(200, last=True))
        await desk.person.live.over.wait()
    assert session.bye_sent_at is not None
    assert reason(desk) is EndCode.FORWARDED
    assert desk.world.row().transfers[0]["status"] == "completed"


async def test_attended(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await briefed(desk, plan(Mode.ATTENDED))
        desk.leg.press("1")
        await desk.reaches("REPLACING")
        ((target, _),) = desk.person.session.referred
        assert target.replaces == desk.colleague.refer_to.replaces
        session = desk.person.session
        session.refer_says(ReferAnswered(202, reports=True))
        desk.colleague.remote_hangs_up()
        await trio.sleep(0.2)
        session.refer_says(ReferReported(200, last=True))
        await desk.person.live.over.wait()
    assert reason(desk) is EndCode.FORWARDED
    assert desk.world.row().transfers[0]["status"] == "completed"


async def test_attended_rejected_connects_all_the_same(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(ANSWERS) as desk:
        await briefed(desk, plan(Mode.ATTENDED))
        desk.leg.press("1")
        await desk.reaches("REPLACING")
        desk.person.session.refer_says(ReferAnswered(405, reports=False))
        await desk.reaches("BRIDGED")
        assert desk.room_is(Routing.BRIDGE)


async def test_one_at_a_time(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(SILENT) as desk:
        await desk.ask(plan())
        with pytest.raises(RequestError) as refusal:
            await desk.person.live.control(TransferCall(plan()))
        assert refusal.value.code == "transfer-under-way"


async def test_a_destination_that_may_not_be_dialled(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk() as desk:
        await desk.ask(replace(plan(), destination=Destination(sip_uri="sip:x@elsewhere.example")))
        await desk.back()
        assert desk.record["reason"] == "forbidden"
        assert not desk.world.dialler.invites


async def test_while_consulting_nothing_of_the_caller_reaches_the_assistant(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with open_desk(ANSWERS) as desk:
        await briefed(desk)
        ears = desk.world.stt.sessions[0]
        fed, requests = len(ears.fed), len(desk.world.model.requests)
        await desk.person.says("can anybody hear me")
        desk.person.leg.press("5")
        await trio.sleep(5)
        assert len(ears.fed) == fed
        assert len(desk.world.model.requests) == requests
        desk.world.stt.words.clear()
        desk.leg.press("2")
        await desk.back()
        await desk.person.says("hello again")
        await happens(lambda: len(desk.world.model.requests) > requests)
        assert "can anybody" not in str(desk.world.model.history())


async def test_a_second_transfer_after_the_first(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk(BUSY, ANSWERS) as desk:
        await desk.ask(plan())
        await desk.back()
        await desk.person.live.control(TransferCall(plan()))
        await desk.reaches("DECIDING")
        assert [entry["status"] for entry in desk.person.live.row.transfers] == ["busy", "pending"]


async def test_the_conversation_hands_over(autojump_clock: trio.testing.MockClock) -> None:
    """The model calls the tool, says so, is let finish, and only then does the music begin."""
    async with open_desk(ANSWERS, settings=CallSettings(transfer_to=NUMBER)) as desk:
        await desk.person.listens()
        desk.world.model.answers += [
            [ToolCall("1", "transferCall", {}), Done()],
            says("One moment, I am connecting you."),
        ]
        await desk.person.says("an operator please")
        await desk.reaches("DIALLING")
        assert desk.world.entries("turn.assistant")[-1]["text"] == "One moment, I am connecting you."
        await desk.reaches("DECIDING")
        assert "The caller said, an operator please." in " ".join(desk.world.tts.spoken)
        (answer,) = [m for m in desk.world.model.requests[-1].messages if m.role is Role.TOOL]
        assert answer.text == '{"transfer": "started"}'
        assert "transferCall" in [tool.name for tool in desk.world.model.requests[-1].tools]


async def test_without_a_destination_there_is_no_tool(autojump_clock: trio.testing.MockClock) -> None:
    async with open_desk() as desk:
        await desk.person.listens()
        assert not desk.world.model.requests[-1].tools


async def test_who_accepts_in_the_middle_of_a_sentence_does_not_hear_its_rest(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with open_desk(ANSWERS) as desk:
        await desk.ask(plan())
        await desk.reaches("BRIEFING")
        await happens(lambda: len(desk.leg.sent) > 8000 and desk.leg.waiting > 0)
        desk.leg.press("1")
        await desk.reaches("BRIDGED")
        assert desk.leg.waiting == 0
        said = len(desk.leg.sent)
        await trio.sleep(3)
        assert len(desk.leg.sent) <= said, "the assistant spoke into their talk"
    (line,) = desk.world.entries("colleague.turn.assistant")
    assert line["interrupted"]


async def test_the_assistant_does_not_go_on_to_a_caller_who_is_connected(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with open_desk(DialScript(200, after_s=0.1)) as desk:
        await desk.person.listens()
        desk.world.model.answers.append(says("There is a great deal to be said about this. " * 4))
        await desk.person.says("tell me a story")
        await desk.person.until(TurnState.SPEAKING)
        await desk.person.live.control(TransferCall(plan(Mode.DIAL)))
        await desk.reaches("BRIDGED")
        assert desk.person.leg.waiting == 0
        said = len(desk.person.leg.sent)
        await trio.sleep(3)
        assert len(desk.person.leg.sent) <= said, "the assistant spoke into their talk"
    assert desk.world.entries("turn.assistant")[-1]["interrupted"]
