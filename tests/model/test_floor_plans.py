"""The plans for interruptions, keys and silence: ranges, defaults, and what they mean."""

from __future__ import annotations

import json

import pytest

from aywa.call.floor_plan import fold_floor
from aywa.model.assistant import Assistant, parse_assistant
from aywa.turn.barge_in_settings import BargeInMode
from aywa.turn.settings import TurnSettings


def read(plan: object) -> Assistant:
    assistant, gaps = parse_assistant(json.dumps(plan), "FILE")
    assert assistant is not None, gaps
    return assistant


def folded(plan: object) -> TurnSettings:
    return fold_floor(read(plan), TurnSettings())


@pytest.mark.parametrize(
    ("plan", "field", "least", "most"),
    [
        ("stopSpeakingPlan", "numWords", 0, 10),
        ("stopSpeakingPlan", "voiceSeconds", 0, 0.5),
        ("stopSpeakingPlan", "backoffSeconds", 0, 10),
        ("stopSpeakingPlan", "resumeAfterSeconds", 0.2, 2),
        ("keypadInputPlan", "timeoutSeconds", 0, 10),
        ("messagePlan", "idleTimeoutSeconds", 5, 60),
        ("messagePlan", "idleMessageMaxSpokenCount", 1, 10),
    ],
)
def test_ranges(plan: str, field: str, least: float, most: float) -> None:
    for value in (least, most):
        read({plan: {field: value}})
    step = 1 if isinstance(least, int) and isinstance(most, int) else 0.1
    for value in (least - step, most + step):
        _, gaps = parse_assistant(json.dumps({plan: {field: value}}), "FILE")
        assert [gap.name for gap in gaps] == [f"FILE.{plan}.{field}"]


@pytest.mark.parametrize(
    ("plan", "mode", "words"),
    [
        ({}, BargeInMode.REVERSIBLE, 1),
        ({"numWords": 0}, BargeInMode.REVERSIBLE, 1),
        ({"numWords": 2}, BargeInMode.WORDS, 2),
        ({"voiceSeconds": 0.3}, BargeInMode.VOICE, 1),
        ({"mode": "reversible", "numWords": 2}, BargeInMode.REVERSIBLE, 2),
        ({"mode": "off"}, BargeInMode.OFF, 1),
        ({"mode": "words"}, BargeInMode.WORDS, 1),
    ],
)
def test_the_mode_of_a_stop_speaking_plan(plan: dict[str, object], mode: BargeInMode, words: int) -> None:
    barge = folded({"stopSpeakingPlan": plan}).barge
    assert (barge.mode, barge.num_words) == (mode, words)
    assert barge.backoff_s == 1.0
    assert barge.acknowledgements == TurnSettings().barge.acknowledgements


def test_what_a_stop_speaking_plan_says() -> None:
    barge = folded(
        {
            "stopSpeakingPlan": {
                "voiceSeconds": 0.1,
                "backoffSeconds": 2,
                "resumeAfterSeconds": 0.7,
                "acknowledgementPhrases": ["roger"],
                "interruptionPhrases": [],
                "protectedPhrases": ["This call is recorded."],
            }
        }
    ).barge
    assert (barge.voice_s, barge.backoff_s, barge.resume_after_s) == (0.1, 2, 0.7)
    assert (barge.acknowledgements, barge.interruptions) == (("roger",), ())
    assert barge.protected == ("This call is recorded.",)


def test_an_older_assistant_counts_words() -> None:
    barge = folded({"numWordsToInterruptAssistant": 2}).barge
    assert (barge.mode, barge.num_words, barge.backoff_s) == (BargeInMode.WORDS, 2, 0.0)
    newer = {"numWordsToInterruptAssistant": 2, "stopSpeakingPlan": {"numWords": 5}}
    assert folded(newer).barge.num_words == 5


def test_no_barge_in_at_all_is_the_last_word() -> None:
    settings = fold_floor(read({"stopSpeakingPlan": {"numWords": 1}}), TurnSettings(barge_in=False))
    assert settings.barge_mode is BargeInMode.OFF


def test_a_keypad_plan() -> None:
    assert not folded({"keypadInputPlan": {}}).keypad.enabled
    keypad = folded({"keypadInputPlan": {"enabled": True, "timeoutSeconds": 0, "delimiters": "*"}}).keypad
    assert (keypad.enabled, keypad.wait_s, keypad.delimiter) == (True, 0, "*")
    _, gaps = parse_assistant('{"keypadInputPlan": {"delimiters": "1"}}', "FILE")
    assert [gap.name for gap in gaps] == ["FILE.keypadInputPlan.delimiters"]


def test_a_message_plan() -> None:
    settings = folded(
        {
            "messagePlan": {
                "idleMessages": ["Hello?", "Still there?"],
                "idleTimeoutSeconds": 7,
                "idleMessageMaxSpokenCount": 2,
                "idleMessageResetCountOnUserSpeechEnabled": True,
                "silenceTimeoutMessage": "Bye.",
            }
        }
    )
    assert settings.silence_prompt_s == 7
    assert settings.idle.messages == ("Hello?", "Still there?")
    assert (settings.idle.max_spoken, settings.idle.reset_on_speech) == (2, True)
    assert settings.phrases.silence_farewell == "Bye."
    usual = folded({"messagePlan": {}})
    assert (usual.idle.messages, usual.idle.max_spoken, usual.idle.reset_on_speech) == (None, 3, False)
    assert usual.phrases == TurnSettings().phrases
