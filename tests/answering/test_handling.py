"""Who has answered and what follows, call by call."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aywa.answering.greeting import EndedBy
from aywa.answering.handling import (
    TRANSITIONS,
    Decided,
    HandlingState,
    HangUp,
    LeaveMessage,
    PressKeys,
    Talk,
)
from aywa.answering.outcomes import Cause, Outcome
from aywa.answering.plan import Act
from aywa.answering.settings import AnsweringSettings
from tests.kit.answering_world import MESSAGE, RATE, FarSide, plan

Calls = Callable[[FarSide], object]

TABLE: list[tuple[str, Calls, str]] = [
    ("one word", lambda far: far.quiet(0.8).says(0.5).quiet(2), "HUMAN"),
    ("one word, understood", lambda far: far.quiet(0.8).says(0.5, "Hello?").quiet(2), "HUMAN"),
    ("a name", lambda far: far.quiet(0.3).says(1.4).quiet(2), "HUMAN"),
    (
        "a company",
        lambda far: far.quiet(0.3).says(3.5, "Smith and sons, how can I help you?").quiet(3),
        "HUMAN",
    ),
    ("a company, not understood", lambda far: far.quiet(0.3).says(3.5).quiet(3), "HUMAN"),
    ("a key", lambda far: far.handling.key_pressed(800), "HUMAN"),
    ("a long greeting", lambda far: far.quiet(0.3).says(9.0).quiet(1), "MACHINE"),
    ("a greeting's words", lambda far: far.says(3, "Leave your message after the tone.").quiet(1), "MACHINE"),
    ("the same in German", lambda far: far.says(3, "Hinterlassen Sie eine Nachricht.").quiet(1), "MACHINE"),
    ("the same in Spanish", lambda far: far.says(3, "Deje su mensaje después del tono").quiet(1), "MACHINE"),
    (
        "a short greeting and a beep",
        lambda far: far.says(1.5).quiet(0.3).plays(1000, 0.4).quiet(1),
        "MACHINE",
    ),
    ("a secretary", lambda far: far.says(3, "He is not available, can I take a message?").quiet(3), "HUMAN"),
    (
        "an assistant",
        lambda far: far.says(4, "Hi, please state your name and why you are calling").quiet(1),
        "SCREENING",
    ),
    ("a menu", lambda far: far.says(4, "Welcome to us. For sales, press one.").quiet(1), "IVR"),
    ("a menu in French", lambda far: far.says(4, "Pour les ventes, appuyez sur le 2").quiet(1), "IVR"),
    ("a queue", lambda far: far.says(5, "Your call is important to us, please hold").quiet(1), "IVR"),
    ("a fax", lambda far: far.quiet(1).plays(2100, 3.0), "FAX"),
    ("a calling fax", lambda far: far.plays(1100, 0.5).quiet(3).plays(1100, 0.5).quiet(3), "FAX"),
    ("nothing", lambda far: far.quiet(6), "UNKNOWN"),
    ("ringing for long", lambda far: [far.plays(425, 1.0).quiet(4) for _ in range(6)], "UNKNOWN"),
    ("busy", lambda far: [far.plays(480, 0.5, 620).quiet(0.45) for _ in range(4)], "UNKNOWN"),
    ("ringing, then a person", lambda far: far.plays(440, 2.0).quiet(4).says(0.6).quiet(2), "HUMAN"),
]


@pytest.mark.parametrize(("answered", "outcome"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_who_has_answered(answered: Calls, outcome: str) -> None:
    far = FarSide()
    answered(far)
    assert far.outcome == outcome


def test_a_person_is_known_soon() -> None:
    far = FarSide()
    far.quiet(0.5).says(0.5).quiet(3)
    assert far.kinds() == ["Decided", "Talk"]
    assert far.when(Talk) <= 1.0 + 0.9


def test_nobody_is_a_person_while_he_speaks() -> None:
    far = FarSide()
    far.says(0.5, "Hello").quiet(0.1)
    assert far.outcome is None
    far.says(8.0, "you have reached the Smiths, leave a message").quiet(0.2)
    assert far.outcome == "MACHINE"


def test_special_information_tones_end_the_call() -> None:
    far = FarSide()
    for hz in (950, 1400, 1800):
        far.plays(hz, 0.33)
    assert far.handling.verdict is not None
    assert far.handling.verdict.cause is Cause.NETWORK_TONE
    assert far.kinds() == ["Decided", "HangUp"]


def test_a_message_is_left_after_the_beep() -> None:
    far = FarSide()
    far.says(5, "I cannot come to the phone, leave a message after the beep").quiet(1.5).plays(900, 0.5)
    beep_over = far.at / RATE - 0.05
    far.quiet(1)
    assert far.kinds() == ["Decided", "LeaveMessage"]
    (_, leave) = far.done[-1]
    assert isinstance(leave, LeaveMessage)
    assert (leave.text, leave.attempt, leave.end.by, leave.end.beep_hz) == (MESSAGE, 1, EndedBy.BEEP, 900)
    assert far.when(LeaveMessage) == pytest.approx(beep_over + 0.35, abs=0.06)
    far.handling.message_heard()
    assert far.quiet(0.1).done[-1][1] == HangUp(Outcome.MACHINE, left=True)
    assert far.handling.state is HandlingState.ENDED


def test_several_beeps_are_waited_for() -> None:
    far = FarSide()
    far.says(5, "leave a message").quiet(0.4)
    for _ in range(3):
        far.plays(1000, 0.2).quiet(0.1)
    last = far.at / RATE - 0.15
    far.quiet(2)
    assert far.kinds().count("LeaveMessage") == 1
    assert far.when(LeaveMessage) >= last


def test_without_a_beep_quiet_is_the_end() -> None:
    far = FarSide()
    far.says(6, "leave a message")
    over = far.at / RATE - 0.3
    far.quiet(8)
    assert far.when(LeaveMessage) == pytest.approx(over + 4.0, abs=0.2)


def test_the_longest_wait_for_a_beep() -> None:
    far = FarSide(plan(settings=AnsweringSettings(beep_max_await_s=10.0)))
    far.says(30, "leave a message")
    assert far.when(LeaveMessage) == pytest.approx(10, abs=0.1)


def test_another_beep_begins_the_message_again_but_not_for_ever() -> None:
    far = FarSide()
    far.says(5, "leave a message").plays(1000, 0.3).quiet(1)
    for _ in range(5):
        far.says(2).plays(1000, 0.3).quiet(1)
    attempts = [action.attempt for _, action in far.done if isinstance(action, LeaveMessage)]
    assert attempts == [1, 2, 3]


def test_a_person_takes_over_before_the_beep() -> None:
    far = FarSide()
    far.says(5, "we are not available, leave a message").quiet(0.5).says(0.8, "Hello? Are you there?").quiet(
        1
    )
    assert far.done[-1][1] == Talk(taken_over=True)


def test_a_person_takes_over_the_message() -> None:
    far = FarSide()
    far.says(5, "leave a message").plays(1000, 0.3).quiet(1)
    far.handling.person_spoke()
    far.quiet(0.1)
    assert far.done[-1][1] == Talk(taken_over=True)
    far.handling.message_heard()
    assert far.handling.state is HandlingState.TALKING


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ({"message": ""}, ["Decided", "HangUp"]),
        ({"acts": {Outcome.MACHINE: Act.HANG_UP}}, ["Decided", "HangUp"]),
        ({"acts": {Outcome.MACHINE: Act.TALK}}, ["Decided", "Talk"]),
        ({"wait": False, "message": ""}, ["Decided", "Hush", "HangUp"]),
    ],
)
def test_the_plan_decides(values: dict[str, object], kinds: list[str]) -> None:
    far = FarSide(plan(**values))
    far.says(4, "please leave a message").quiet(1)
    assert far.kinds() == kinds


def test_an_assistant_is_told_who_calls() -> None:
    far = FarSide(plan(screening_message="This is Ann of the dentist's."))
    far.says(4, "please state your name and the reason for your call").quiet(1)
    assert far.done[-1][1] == Talk("This is Ann of the dentist's.")


def test_keys_are_pressed_in_a_menu() -> None:
    far = FarSide(plan(acts={Outcome.IVR: Act.PRESS_KEYS}, keys={Outcome.IVR: "w2"}))
    far.says(4, "for sales, press two").quiet(1)
    assert [action for _, action in far.done[1:]] == [PressKeys("w2"), Talk()]


def test_nobody_hangs_up_on_a_person() -> None:
    far = FarSide(plan(acts={Outcome.HUMAN: Act.HANG_UP}))
    far.says(0.5).quiet(2)
    assert far.kinds() == ["Decided", "Talk"]


def test_every_decision_says_why() -> None:
    far = FarSide()
    far.says(4, "you have reached Ann, leave a message after the tone").quiet(1)
    assert far.handling.verdict is not None
    record = far.handling.verdict.record()
    names = [each["name"] for each in record["evidence"]]  # type: ignore[attr-defined]
    assert names[:2] == ["prior", "speech_s"]
    assert {"phrase_message", "phrase_tone", "phrase_reached"} <= set(names)
    assert record["outcome"] == "machine"
    assert "leave a message" in str(record["words"])


_STEP = st.one_of(
    st.tuples(st.just("quiet"), st.floats(0.01, 8)),
    st.tuples(st.just("says"), st.floats(0.1, 12)),
    st.tuples(
        st.just("words"), st.sampled_from(["hello", "leave a message", "press one", "state your name", "mh"])
    ),
    st.tuples(st.just("tone"), st.sampled_from([425.0, 700.0, 1100.0, 2100.0])),
    st.tuples(st.just("key"), st.just(0)),
)
_ALLOWED = {(source, target) for source, _, target in TRANSITIONS}


@given(st.lists(_STEP, max_size=25), st.booleans())
@settings(max_examples=120, deadline=None)
def test_the_deadline_always_releases_and_a_verdict_stays(
    steps: list[tuple[str, object]], wait: bool
) -> None:
    own = AnsweringSettings(detection_timeout_s=12.0, beep_max_await_s=15.0)
    far = FarSide(plan(settings=own, wait=wait))
    verdict, state = None, far.handling.state
    for name, value in [*steps, ("quiet", 16.0)]:
        match name:
            case "quiet":
                far.quiet(float(value))  # type: ignore[arg-type]
            case "says":
                far.says(float(value))  # type: ignore[arg-type]
            case "words":
                far.says(1.0, str(value))
            case "tone":
                far.plays(float(value), 0.4)  # type: ignore[arg-type]
            case "key":
                far.handling.key_pressed(far.at)
        assert verdict is None or far.handling.verdict is verdict
        verdict = far.handling.verdict
        assert state == far.handling.state or (state, far.handling.state) in _REACHED
        state = far.handling.state
    far.quiet(0.1)
    assert far.handling.state in (HandlingState.TALKING, HandlingState.LEAVING, HandlingState.ENDED)
    spoken = [at for at, action in far.done if isinstance(action, Talk | LeaveMessage | HangUp)]
    # 0.3 s: the far side of these tests does not look at the clock while a transcript is on its way.
    assert spoken[0] <= 15.0 + 0.4
    assert [action for _, action in far.done if isinstance(action, Decided)] == [Decided(verdict)]  # type: ignore[arg-type]


# From one step to the next a machine may take more than one edge.
_REACHED = _ALLOWED | {
    (HandlingState.DETECTING, HandlingState.LEAVING),
    (HandlingState.GREETING, HandlingState.ENDED),
}


def test_nothing_happens_for_ever_and_the_media_are_gone() -> None:
    """The clock alone ends it."""
    far = FarSide()
    far.handling.speech_started(0, 400)
    far.quiet(31)
    assert far.handling.state is not HandlingState.DETECTING
