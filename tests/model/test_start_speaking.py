"""The startSpeakingPlan: its ranges, its aliases, and what it makes of the thresholds."""

from __future__ import annotations

import pytest

from aywa.call.start_plan import endpointing_server, start_plan
from aywa.model.assistant import parse_assistant
from aywa.model.start_speaking import StartSpeakingPlan
from aywa.turn.endpointing_settings import EndpointingMode
from aywa.turn.settings import TurnSettings


def settled(plan: dict[str, object]) -> TurnSettings:
    return start_plan(StartSpeakingPlan.model_validate(plan), TurnSettings())


def faults(plan: str) -> list[str]:
    assistant, gaps = parse_assistant(f'{{"startSpeakingPlan": {plan}}}', "file")
    assert (assistant is None) is bool(gaps)
    return [gap.name for gap in gaps]


@pytest.mark.parametrize(
    ("plan", "names"),
    [
        ('{"waitSeconds": 0.4}', []),
        ('{"waitSeconds": 5.1}', ["file.startSpeakingPlan.waitSeconds"]),
        ('{"waitSeconds": -1}', ["file.startSpeakingPlan.waitSeconds"]),
        ('{"waitSecs": 1}', ["file.startSpeakingPlan.waitSecs"]),
        ('{"smartEndpointingEnabled": true}', []),
        ('{"smartEndpointingEnabled": "livekit"}', []),
        ('{"smartEndpointingPlan": {"provider": "vapi"}}', []),
        ('{"smartEndpointingPlan": {"provider": "livekit", "waitFunction": "x * 1000"}}', []),
        ('{"smartEndpointingPlan": {"provider": "aywa", "mode": "adaptive", "language": "pt-BR"}}', []),
        ('{"transcriptionEndpointingPlan": {"onNumberSeconds": 3}}', []),
        (
            '{"transcriptionEndpointingPlan": {"onNumberSeconds": 3.1}}',
            ["file.startSpeakingPlan.transcriptionEndpointingPlan.onNumberSeconds"],
        ),
        ('{"customEndpointingRules": [{"type": "user", "regex": "a", "timeoutSeconds": 15}]}', []),
        (
            '{"customEndpointingRules": [{"type": "customer", "regex": "a", "timeoutSeconds": 16}]}',
            ["file.startSpeakingPlan.customEndpointingRules.0.side.timeoutSeconds"],
        ),
        (
            '{"customEndpointingRules": [{"type": "both", "assistantRegex": "a", "timeoutSeconds": 1}]}',
            ["file.startSpeakingPlan.customEndpointingRules.0.both.customerRegex"],
        ),
    ],
)
def test_ranges(plan: str, names: list[str]) -> None:
    assert faults(plan) == names


@pytest.mark.parametrize(
    "plan",
    [
        '{"smartEndpointingPlan": {"provider": "livekit", "waitFunction": "open(1)"}}',
        '{"customEndpointingRules": [{"type": "user", "regex": "(a)\\\\1", "timeoutSeconds": 1}]}',
        '{"smartEndpointingPlan": {"provider": "custom-endpointing-model", "server": {"url": "ftp://a"}}}',
        '{"smartEndpointingPlan": {"provider": "custom-endpointing-model", "server": {"url": "http://u:p@a"}}}',
        '{"smartEndpointingPlan": {"provider": "custom-endpointing-model"}}',
        '{"smartEndpointingPlan": {"provider": "other"}}',
    ],
)
def test_what_cannot_work_is_refused_when_it_is_read(plan: str) -> None:
    assert len(faults(plan)) == 1


@pytest.mark.parametrize(
    ("plan", "mode", "native"),
    [
        ({}, EndpointingMode.FIXED, True),  # what the settings say
        ({"smartEndpointingPlan": {"provider": "vapi"}}, EndpointingMode.TRANSCRIPT, False),
        ({"smartEndpointingPlan": {"provider": "livekit"}}, EndpointingMode.MODEL, False),
        ({"smartEndpointingPlan": {"provider": "aywa", "mode": "adaptive"}}, EndpointingMode.ADAPTIVE, False),
        (
            {
                "smartEndpointingPlan": {
                    "provider": "custom-endpointing-model",
                    "server": {"url": "https://voice.example.com/end"},
                }
            },
            EndpointingMode.WEBHOOK,
            False,
        ),
        ({"smartEndpointingEnabled": True}, EndpointingMode.TRANSCRIPT, False),
        ({"smartEndpointingEnabled": "livekit"}, EndpointingMode.MODEL, False),
        ({"smartEndpointingEnabled": False}, EndpointingMode.TRANSCRIPT, True),
        ({"transcriptionEndpointingPlan": {}}, EndpointingMode.TRANSCRIPT, True),
    ],
)
def test_modes(plan: dict[str, object], mode: EndpointingMode, native: bool) -> None:
    ending = settled(plan).endpointing
    assert (ending.mode, ending.native) == (mode, native)


def test_the_rest_of_a_plan() -> None:
    settings = settled(
        {
            "waitSeconds": 1.5,
            "smartEndpointingPlan": {
                "provider": "aywa",
                "mode": "fixed",
                "fixedSeconds": 0.7,
                "waitFunction": "900",
            },
            "transcriptionEndpointingPlan": {"onPunctuationSeconds": 0.2},
        }
    )
    assert settings.wait_s == 0.7
    assert settings.endpointing.audio_wait_s == 1.5
    assert settings.endpointing.curve(0.3) == 0.9
    assert settings.endpointing.on_punctuation_s == 0.2
    assert settled({}).endpointing.audio_wait_s == 0.4
    assert TurnSettings().endpointing.audio_wait_s == 0.0


def test_the_older_curve() -> None:
    assert settled({"smartEndpointingEnabled": "livekit"}).endpointing.curve(1.0) == pytest.approx(3.02)


def test_the_server() -> None:
    plan = StartSpeakingPlan.model_validate(
        {
            "smartEndpointingPlan": {
                "provider": "custom-endpointing-model",
                "server": {"url": "https://voice.example.com/end", "headers": {"x-key": "1"}},
            }
        }
    )
    server = endpointing_server(plan)
    assert server is not None
    assert server.headers == {"x-key": "1"}
    assert endpointing_server(None) is None
