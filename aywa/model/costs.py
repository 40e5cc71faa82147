"""What a call used of its providers, and what that costs by a price table. Pure.

Amounts are rounded to a millionth of the currency's unit: a token of a small model is less than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aywa.model.price_table import Price, PriceTable, Stage

CostItem: TypeAlias = dict[str, Any]  # as the API shows it; `type`, `cost` and whether it is `priced`
BYTES_PER_GIGABYTE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Tokens:
    """Of a language model; `cached` are among `prompt`."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.prompt + other.prompt, self.completion + other.completion, self.cached + other.cached
        )


@dataclass(frozen=True, slots=True)
class RouteUse:
    """Units of one provider in one call, named and `wasted` as in `CallUsage`."""

    stage: Stage
    name: str
    tokens: Tokens = field(default_factory=Tokens)
    wasted: Tokens = field(default_factory=Tokens)
    characters: int = 0
    wasted_characters: int = 0
    seconds: float = 0.0  # of audio that a recogniser was given


@dataclass(frozen=True, slots=True)
class CallUsage:
    """Units of one call. Providers are named `provider` or `provider/model`.

    `wasted` tokens and characters went into answers that were made ahead and dropped; they are in the sums.
    `routes`: the same by provider, where there was more than the one of a stage that is named here.
    """

    transcriber: str = ""
    model: str = ""
    voice: str = ""
    trunk: str = ""
    outbound: bool = False
    tokens: Tokens = field(default_factory=Tokens)
    wasted: Tokens = field(default_factory=Tokens)
    characters: int = 0
    wasted_characters: int = 0
    heard_s: float = 0.0  # of audio that the recogniser was given
    talked_s: float = 0.0
    stored_bytes: int = 0
    routes: tuple[RouteUse, ...] = ()

    def by_route(self) -> tuple[RouteUse, ...]:
        """What each provider was used for, in the order of the stages."""
        if self.routes:
            return self.routes
        return (
            RouteUse(Stage.STT, self.transcriber, seconds=self.heard_s),
            RouteUse(Stage.LLM, self.model, self.tokens, self.wasted),
            RouteUse(
                Stage.TTS,
                self.voice,
                characters=self.characters,
                wasted_characters=self.wasted_characters,
            ),
        )


def price_call(usage: CallUsage, table: PriceTable) -> list[CostItem]:
    """What was used, each with its cost; what was not used is left out."""
    items: list[CostItem] = []
    if usage.talked_s > 0:
        items.append(_transport(usage, table))
    for used in usage.by_route():
        if used.seconds > 0:
            items.append(_transcriber(used, table))
        if used.tokens.prompt or used.tokens.completion:
            items.append(_model(used, table))
        if used.characters:
            items.append(_voice(used, table))
    if usage.stored_bytes:
        price = table.find(Stage.STORAGE, "disk")
        cost = _times(
            None if price is None else price.per_gigabyte_month, usage.stored_bytes / BYTES_PER_GIGABYTE
        )
        items.append({"type": "storage", "provider": "disk", "bytes": usage.stored_bytes, **cost})
    return items


def price_analysis(kind: str, model: str, tokens: Tokens, table: PriceTable) -> CostItem:
    """What one part of the analysis after a call costs."""
    provider, name = named(model)
    return {
        "type": "analysis",
        "analysisType": kind,
        "model": _who(provider, name),
        "promptTokens": tokens.prompt,
        "completionTokens": tokens.completion,
        "cachedPromptTokens": tokens.cached,
        **_of_tokens(table.find(Stage.LLM, provider, name), tokens),
    }


def total(items: Iterable[Mapping[str, Any]], *kinds: str) -> float:
    """Of all items, or of those of these types."""
    return round(sum(float(item["cost"]) for item in items if not kinds or item["type"] in kinds), 6)


def named(name: str) -> tuple[str, str]:
    """Provider and model of `provider/model`."""
    provider, _, model = name.partition("/")
    return provider, model


def _transport(usage: CallUsage, table: PriceTable) -> CostItem:
    trunk, minutes = usage.trunk or "sip", usage.talked_s / 60
    price = table.find(Stage.TRANSPORT, trunk)
    amount = None if price is None else price.per_minute
    if price is not None and usage.outbound and price.per_minute_outbound is not None:
        amount = price.per_minute_outbound
    return {"type": "transport", "provider": trunk, "minutes": round(minutes, 4), **_times(amount, minutes)}


def _transcriber(used: RouteUse, table: PriceTable) -> CostItem:
    provider, model = named(used.name)
    price = table.find(Stage.STT, provider, model)
    minutes = used.seconds / 60
    cost = _times(None if price is None else price.per_minute, minutes)
    who = _who(provider, model)
    return {"type": "transcriber", "transcriber": who, "minutes": round(minutes, 4), **cost}


def _model(used: RouteUse, table: PriceTable) -> CostItem:
    provider, model = named(used.name)
    price, tokens, wasted = table.find(Stage.LLM, provider, model), used.tokens, used.wasted
    item: CostItem = {
        "type": "model",
        "model": _who(provider, model),
        "promptTokens": tokens.prompt,
        "completionTokens": tokens.completion,
        "cachedPromptTokens": tokens.cached,
        **_of_tokens(price, tokens),
    }
    if wasted.prompt or wasted.completion:
        item["speculation"] = {
            "promptTokens": wasted.prompt,
            "completionTokens": wasted.completion,
            "cost": _of_tokens(price, wasted)["cost"],
        }
    return item


def _voice(used: RouteUse, table: PriceTable) -> CostItem:
    provider, model = named(used.name)
    price = table.find(Stage.TTS, provider, model)
    amount = None if price is None else price.per_million_characters
    item: CostItem = {
        "type": "voice",
        "voice": _who(provider, model),
        "characters": used.characters,
        **_times(amount, used.characters / 1e6),
    }
    if used.wasted_characters:
        cost = _times(amount, used.wasted_characters / 1e6)["cost"]
        item["speculation"] = {"characters": used.wasted_characters, "cost": cost}
    return item


def _of_tokens(price: Price | None, tokens: Tokens) -> CostItem:
    if price is None or price.per_million_prompt_tokens is None:
        return {"cost": 0.0, "priced": False}
    prompt = price.per_million_prompt_tokens
    cached = price.per_million_cached_prompt_tokens
    amount = (tokens.prompt - tokens.cached) * prompt
    amount += tokens.cached * (prompt if cached is None else cached)
    amount += tokens.completion * (price.per_million_completion_tokens or 0.0)
    return {"cost": round(amount / 1e6, 6), "priced": True}


def _times(amount: float | None, units: float) -> CostItem:
    if amount is None:
        return {"cost": 0.0, "priced": False}
    return {"cost": round(amount * units, 6), "priced": True}


def _who(provider: str, model: str) -> dict[str, str]:
    return {"provider": provider, "model": model} if model else {"provider": provider}
