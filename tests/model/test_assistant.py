"""The per-assistant plan: what it takes, what it refuses, and in which words."""

from __future__ import annotations

import json

import pytest

from aywa.model.assistant import NOT_YET, Assistant, parse_assistant


def faults(plan: object) -> dict[str, str]:
    """What is wrong, by field."""
    assistant, gaps = parse_assistant(json.dumps(plan), "FILE")
    assert (assistant is None) == bool(gaps)
    return {gap.name: gap.rule for gap in gaps}


def test_an_empty_plan_says_nothing() -> None:
    assert parse_assistant("{}", "FILE") == (Assistant(), [])
    assert Assistant().model_fields_set == set()


def test_a_whole_plan() -> None:
    plan = {"name": "Front desk", "maxDurationSeconds": 300, "silenceTimeoutSeconds": 20.5}
    assistant, gaps = parse_assistant(json.dumps(plan), "FILE")
    assert gaps == []
    assert assistant == Assistant(name="Front desk", max_duration_seconds=300, silence_timeout_seconds=20.5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 41),
        ("name", 5),
        ("maxDurationSeconds", 9),
        ("maxDurationSeconds", 43_201),
        ("maxDurationSeconds", "600"),
        ("maxDurationSeconds", True),
        ("silenceTimeoutSeconds", 4),
        ("silenceTimeoutSeconds", 3601),
    ],
)
def test_every_fault_names_its_field(field: str, value: object) -> None:
    assert list(faults({field: value})) == [f"FILE.{field}"]


def test_all_faults_are_reported_together() -> None:
    assert faults({"maxDurationSeconds": 1, "silenceTimeoutSeconds": 1, "nmae": "x"}) == {
        "FILE.maxDurationSeconds": "must be greater than or equal to 10",
        "FILE.silenceTimeoutSeconds": "must be greater than or equal to 5",
        "FILE.nmae": "is not a field that is known",
    }


@pytest.mark.parametrize("field", sorted(NOT_YET))
def test_what_does_nothing_yet_is_refused_by_name(field: str) -> None:
    assert faults({field: {}}) == {f"FILE.{field}": "does nothing in this version yet: leave it out"}


def test_no_field_is_both_known_and_refused() -> None:
    known = {field.alias for field in Assistant.model_fields.values()}
    assert not known & NOT_YET


@pytest.mark.parametrize(
    "text", ["", "[]", "nonsense", '{"name": ', "\udcff".encode("utf8", "surrogateescape")]
)
def test_what_is_no_object_is_said_so(text: str | bytes) -> None:
    assistant, gaps = parse_assistant(text, "FILE")
    assert assistant is None
    assert [gap.name for gap in gaps] == ["FILE"]
    assert gaps[0].rule.startswith("must be")


def test_a_plan_of_every_kind() -> None:
    plan = {
        "firstMessage": "Hello.",
        "firstMessageMode": "assistant-speaks-first",
        "firstMessageInterruptionsEnabled": True,
        "endCallMessage": "Goodbye.",
        "endCallPhrases": ["goodbye", "have a nice day"],
        "backgroundSound": "office",
        "toolMessages": [
            {
                "name": "search",
                "messages": [
                    {"type": "request-start", "content": "I am looking.", "blocking": False},
                    {"type": "request-response-delayed", "content": "Still.", "timingMilliseconds": 3000},
                    {"type": "request-complete", "content": "Found.", "endCallAfterSpokenEnabled": True},
                    {
                        "type": "request-failed",
                        "content": "Say that it failed.",
                        "role": "system",
                        "conditions": [{"param": "nights", "operator": "gte", "value": 3}],
                    },
                ],
            }
        ],
        "voice": {
            "language": "en-GB",
            "cachingEnabled": False,
            "chunkPlan": {
                "enabled": True,
                "minCharacters": 80,
                "punctuationBoundaries": [".", "||", "。"],
                "formatPlan": {
                    "enabled": True,
                    "numberToDigitsCutoff": 0,
                    "formattersEnabled": ["email", "stripAsterisk"],
                    "replacements": [
                        {"type": "exact", "key": "Aywa", "value": "I wah"},
                        {
                            "type": "regex",
                            "regex": "(a)+",
                            "value": "$1",
                            "options": [{"type": "whole-word", "enabled": True}],
                        },
                    ],
                },
            },
        },
    }
    assert faults(plan) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("firstMessage", "ftp://example.com/hello.wav"),
        ("firstMessage", "https://example.com/hello.wav and more"),
        ("voice.speed", {"speed": 0.4}),
        ("voice.speed", {"speed": 2.1}),
        ("firstMessage", "x" * 1001),
        ("firstMessageMode", "assistant-speaks-last"),
        ("firstMessageInterruptionsEnabled", "yes"),
        ("endCallMessage", "x" * 1001),
        ("endCallPhrases.0", ["x"]),
        ("endCallPhrases.1", ["goodbye", "x" * 141]),
        ("backgroundSound", "ftp://example.com/office.wav"),
        ("backgroundSound", ""),
        ("toolMessages.0.name", [{"name": "a b", "messages": []}]),
        (
            "toolMessages.0.messages.0.request-start.blocking",
            [{"name": "a", "messages": [{"type": "request-start", "content": "x", "blocking": True}]}],
        ),
        (
            "toolMessages.0.messages.0.request-failed.conditions.0.operator",
            [
                {
                    "name": "a",
                    "messages": [
                        {
                            "type": "request-failed",
                            "content": "x",
                            "conditions": [{"param": "n", "operator": "is", "value": 1}],
                        }
                    ],
                }
            ],
        ),
        (
            "toolMessages.0.messages.0",
            [{"name": "a", "messages": [{"type": "request-finished", "content": "x"}]}],
        ),
        ("voice.language", {"language": "english please"}),
        ("voice.provider", {"provider": "smoke"}),
        ("voice.voiceId", {"provider": "11labs"}),
        ("transcriber.provider", {"provider": "smoke"}),
        ("transcriber.endpointing", {"provider": "deepgram", "endpointing": 1}),
        ("model.provider", {"provider": "smoke", "model": "m"}),
        ("voice.chunkPlan.minCharacters", {"chunkPlan": {"minCharacters": 81}}),
        ("voice.chunkPlan.minCharacters", {"chunkPlan": {"minCharacters": 0}}),
        ("voice.chunkPlan.punctuationBoundaries.0", {"chunkPlan": {"punctuationBoundaries": ["-"]}}),
        ("voice.chunkPlan.punctuationBoundaries", {"chunkPlan": {"punctuationBoundaries": []}}),
        (
            "voice.chunkPlan.formatPlan.formattersEnabled.0",
            {"chunkPlan": {"formatPlan": {"formattersEnabled": ["emoji"]}}},
        ),
        (
            "voice.chunkPlan.formatPlan.numberToDigitsCutoff",
            {"chunkPlan": {"formatPlan": {"numberToDigitsCutoff": -1}}},
        ),
        (
            "voice.chunkPlan.formatPlan.replacements.0.regex.regex",
            {"chunkPlan": {"formatPlan": {"replacements": [{"type": "regex", "regex": "(", "value": ""}]}}},
        ),
    ],
)
def test_every_fault_of_what_is_said_names_its_field(field: str, value: object) -> None:
    assert next(iter(faults({field.partition(".")[0]: value}))) == f"FILE.{field}"


def test_a_first_message_may_be_a_recording() -> None:
    url = "https://example.com/hello.wav"
    assert Assistant(first_message=f" {url}").first_message_url == url
    assert Assistant(first_message="Hello at https://example.com").first_message_url == ""
    assert faults({"firstMessage": url, "firstMessageTranscript": "Hello."}) == {}
    rule = "firstMessageTranscript has the words of a firstMessage that is a sound file"
    assert faults({"firstMessage": "Hello.", "firstMessageTranscript": "Hello."}) == {"FILE": rule}


def test_rules_are_said_in_words() -> None:
    rule = "must be off, office, the path of a sound file, or its https or file URL"
    assert faults({"backgroundSound": "ftp://x", "observabilityPlan": {}}) == {
        "FILE.backgroundSound": rule,
        "FILE.observabilityPlan": "does nothing in this version yet: leave it out",
    }
