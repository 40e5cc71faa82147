"""Every plan of the union has its model, and every provider its dialect."""

from __future__ import annotations

from typing import get_args

import pytest

from aywa.emulators.anthropic import AnthropicEmulator
from aywa.emulators.chat_script import ChatScript
from aywa.emulators.google import GoogleEmulator
from aywa.emulators.openai import OpenAiEmulator
from aywa.model.chat_models import CHAT_MODELS
from aywa.model.chat_models.compatible import COMPATIBLE, URLS
from aywa.providers.openai.dialect import DIALECTS
from aywa.providers.registry import REGISTRY
from aywa.providers.web.access import Access
from tests.kit.chat import KEY, conversation, emulated, generate, text_of, user

EMULATORS = {"anthropic": AnthropicEmulator, "google": GoogleEmulator}
PROVIDERS = ["anthropic", "google", *sorted(DIALECTS)]


def test_every_compatible_vendor_is_known_throughout() -> None:
    assert set(get_args(COMPATIBLE)) == set(URLS) <= set(DIALECTS)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_plan_becomes_a_model(provider: str) -> None:
    emulator = EMULATORS.get(provider, OpenAiEmulator)(ChatScript(["Good day."]))
    async with emulated(emulator) as (door, host):
        plan = CHAT_MODELS.validate_python(
            {"provider": provider, "model": "m", **({"url": host.url} if provider == "custom-llm" else {})}
        )
        llm = REGISTRY.chat_models[provider].make(door, Access(provider, host.url, KEY), plan)
        assert llm.name == provider
        assert text_of(await generate(llm, conversation(user("hello")))) == "Good day."
