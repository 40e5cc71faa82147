"""The language model of any vendor's plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from aywa.model.chat_models.anthropic import AnthropicModelPlan
from aywa.model.chat_models.google import GoogleModelPlan
from aywa.ports.llm import ChatModel
from aywa.providers.anthropic import chat_model as anthropic
from aywa.providers.google import chat_model as google
from aywa.providers.openai import chat_model as openai
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor

AdapterPlan: TypeAlias = openai.CompletionPlan | AnthropicModelPlan | GoogleModelPlan


def chat_model(
    door: ProviderDoor, access: Access, plan: AdapterPlan, facts: Mapping[str, object] | None = None
) -> ChatModel:
    """`access.base_url`: as `model.chat_models.base_url` gives it. `facts`: what a custom model is told."""
    if isinstance(plan, AnthropicModelPlan):
        return anthropic.chat_model(door, access, plan)
    if isinstance(plan, GoogleModelPlan):
        return google.chat_model(door, access, plan)
    return openai.chat_model(door, access, plan, facts)
