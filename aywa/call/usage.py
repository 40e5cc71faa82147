"""What a call has used of its providers, as its timeline tells it."""

from __future__ import annotations

from collections.abc import Mapping

from aywa.model.costs import CallUsage, Tokens, price_call, total
from aywa.model.price_table import PriceTable
from aywa.ports.store import TimelineEntry

MAX_LATENCIES = 500  # of a call's answers, kept for summaries over many calls


class Usage:
    """Counts tokens and characters. A listener of the timeline: it neither blocks nor raises."""

    def __init__(
        self,
        providers: tuple[str, str, str] = ("", "", ""),
        *,
        outbound: bool = False,
        assistant_id: str = "",
    ) -> None:
        """`providers`: the names of what hears, thinks and speaks."""
        self._providers = providers
        self._outbound = outbound
        self._assistant_id = assistant_id
        self._trunk = ""
        self._tokens = Tokens()
        self._wasted = Tokens()
        self._characters = self._wasted_characters = 0
        self._adopted = self._dropped = 0
        self._latencies_ms: list[int] = []
        self.heard_s = 0.0  # of audio that the recogniser was given

    def observe(self, entry: TimelineEntry) -> None:
        """Take one entry."""
        data = entry.data
        match entry.kind:
            case "llm.done":
                self._tokens += Tokens(
                    _count(data.get("prompt_tokens")),
                    _count(data.get("completion_tokens")),
                    _count(data.get("cached_prompt_tokens")),
                )
            case "tts.phrase":
                self._characters += len(str(data.get("spoken", data.get("text", ""))))
            case "turn.summary":  # at the end: a call that goes on for hours holds no history
                self._latencies_ms = _totals(data.get("latencies_ms"))
            case "call.trunk" | "dial.answered":
                self._trunk = str(data.get("trunk", "") or "")
            case "speculation.adopted":
                self._adopted += 1
            case "speculation.dropped":
                self._dropped += 1
                self._wasted += Tokens(
                    _count(data.get("prompt_tokens")), _count(data.get("completion_tokens"))
                )
                self._wasted_characters += _count(data.get("characters"))

    def usage(self, *, talked_s: float = 0.0, stored_bytes: int = 0) -> CallUsage:
        """All there was up to now."""
        transcriber, model, voice = self._providers
        return CallUsage(
            transcriber=transcriber,
            model=model,
            voice=voice,
            trunk=self._trunk,
            outbound=self._outbound,
            tokens=self._tokens + self._wasted,
            wasted=self._wasted,
            characters=self._characters + self._wasted_characters,
            wasted_characters=self._wasted_characters,
            heard_s=self.heard_s,
            talked_s=talked_s,
            stored_bytes=stored_bytes,
        )

    def record(self, usage: CallUsage, table: PriceTable) -> dict[str, object]:
        """As the call's row keeps it: units, their cost by today's prices, and how quickly it answered."""
        items = price_call(usage, table)
        return {
            "llm_prompt_tokens": usage.tokens.prompt,
            "llm_completion_tokens": usage.tokens.completion,
            "llm_cached_prompt_tokens": usage.tokens.cached,
            "tts_characters": usage.characters,
            "stt_seconds": round(usage.heard_s, 3),
            "transport_seconds": round(usage.talked_s, 3),
            "storage_bytes": usage.stored_bytes,
            "speculation": {
                "adopted": self._adopted,
                "dropped": self._dropped,
                "prompt_tokens": usage.wasted.prompt,
                "completion_tokens": usage.wasted.completion,
                "characters": usage.wasted_characters,
            },
            "currency": table.currency,
            "items": items,
            "total": total(items),
            "assistant_id": self._assistant_id or None,
            "turn_latencies_ms": self._latencies_ms,
        }


def _totals(parts: object) -> list[int]:
    """Of whole answers, in milliseconds; the last ones."""
    found = parts[-MAX_LATENCIES:] if isinstance(parts, list | tuple) else ()
    return [_count(part.get("total")) for part in found if isinstance(part, Mapping)]


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
