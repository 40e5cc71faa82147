"""What a call cost, as the API shows it: of its row, and of its analysis once that is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aywa.model.call import CallCosts, CostBreakdown
from aywa.model.costs import total
from aywa.ports.store import CallRow


def cost_items(row: CallRow) -> list[dict[str, object]] | None:
    """Each thing that was used; None while the call is up, and of calls that ended before costs were kept."""
    if row.costs is None or "items" not in row.costs:
        return None
    return [dict(item) for item in _list(row.costs["items"])] + _of_analysis(row)


def cost_of(row: CallRow) -> float | None:
    """The sum."""
    items = cost_items(row)
    return None if items is None else total(items)


def cost_breakdown(row: CallRow) -> CostBreakdown | None:
    """By what it went for."""
    if row.costs is None:
        return None
    kept = {name: value for name, value in row.costs.items() if name not in _NOT_SHOWN}
    items = cost_items(row)
    if items is None:
        return CostBreakdown.model_validate(kept)
    analysis = _of_analysis(row)
    sums: dict[str, object] = {name: total(items, kind) for name, kind in _SUMS.items()}
    sums |= {"vapi": 0.0, "chat": 0.0, "total": total(items)}
    if analysis:
        sums["analysis_cost_breakdown"] = _by_part(analysis)
    unpriced = [_name(item) for item in items if not item.get("priced")]
    if unpriced:
        sums["unpriced"] = unpriced
    return CostBreakdown.model_validate(kept | sums)


def costs_resource(row: CallRow) -> CallCosts:
    """The answer of `GET /call/:id/costs`."""
    return CallCosts(
        call_id=row.id,
        ended_at=row.ended_at,
        cost=cost_of(row) or 0.0,
        costs=cost_items(row) or [],
        cost_breakdown=cost_breakdown(row),
    )


_SUMS = {"transport": "transport", "stt": "transcriber", "llm": "model", "tts": "voice", "storage": "storage"}
_NOT_SHOWN = {"items", "total", "assistant_id", "turn_latencies_ms"}


def _of_analysis(row: CallRow) -> list[dict[str, object]]:
    return [] if row.analysis is None else [dict(item) for item in _list(row.analysis.get("costs"))]


def _list(value: object) -> list[Mapping[str, Any]]:
    return value if isinstance(value, list) else []


def _by_part(items: list[dict[str, object]]) -> dict[str, float]:
    """`summary`, `summaryPromptTokens` and so on."""
    parts: dict[str, float] = {}
    for item in items:
        kind = str(item["analysisType"])
        for name, field in (
            ("", "cost"),
            ("PromptTokens", "promptTokens"),
            ("CompletionTokens", "completionTokens"),
            ("CachedPromptTokens", "cachedPromptTokens"),
        ):
            value = item.get(field)
            if isinstance(value, int | float):
                parts[kind + name] = round(parts.get(kind + name, 0) + value, 6)
    return parts


def _name(item: Mapping[str, Any]) -> str:
    """Such as `model openai/gpt-x`."""
    who = next((item[word] for word in ("model", "transcriber", "voice", "provider") if word in item), "")
    if isinstance(who, Mapping):
        who = "/".join(str(part) for part in who.values())
    return f"{item['type']} {who}"
