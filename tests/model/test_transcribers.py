"""Plans of recognisers: what a person may write, and what is said about what he may not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from aywa.model.transcribers.plan import TranscriberPlan

PLANS: TypeAdapter[Any] = TypeAdapter(TranscriberPlan)


@pytest.mark.parametrize(
    "plan",
    [
        {
            "provider": "deepgram",
            "model": "nova-2-phonecall",
            "keywords": ["aywa:2", "two"],
            "endpointing": 500,
        },
        {"provider": "deepgram", "model": "flux-general-en", "eotThreshold": 0.9, "eagerEotThreshold": 0.9},
        {"provider": "assembly-ai", "realtimeUrl": "wss://eu.example/v3/ws", "wordBoost": ["two"]},
        {"provider": "openai", "language": "pt-BR"},
        {"provider": "cartesia", "model": "ink-whisper", "turns": False},
        {"provider": "11labs", "keyterms": ["Aywa"]},
        {"provider": "custom-transcriber", "server": {"url": "ws://10.0.0.1:9000/ears?a=1", "secret": "s"}},
        {"provider": "whisper", "transport": "websocket", "url": "http://gpu:9090"},
        {"provider": "deepgram", "fallbackPlan": {"transcribers": [{"provider": "openai"}]}},
    ],
)
def test_plans_and_their_way_back(plan: dict[str, Any]) -> None:
    made = PLANS.validate_python(plan)
    written = made.model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert {name: written[name] for name in plan if name != "server"} == {
        name: value for name, value in plan.items() if name != "server"
    }


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"provider": "gladia"}, "'deepgram', 'assembly-ai', 'openai', 'cartesia', '11labs'"),
        ({"provider": "deepgram", "eotThreshold": 0.95}, "less than or equal to 0.9"),
        ({"provider": "deepgram", "eotTimeoutMs": 400}, "greater than or equal to 500"),
        ({"provider": "deepgram", "endpointing": 5}, "greater than or equal to 10"),
        ({"provider": "deepgram", "keywords": ["two words:1"]}, "should match pattern"),
        ({"provider": "deepgram", "eagerEotThreshold": 0.8}, "must not be above eotThreshold"),
        ({"provider": "deepgram", "colour": "red"}, "Extra inputs"),
        ({"provider": "openai", "confidenceThreshold": 2}, "less than or equal to 1"),
        ({"provider": "cartesia", "turnStartThreshold": 0.5, "turnEagerEndThreshold": 0.6}, "must hold"),
        ({"provider": "cartesia", "model": "ink-whisper", "turns": True}, "does not judge turns"),
        ({"provider": "custom-transcriber"}, "Field required"),
        ({"provider": "custom-transcriber", "server": {"url": "wss://a:b@h/"}}, "must not carry credentials"),
        ({"provider": "whisper", "url": "ftp://h"}, "should match pattern"),
        (
            {
                "provider": "deepgram",
                "fallbackPlan": {
                    "transcribers": [
                        {"provider": "openai", "fallbackPlan": {"transcribers": [{"provider": "cartesia"}]}}
                    ]
                },
            },
            "fallbackPlan of their own",
        ),
    ],
)
def test_what_is_wrong_is_said(plan: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        PLANS.validate_python(plan)
    assert said in str(caught.value)


def test_secrets_are_not_printed() -> None:
    plan = PLANS.validate_python(
        {"provider": "custom-transcriber", "server": {"url": "ws://h/", "secret": "hidden"}}
    )
    assert "hidden" not in repr(plan)


def test_models_tell_their_socket() -> None:
    def made(**plan: Any) -> Any:
        return PLANS.validate_python(plan)

    assert made(provider="deepgram", model="flux-general-multi").flux
    assert not made(provider="deepgram").flux
    assert made(provider="cartesia").judges_turns
    assert not made(provider="cartesia", model="ink-whisper").judges_turns
