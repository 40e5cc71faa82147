"""What a call has used of its providers, as its timeline tells it."""

from __future__ import annotations

from collections.abc import Mapping

from aywa.model.costs import CallUsage, RouteUsage, Tokens, price_call, total
from aywa.model.price_table import PriceTable, Stage
from aywa.ports.store import TimelineEntry

_PLACES = {Stage.STT: 0, Stage.LLM: 1, Stage.TTS: 2}  # among a call's providers
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
        self._others: dict[tuple[Stage, str], RouteUsage] = {}
        self._replayed_s = 0.0  # audio that the call's own recogniser heard twice
        self._instead = RouteUsage(Stage.TTS, "")  # what the call's own providers were not given
        self.heard_s = 0.0  # of audio that the recogniser was given

    def observe(self, entry: TimelineEntry) -> None:
        """Take one entry."""
        data = entry.data
        match entry.kind:
            case "llm.done":
                tokens = _tokens(data)
                name = data.get("provider") or self._providers[1]
                if name == self._providers[1]:
                    self._tokens += tokens
                else:
                    self._used(RouteUsage(Stage.LLM, str(name), tokens))
            case "provider.used":
                self._used_elsewhere(data)
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

    def _used_elsewhere(self, data: Mapping[str, object]) -> None:
        """Of a route that stood in for another one, or that was given up."""
        seconds = data.get("seconds")
        used = RouteUsage(
            Stage(str(data.get("stage"))),
            str(data.get("provider", "")),
            _tokens(data),
            _count(data.get("characters")),
            seconds if isinstance(seconds, float) else 0.0,
        )
        self._used(used)
        if data.get("instead"):
            self._instead += used

    def _used(self, used: RouteUsage) -> None:
        if used.name == self._providers[_PLACES[used.stage]]:
            self._tokens += used.tokens
            self._replayed_s += used.seconds
            return
        known = self._others.get((used.stage, used.name), RouteUsage(used.stage, used.name))
        self._others[used.stage, used.name] = known + used

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
            characters=max(0, self._characters - self._instead.characters) + self._wasted_characters,
            wasted_characters=self._wasted_characters,
            heard_s=max(0.0, self.heard_s - self._instead.seconds) + self._replayed_s,
            talked_s=talked_s,
            stored_bytes=stored_bytes,
            others=tuple(self._others.values()),
        )

    def record(self, usage: CallUsage, table: PriceTable) -> dict[str, object]:
        """As the call's row keeps it: units, their cost by today's prices, and how quickly it answered."""
        items, others = price_call(usage, table), usage.others
        tokens = sum((other.tokens for other in others), usage.tokens)
        return {
            "llm_prompt_tokens": tokens.prompt,
            "llm_completion_tokens": tokens.completion,
            "llm_cached_prompt_tokens": tokens.cached,
            "tts_characters": usage.characters + sum(other.characters for other in others),
            "stt_seconds": round(usage.heard_s + sum(other.seconds for other in others), 3),
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


def _tokens(data: Mapping[str, object]) -> Tokens:
    return Tokens(
        _count(data.get("prompt_tokens")),
        _count(data.get("completion_tokens")),
        _count(data.get("cached_prompt_tokens")),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0
