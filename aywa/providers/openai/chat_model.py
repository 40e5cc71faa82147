"""Language models behind chat completions: OpenAI, Azure, vendors that speak alike, servers of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, urlencode

from aywa.model.chat_models.compatible import CompatibleModelPlan, SelfHostedModelPlan
from aywa.model.chat_models.custom import CustomModelPlan
from aywa.model.chat_models.openai import AzureModelPlan, OpenAiFamilyPlan, OpenAiModelPlan
from aywa.ports.llm import ChatModel
from aywa.providers.chat.driver import Pace, StreamedModel
from aywa.providers.chat.exchange import versioned
from aywa.providers.openai.chat_wire import CompletionWire
from aywa.providers.openai.dialect import DIALECTS
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor

CompletionPlan = (
    OpenAiModelPlan | AzureModelPlan | CompatibleModelPlan | SelfHostedModelPlan | CustomModelPlan
)
COMPLETIONS = "/chat/completions"


def chat_model(
    door: ProviderDoor, access: Access, plan: CompletionPlan, facts: Mapping[str, object] | None = None
) -> ChatModel:
    """The model of a plan. `facts`: what a custom model is told of the call, `metadata` among it."""
    if isinstance(plan, SelfHostedModelPlan | CustomModelPlan):
        access = replace(access, headers={**access.headers, **plan.headers})
    wire = completion_wire(access, plan, facts or {})
    return StreamedModel(door, access, wire, Pace(plan.first_token_s, plan.token_gap_seconds))


def completion_wire(access: Access, plan: CompletionPlan, facts: Mapping[str, object]) -> CompletionWire:
    """Its protocol. Pure."""
    dialect = DIALECTS[plan.provider]
    extra: dict[str, object] = {}
    if isinstance(plan, OpenAiFamilyPlan):
        extra = {
            name: value
            for name, value in (
                ("prompt_cache_key", plan.prompt_cache_key),
                ("prompt_cache_retention", plan.prompt_cache_retention),
            )
            if value is not None
        }
    path = dialect.path or versioned(access.base_url, "/v1", COMPLETIONS)
    model = plan.model
    headers = {"Authorization": f"Bearer {access.key}"} if access.key else {}
    if isinstance(plan, AzureModelPlan):
        path = _azure_path(access.base_url, plan)
        headers = {"api-key": access.key}
        model = plan.deployment or plan.model
    if isinstance(plan, CustomModelPlan):
        path = COMPLETIONS
        dialect = replace(dialect, usage=plan.usage_in_stream)
        extra = _told(plan, facts)
    return CompletionWire(
        provider=access.provider,
        model=model,
        path=path,
        dialect=dialect,
        temperature=plan.temperature,
        max_tokens=plan.max_tokens,
        reasoning_effort=None if isinstance(plan, CustomModelPlan) else plan.reasoning_effort,
        headers=headers,
        extra=extra,
    )


def _azure_path(base_url: str, plan: AzureModelPlan) -> str:
    """By deployment and API version, or the API without versions."""
    if plan.api_version is None:
        return versioned(base_url, "/openai/v1", COMPLETIONS)
    deployment = quote(plan.deployment or plan.model, safe="")
    return f"/openai/deployments/{deployment}{COMPLETIONS}?{urlencode({'api-version': plan.api_version})}"


def _told(plan: CustomModelPlan, facts: Mapping[str, object]) -> dict[str, object]:
    """What of the facts goes into the body: nothing if it is off; the metadata as the mode says."""
    metadata = facts.get("metadata")
    others = {name: value for name, value in facts.items() if name != "metadata"}
    match plan.metadata_send_mode:
        case "variable":
            return {**others, **({"metadata": metadata} if metadata is not None else {})}
        case "destructured":
            return {**(metadata if isinstance(metadata, Mapping) else {}), **others}
    return {}
