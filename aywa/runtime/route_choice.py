"""Which routes an assistant names for each stage, the first choice first, or the settings for all. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aywa.errors import ConfigError, Gap, RequestError
from aywa.model.assistant import Assistant
from aywa.model.budget_plan import CheaperPlan
from aywa.model.price_table import Stage
from aywa.model.route_plans import parse_route
from aywa.settings import ProviderSettings

_FIELDS = {Stage.STT: "transcriber", Stage.LLM: "model", Stage.TTS: "voice"}
EXAMPLES = {
    Stage.STT: "deepgram/nova-3,embedded",
    Stage.LLM: "openai/gpt-4o-mini,scripted",
    Stage.TTS: "cartesia/sonic-2@VOICE,embedded",
}
_LISTS = {Stage.STT: "transcribers", Stage.LLM: "models", Stage.TTS: "voices"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One route. `field`: where it is named, for people; `plan`: the typed plan of its provider."""

    field: str
    provider: str
    plan: Any


@dataclass(frozen=True, slots=True)
class Choices:
    """By stage; () where nobody has said anything. `credentials`: of the assistant."""

    stt: tuple[Choice, ...] = ()
    llm: tuple[Choice, ...] = ()
    tts: tuple[Choice, ...] = ()
    credentials: tuple[UUID, ...] = field(default=())

    def over(self, usual: Choices) -> Choices:
        """The same, with what is usual where nothing was said."""
        return Choices(self.stt or usual.stt, self.llm or usual.llm, self.tts or usual.tts, self.credentials)


def choices_of(assistant: Assistant | CheaperPlan | None, where: str = "") -> Choices:
    """What the assistant, or a part of it, says; `where`: what stands before the names of its fields.

    A voice without a provider says how the usual one speaks, not who.
    """
    if assistant is None:
        return Choices()
    found = {
        stage: tuple(_chain(stage, where + name, getattr(assistant, name, None)))
        for stage, name in _FIELDS.items()
    }
    named = tuple(getattr(assistant, "credential_ids", ()))
    return Choices(found[Stage.STT], found[Stage.LLM], found[Stage.TTS], named)


def choices_of_settings(settings: ProviderSettings) -> Choices:
    """The chains of the settings. Raises `ConfigError` with every route that cannot be."""
    gaps: list[Gap] = []
    found: dict[Stage, tuple[Choice, ...]] = {}
    for stage, variable, routes in (
        (Stage.STT, "RUNTIME_STT", settings.stt),
        (Stage.LLM, "RUNTIME_LLM", settings.llm),
        (Stage.TTS, "RUNTIME_TTS", settings.tts),
    ):
        chosen = []
        for route in routes:
            said = {"provider": route.provider, "model": route.model, "voiceId": route.voice}
            try:
                plan = parse_route(stage, {name: text for name, text in said.items() if text})
            except RequestError as error:
                gaps.append(Gap(variable, f"{route}: {error.detail}", EXAMPLES[stage]))
                continue
            chosen.append(Choice(variable, route.provider, plan))
        found[stage] = tuple(chosen)
    if gaps:
        raise ConfigError(gaps)
    return Choices(found[Stage.STT], found[Stage.LLM], found[Stage.TTS])


def _chain(stage: Stage, where: str, plan: Any) -> Iterator[Choice]:
    """The plan, the other models of its account, and those that take over."""
    provider = getattr(plan, "provider", None)
    if provider is None:
        return
    yield Choice(where, provider, plan)
    for index, model in enumerate(getattr(plan, "fallback_models", ())):
        yield Choice(f"{where}.fallbackModels.{index}", provider, plan.model_copy(update={"model": model}))
    fallback = getattr(plan, "fallback_plan", None)
    named = () if fallback is None else getattr(fallback, _LISTS[stage])
    for index, other in enumerate(named):
        yield from _chain(stage, f"{where}.fallbackPlan.{_LISTS[stage]}.{index}", other)
