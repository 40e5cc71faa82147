"""Calls out that find out who has answered: what is said, when, and how they end."""

from __future__ import annotations

import numpy as np
import pytest
import trio
import trio.testing

from aywa.answering.outcomes import Outcome
from aywa.answering.plan import Act, AnsweringPlan
from aywa.answering.settings import AnsweringSettings
from aywa.call.control import Say
from aywa.call.dial_request import DialRequest
from aywa.call.live import LiveCall
from aywa.call.outbound import CallOrder
from aywa.call.state import CallState
from aywa.call.table import CallTable
from aywa.errors import EndCode, RequestError
from aywa.media.events import Digit, PcmReady
from aywa.settings import DialLimits, DialSettings, TrunkDialling, TrunkSettings
from tests.kit.call_world import CallWorld, happens
from tests.kit.fake_dialler import DialScript
from tests.kit.fake_leg import FakeLeg
from tests.kit.fake_providers import says

NUMBER = "+493012345678"
CARRIER = TrunkSettings(
    "carrier",
    ("192.0.2.10",),
    dial=TrunkDialling(
        "sip:192.0.2.10", callers=("+4930990",), limits=DialLimits(concurrent=2, per_second=100)
    ),
)
SETTINGS = DialSettings("49", ("+49",), per_key=DialLimits(concurrent=2, per_second=100))
MESSAGE = "This is the hotel. Please call us back."


class Answered:
    """A call that has been answered, and the far side of it."""

    def __init__(self, world: CallWorld, live: LiveCall, leg: FakeLeg) -> None:
        self.world, self.live, self.leg = world, live, leg

    @classmethod
    async def rung(cls, world: CallWorld, table: CallTable, plan: AnsweringPlan, pcm: bytes) -> Answered:
        """A call on which this was heard before the answer, and nothing after it."""
        world.dialler.scripts.append(DialScript(200, after_s=8.0, early_after_s=1.0))
        live = table.place(CallOrder(DialRequest(NUMBER, early_media=True), answering=plan))
        await happens(lambda: bool(world.engine.legs))
        leg = world.engine.legs[0]
        await trio.sleep(0.5)
        begin = leg.timeline
        for at in range(0, len(pcm), 3200):
            await trio.sleep(0.1)
            leg.uplink.append((pcm[at : at + 3200], begin + (at + 3200) // 4))
            leg.emit(PcmReady())
        await happens(lambda: live.state is CallState.TALKING, 10)
        return cls(world, live, leg)

    @classmethod
    async def on(cls, world: CallWorld, table: CallTable, plan: AnsweringPlan) -> Answered:
        live = table.place(CallOrder(DialRequest(NUMBER), answering=plan))
        await happens(lambda: live.state is CallState.TALKING)
        return cls(world, live, world.engine.legs[0])

    async def says(self, words: str | None, seconds: float) -> None:
        """Speech with its transcript."""
        self.world.stt.words.append(words)
        self.leg.speech_started()
        await trio.sleep(seconds)
        self.leg.speech_stopped()
        await trio.sleep(0.3)

    async def beeps(self, hz: float = 1000.0, seconds: float = 0.4) -> None:
        """A beep, and the quiet behind it, as a leg hands them on: ten times a second."""
        t = np.arange(int(16_000 * seconds)) / 16_000
        tone = (6000 * np.sin(2 * np.pi * hz * t)).astype("<i2").tobytes()
        for at in range(0, len(tone) + 9600, 3200):
            await trio.sleep(0.1)
            self.leg.uplink.append((tone[at : at + 3200].ljust(3200, b"\0"), self.leg.timeline))
            self.leg.emit(PcmReady())

    @property
    def spoken(self) -> bool:
        """Whether anything was said to the far side."""
        return bool(self.leg.played)

    async def over(self) -> EndCode:
        """How it ended."""
        with trio.fail_after(900):
            await self.live.over.wait()
        assert self.live.ending.reason is not None
        return self.live.ending.reason.code


def world() -> CallWorld:
    return CallWorld(trunks=(CARRIER,), dial_settings=SETTINGS)


async def test_a_person_is_greeted_after_the_first_word(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    async with made.table() as table:
        call = await Answered.on(made, table, AnsweringPlan(message=MESSAGE))
        await trio.sleep(0.8)
        assert not call.spoken
        await call.says("Hello?", 0.5)
        await happens(lambda: call.spoken, 1.5)
        assert [entry["outcome"] for entry in made.entries("answering.verdict")] == ["human"]
        assert made.entries("answering.verdict")[0]["evidence"]
        await trio.sleep(1)
        made.dialler.invites[0].session.remote_hangs_up()  # type: ignore[union-attr]
        assert await call.over() is EndCode.CUSTOMER_HANGUP
    assert made.said()[0][0] == "assistant"


async def test_a_message_is_left_after_the_beep(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    async with made.table() as table:
        call = await Answered.on(made, table, AnsweringPlan(message=MESSAGE))
        await call.says("You have reached Ann. Please leave a message after the beep.", 5.0)
        await trio.sleep(1.0)
        assert not call.spoken
        await call.beeps()
        await happens(lambda: call.spoken, 1.0)
        assert await call.over() is EndCode.VOICEMAIL
    (over,) = made.entries("answering.greeting_over")
    assert over["by"] == "beep"
    assert over["beep_hz"] == pytest.approx(1000, abs=6)
    assert made.said() == [("assistant", MESSAGE)]
    assert [entry["left"] for entry in made.entries("answering.hang_up")] == [True]


async def test_without_a_message_the_call_ends_silently(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    async with made.table() as table:
        call = await Answered.on(made, table, AnsweringPlan())
        await call.says("Please leave a message after the tone.", 4.0)
        assert await call.over() is EndCode.VOICEMAIL
    assert made.said() == []


async def test_a_person_takes_over_while_the_message_is_left(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    async with made.table() as table:
        call = await Answered.on(made, table, AnsweringPlan(message=MESSAGE))
        await call.says("Leave a message after the beep.", 5.0)
        await call.beeps()
        await happens(lambda: call.spoken, 1.0)
        await trio.sleep(0.3)
        await call.says("Wait, I am here after all", 1.0)
        await happens(lambda: bool(made.entries("answering.talk")))
        assert made.entries("answering.talk")[0]["taken_over"] is True
        await happens(lambda: len(made.said()) >= 3)
        assert call.live.ending.reason is None
        made.dialler.invites[0].session.remote_hangs_up()  # type: ignore[union-attr]
        assert await call.over() is EndCode.CUSTOMER_HANGUP


async def test_a_menu_gets_its_keys(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    plan = AnsweringPlan(acts={Outcome.IVR: Act.PRESS_KEYS}, keys={Outcome.IVR: "1w#"})
    async with made.table() as table:
        call = await Answered.on(made, table, plan)
        await call.says("Welcome. For rooms press one, for tables press two.", 4.0)
        await happens(lambda: call.leg.pressed == "1#", 5)
        await happens(lambda: call.spoken, 5)
        made.dialler.invites[0].session.remote_hangs_up()  # type: ignore[union-attr]
        await call.over()


async def test_silence_never_keeps_the_assistant_silent(autojump_clock: trio.testing.MockClock) -> None:
    """Nothing is heard, no audio comes: the clock alone releases it."""
    made = world()
    async with made.table() as table:
        call = await Answered.on(made, table, AnsweringPlan(message=MESSAGE))
        with pytest.raises(RequestError):
            await call.live.control(Say("too early"))
        await happens(lambda: call.spoken, 6.5)
        assert [entry["cause"] for entry in made.entries("answering.verdict")] == ["silence"]
        made.dialler.invites[0].session.remote_hangs_up()  # type: ignore[union-attr]
        await call.over()


async def test_speech_without_end_does_not_either(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    own = AnsweringSettings(detection_timeout_s=5.0, beep_max_await_s=12.0, speech_threshold_s=6.0)
    async with made.table() as table:
        call = await Answered.on(made, table, AnsweringPlan(own, message=MESSAGE))
        call.leg.speech_started()
        await happens(lambda: call.spoken, 13.0)
        made.dialler.invites[0].session.remote_hangs_up()  # type: ignore[union-attr]
        await call.over()


async def test_a_hang_up_while_nobody_knows_who_it_is(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    async with made.table() as table:
        call = await Answered.on(made, table, AnsweringPlan(message=MESSAGE))
        await trio.sleep(0.5)
        made.dialler.invites[0].session.remote_hangs_up()  # type: ignore[union-attr]
        assert await call.over() is EndCode.CUSTOMER_HANGUP
    assert made.said() == []


async def test_a_key_is_a_person(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    async with made.table() as table:
        call = await Answered.on(made, table, AnsweringPlan(message=MESSAGE))
        call.leg.emit(Digit("5", 120, 800))
        await happens(lambda: call.spoken, 2.0)
        assert [entry["cause"] for entry in made.entries("answering.verdict")] == ["key"]
        made.dialler.invites[0].session.remote_hangs_up()  # type: ignore[union-attr]
        await call.over()


async def test_talking_meanwhile_stops_when_it_is_a_machine(autojump_clock: trio.testing.MockClock) -> None:
    """Our greeting is being said when a mailbox turns out to have answered; its words are not answered."""
    made = world()
    made.model.answers.appendleft(says("Good morning, this is the hotel. " * 20))
    async with made.table() as table:
        call = await Answered.on(made, table, AnsweringPlan(message=MESSAGE, wait=False))
        await happens(lambda: call.spoken, 1.5)  # nobody is kept waiting
        assert made.entries("answering.verdict") == []
        await call.says("You have reached Ann. Please leave a message after the beep.", 5.0)
        await happens(lambda: bool(made.entries("answering.verdict")), 1.0)
        await trio.sleep(0.1)
        played = call.leg.played
        await trio.sleep(1.0)
        await call.says("Thank you very much", 1.0)
        await trio.sleep(1.0)
        assert call.leg.played == played
        await call.beeps()
        await happens(lambda: call.leg.played > played, 1.0)
        assert await call.over() is EndCode.VOICEMAIL
    assert made.said()[-1] == ("assistant", MESSAGE)
    assert len(made.model.requests) == 1
    assert [entry["left"] for entry in made.entries("answering.hang_up")] == [True]


async def test_talking_meanwhile_goes_on_with_a_person(autojump_clock: trio.testing.MockClock) -> None:
    made = world()
    async with made.table() as table:
        call = await Answered.on(made, table, AnsweringPlan(message=MESSAGE, wait=False))
        await happens(lambda: call.spoken, 1.5)
        await trio.sleep(3.0)
        await call.says("Yes please?", 0.6)
        await happens(lambda: len(made.said()) >= 3, 10)
        assert [entry["outcome"] for entry in made.entries("answering.verdict")] == ["human"]
        assert made.entries("turn.hushed") == []
        made.dialler.invites[0].session.remote_hangs_up()  # type: ignore[union-attr]
        assert await call.over() is EndCode.CUSTOMER_HANGUP


async def test_a_person_who_takes_over_is_answered_after_the_hush(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = world()
    async with made.table() as table:
        call = await Answered.on(made, table, AnsweringPlan(message=MESSAGE, wait=False))
        await call.says("This is the voicemail of Ann. Please leave a message after the beep.", 5.0)
        await happens(lambda: bool(made.entries("turn.hushed")), 1.0)
        requests = len(made.model.requests)
        await trio.sleep(1.0)
        await call.says("Hello? I am here.", 0.8)
        await happens(lambda: len(made.model.requests) > requests, 2.0)
        assert made.model.history()[-1] == ("user", "Hello? I am here.")
        made.dialler.invites[0].session.remote_hangs_up()  # type: ignore[union-attr]
        assert await call.over() is EndCode.CUSTOMER_HANGUP


async def test_without_a_message_the_talk_stops_and_the_call_ends(
    autojump_clock: trio.testing.MockClock,
) -> None:
    made = world()
    async with made.table() as table:
        call = await Answered.on(made, table, AnsweringPlan(wait=False))
        await call.says("Please leave a message after the tone.", 4.0)
        assert await call.over() is EndCode.VOICEMAIL


def tone(hz: float, seconds: float) -> bytes:
    t = np.arange(int(16_000 * seconds)) / 16_000
    return (6000 * np.sin(2 * np.pi * hz * t)).astype("<i2").tobytes()


@pytest.mark.parametrize(("hz", "outcome"), [(2100.0, "fax"), (425.0, "unknown")], ids=["fax", "ringing"])
async def test_a_fax_is_known_by_what_it_plays_before_the_answer(
    autojump_clock: trio.testing.MockClock, hz: float, outcome: str
) -> None:
    made = world()
    async with made.table() as table:
        call = await Answered.rung(made, table, AnsweringPlan(message=MESSAGE), tone(hz, 1.0) + bytes(16_000))
        if outcome == "fax":
            assert await call.over() is EndCode.ASSISTANT_HANGUP
        else:
            await happens(lambda: bool(made.entries("answering.verdict")), 7)
            made.dialler.invites[0].session.remote_hangs_up()  # type: ignore[union-attr]
            await call.over()
    assert [entry["outcome"] for entry in made.entries("answering.verdict")] == [outcome]
    (early,) = made.entries("answering.early_tone")
    assert early["hz"] == pytest.approx(hz, abs=6)


@pytest.mark.parametrize("rung", [True, False], ids=["rung before", "not heard before"])
async def test_the_last_of_the_ringing_is_no_beep(autojump_clock: trio.testing.MockClock, rung: bool) -> None:
    """A noise, and then the tone that was heard before the answer: the network's, no machine's."""
    made = world()
    async with made.table() as table:
        before = (tone(440.0, 1.0) if rung else bytes(32_000)) + bytes(16_000)
        call = await Answered.rung(made, table, AnsweringPlan(message=MESSAGE), before)
        await call.says(None, 3.0)
        await call.beeps(440.0)
        await happens(lambda: bool(made.entries("answering.verdict")), 7)
        if call.live.ending.reason is None:
            made.dialler.invites[0].session.remote_hangs_up()  # type: ignore[union-attr]
        await call.over()
    (verdict,) = made.entries("answering.verdict")
    assert ("beep_hz" in [each["name"] for each in verdict["evidence"]]) is not rung
