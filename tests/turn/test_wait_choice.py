"""How long is waited, by the order of precedence; and that a wait is always finite, bounded and monotone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.call.start_plan import start_plan
from aywa.model.start_speaking import StartSpeakingPlan
from aywa.turn.endpointing_settings import EndpointingMode, EndpointingSettings
from aywa.turn.expectation import Expectation, ValueKind
from aywa.turn.lexicon import PACKS
from aywa.turn.settings import TurnSettings
from aywa.turn.wait_choice import MAX_WAIT_S, Evidence, WaitSource, choose_wait

RULES = StartSpeakingPlan.model_validate(
    {
        "customEndpointingRules": [
            {"type": "user", "regex": "wait$", "timeoutSeconds": 7},
            {"type": "assistant", "regex": "take your time", "timeoutSeconds": 9},
            {"type": "both", "assistantRegex": "code", "customerRegex": "^[0-9]+$", "timeoutSeconds": 3},
        ]
    }
).custom_endpointing_rules
MODEL = EndpointingSettings(rules=RULES)
SAID = {"rule": "please wait", "plain": "the weather"}


def chosen(settings: EndpointingSettings, evidence: Evidence) -> tuple[WaitSource, float]:
    wait = choose_wait(settings, evidence)
    return wait.source, wait.seconds


def test_a_rule_goes_before_everything() -> None:
    for mode in EndpointingMode:
        evidence = Evidence("please wait", native=1.0, advice_s=0.0)
        assert chosen(replace(MODEL, mode=mode), evidence) == (WaitSource.RULE, 7)


def test_rules_look_at_both_sides() -> None:
    asked = Expectation(assistant_text="Just take your time.")
    assert chosen(MODEL, Evidence("hm", expected=asked)) == (WaitSource.RULE, 9)
    asked = Expectation(assistant_text="What is the code?")
    assert chosen(MODEL, Evidence("4711", expected=asked)) == (WaitSource.RULE, 3)
    assert chosen(MODEL, Evidence("4711"))[0] is WaitSource.MODEL


def test_the_recognisers_own_end_goes_before_a_transcription_plan_and_not_before_a_smart_one() -> None:
    sure = Evidence("a room for", native=0.9)
    marks = start_plan(
        StartSpeakingPlan.model_validate({"transcriptionEndpointingPlan": {"onNoPunctuationSeconds": 2}}),
        TurnSettings(),
    ).endpointing
    assert chosen(marks, sure) == (WaitSource.NATIVE, marks.min_wait_s)
    assert chosen(marks, replace(sure, native=None)) == (WaitSource.NO_MARK, 2)
    smart = start_plan(
        StartSpeakingPlan.model_validate({"smartEndpointingPlan": {"provider": "vapi"}}), TurnSettings()
    ).endpointing
    assert chosen(smart, sure) == (WaitSource.NO_MARK, 1.5)
    assert chosen(EndpointingSettings(), sure) == (WaitSource.NATIVE, 0.25)


def test_an_unsure_recogniser_is_waited_for() -> None:
    waits = [choose_wait(MODEL, Evidence("a room", native=sure)).seconds for sure in (0.1, 0.3, 0.6, 0.7)]
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > 1.2


@pytest.mark.parametrize(
    ("text", "source", "wait_s"),
    [
        ("it is 42", WaitSource.NUMBER, 0.5),
        ("it is forty", WaitSource.NUMBER, 0.5),
        ("my code is 7.", WaitSource.NUMBER, 0.5),
        ("It is done.", WaitSource.MARK, 0.1),
        ("Is it?", WaitSource.MARK, 0.1),
        ("it is done", WaitSource.NO_MARK, 1.5),
        ("it is done,", WaitSource.NO_MARK, 1.5),
        ("", WaitSource.NOTHING, 0.0),
    ],
)
def test_by_marks_in_their_order(text: str, source: WaitSource, wait_s: float) -> None:
    marks = EndpointingSettings(EndpointingMode.TRANSCRIPT)
    assert chosen(marks, Evidence(text)) == (source, wait_s)


def test_the_webhooks_answer_and_without_one_the_model() -> None:
    webhook = EndpointingSettings(EndpointingMode.WEBHOOK)
    assert chosen(webhook, Evidence("a room", advice_s=4.2)) == (WaitSource.ADVICE, 4.2)
    assert chosen(webhook, Evidence("a room"))[0] is WaitSource.MODEL


def test_the_sound_shifts_the_model() -> None:
    text = Evidence("i need a room")
    waits = [choose_wait(MODEL, replace(text, sound=sound)).seconds for sound in (0.01, 0.5, 0.99)]
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > waits[1] > waits[2]
    assert waits[1] == pytest.approx(choose_wait(MODEL, text).seconds)


def test_a_value_that_is_being_said() -> None:
    phone = Expectation(ValueKind.PHONE, None, True)
    open_value = choose_wait(MODEL, Evidence("oh one seven two", expected=phone))
    assert (open_value.source, open_value.seconds) == (WaitSource.VALUE_OPEN, MODEL.entity_open_s)
    done = choose_wait(MODEL, Evidence("0172 555 0199", expected=phone))
    assert (done.source, done.seconds) == (WaitSource.VALUE_DONE, MODEL.entity_done_s)
    other = choose_wait(MODEL, Evidence("i do not have one", expected=phone))
    assert other.source is WaitSource.MODEL


def test_a_name_waits_for_the_family_name() -> None:
    name = Expectation(ValueKind.NAME, None, True)
    assert choose_wait(MODEL, Evidence("peter", expected=name)).seconds >= 0.9


def test_an_expected_phrase_ends_the_turn_unless_a_longer_one_begins_so() -> None:
    expected = Expectation(phrases=("friday", "friday for two nights", "monday"))
    assert choose_wait(MODEL, Evidence("Monday.", expected=expected)).source is WaitSource.VALUE_DONE
    longer = choose_wait(MODEL, Evidence("friday", expected=expected))
    assert (longer.source, longer.seconds) == (WaitSource.VALUE_DONE, MODEL.phrase_open_s)
    assert choose_wait(MODEL, Evidence("sunday", expected=expected)).source is WaitSource.MODEL


evidences = st.builds(
    Evidence,
    text=st.one_of(st.sampled_from(sorted(SAID.values())), st.text(max_size=60)),
    language=st.sampled_from(sorted(PACKS)),
    expected=st.builds(
        Expectation, st.sampled_from(ValueKind), st.none() | st.integers(1, 20), st.booleans()
    ),
    native=st.none() | st.floats(0, 1),
    sound=st.none() | st.floats(0, 1),
    advice_s=st.none() | st.floats(0, 15),
    caller_wait_s=st.floats(0.2, 1.5),
    fixed_wait_s=st.floats(0.2, 5),
)


@given(evidences, st.sampled_from(EndpointingMode), st.booleans())
def test_every_wait_is_finite_and_bounded(evidence: Evidence, mode: EndpointingMode, native: bool) -> None:
    wait = choose_wait(replace(MODEL, mode=mode, native=native), evidence)
    assert 0.0 <= wait.seconds <= MAX_WAIT_S
    assert wait.unfinished is None or 0.0 <= wait.unfinished <= 1.0


@given(evidences, st.floats(0, 1), st.floats(0, 1))
def test_a_sound_that_is_more_finished_never_lengthens_a_wait(
    evidence: Evidence, first: float, second: float
) -> None:
    less, more = sorted((first, second))
    longer = choose_wait(MODEL, replace(evidence, sound=less)).seconds
    shorter = choose_wait(MODEL, replace(evidence, sound=more)).seconds
    assert shorter <= longer + 1e-9
