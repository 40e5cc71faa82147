"""Which language models there are."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field, TypeAdapter

from aywa.model.chat_models.anthropic import AnthropicModelPlan
from aywa.model.chat_models.common import ModelFallbackPlan
from aywa.model.chat_models.compatible import CompatibleModelPlan, SelfHostedModelPlan
from aywa.model.chat_models.custom import CustomModelPlan
from aywa.model.chat_models.google import GoogleModelPlan
from aywa.model.chat_models.openai import AzureModelPlan, OpenAiModelPlan
from aywa.model.chat_models.scripted import ScriptedModelPlan

ChatModelPlan: TypeAlias = Annotated[
    OpenAiModelPlan
    | AzureModelPlan
    | AnthropicModelPlan
    | GoogleModelPlan
    | CompatibleModelPlan
    | SelfHostedModelPlan
    | CustomModelPlan
    | ScriptedModelPlan,
    Field(discriminator="provider"),
]

_NAMES = {"ChatModelPlan": ChatModelPlan}
ModelFallbackPlan.model_rebuild(_types_namespace=_NAMES)
for _plan in (
    OpenAiModelPlan,
    AzureModelPlan,
    AnthropicModelPlan,
    GoogleModelPlan,
    CompatibleModelPlan,
    SelfHostedModelPlan,
    CustomModelPlan,
    ScriptedModelPlan,
):
    _plan.model_rebuild(_types_namespace=_NAMES)

# Validates a plan; the error for an unknown provider names those that exist.
CHAT_MODELS: TypeAdapter[ChatModelPlan] = TypeAdapter(ChatModelPlan)


def base_url(plan: ChatModelPlan, api_url: str | None = None) -> str:
    """Where requests go: the credential's URL, else the plan's, else the vendor's. "": nobody has said."""
    return (api_url or plan.url or plan.DEFAULT_URL).rstrip("/")
