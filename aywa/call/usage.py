"""What a call has used of its providers, as its timeline tells it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aywa.model.costs import CallUsage, RouteUse, Tokens, price_call, total
from aywa.model.price_table import PriceTable, Stage
from aywa.ports.store import TimelineEntry

MAX_LATENCIES = 500  # of a call's answers, kept for summaries over many calls


@dataclass(slots=True)
class _Used:
    """Of one provider, the sums without what was wasted."""

    tokens: Tokens = field(default_factory=Tokens)
    wasted: Tokens = field(default_factory=Tokens)
    characters: int = 0
    wasted_characters: int = 0

    def route(self, stage: Stage, name: str, seconds: float) -> RouteUse:
        return RouteUse(
            stage,
            name,
            self.tokens + self.wasted,
            self.wasted,
            self.characters + self.wasted_characters,
            self.wasted_characters,
            seconds,
        )


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
        self._used: dict[tuple[Stage, str], _Used] = {}
        self._adopted = self._dropped = 0
        self._latencies_ms: list[int] = []
        self.heard_s: Callable[[], Mapping[str, float]] = dict  # seconds of audio, by the recogniser's name
        self._heard_s: dict[str, float] = {}  # audio that other recognisers than the call's own were given
        self.changed: Callable[[], None] | None = None  # told when something was used

    def equip(self, transcriber: str, model: str, voice: str) -> None:
        """These hear, think and speak from now on."""
        self._providers = transcriber, model, voice

    def observe(self, entry: TimelineEntry) -> None:
        """Take one entry."""
        data = entry.data
        match entry.kind:
            case "llm.done":
                self._of(Stage.LLM, data.get("provider")).tokens += _tokens(data)
                self._tell()
            case "provider.used":
                self._used_elsewhere(data)
            case "tts.phrase":
                self._of(Stage.TTS).characters += len(str(data.get("spoken", data.get("text", ""))))
                self._tell()
            case "turn.summary":  # at the end: a call that goes on for hours holds no history
                self._latencies_ms = _totals(data.get("latencies_ms"))
            case "call.trunk" | "dial.answered":
                self._trunk = str(data.get("trunk", "") or "")
            case "speculation.adopted":
                self._adopted += 1
            case "speculation.dropped":
                self._dropped += 1
                self._of(Stage.LLM).wasted += Tokens(
                    _count(data.get("prompt_tokens")), _count(data.get("completion_tokens"))
                )
                self._of(Stage.TTS).wasted_characters += _count(data.get("characters"))
                self._tell()

    def usage(self, *, talked_s: float = 0.0, stored_bytes: int = 0) -> CallUsage:
        """All there was up to now."""
        transcriber, model, voice = self._providers
        routes = self._routes()
        return CallUsage(
            transcriber=transcriber,
            model=model,
            voice=voice,
            trunk=self._trunk,
            outbound=self._outbound,
            tokens=sum((route.tokens for route in routes), Tokens()),
            wasted=sum((route.wasted for route in routes), Tokens()),
            characters=sum(route.characters for route in routes),
            wasted_characters=sum(route.wasted_characters for route in routes),
            heard_s=sum(route.seconds for route in routes),
            talked_s=talked_s,
            stored_bytes=stored_bytes,
            routes=routes,
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

    def _of(self, stage: Stage, name: object = "") -> _Used:
        """What is counted for this provider, or for whoever has this stage now."""
        _, model, voice = self._providers
        who = name if isinstance(name, str) and name else model if stage is Stage.LLM else voice
        return self._used.setdefault((stage, who), _Used())

    def _used_elsewhere(self, data: Mapping[str, object]) -> None:
        """A route stood in for the first one of its stage (`instead`), or was asked beside it."""
        name, instead = str(data.get("provider", "")), data.get("instead") is True
        match data.get("stage"):
            case Stage.LLM.value:
                self._of(Stage.LLM, name).tokens += _tokens(data)
            case Stage.TTS.value:
                characters = _count(data.get("characters"))
                self._of(Stage.TTS, name).characters += characters
                self._of(Stage.TTS).characters -= characters if instead else 0
            case Stage.STT.value:
                seconds = data.get("seconds")
                seconds = seconds if isinstance(seconds, float) else 0.0
                self._heard_s[name] = self._heard_s.get(name, 0.0) + seconds
                if instead:
                    own = self._providers[0]
                    self._heard_s[own] = self._heard_s.get(own, 0.0) - seconds
        self._tell()

    def _routes(self) -> tuple[RouteUse, ...]:
        seconds_of = dict(self.heard_s())
        for name, seconds in self._heard_s.items():
            seconds_of[name] = seconds_of.get(name, 0.0) + seconds
        heard = [_Used().route(Stage.STT, name, max(0.0, seconds)) for name, seconds in seconds_of.items()]
        order = sorted(self._used, key=lambda key: key[0] is Stage.TTS)
        return (*heard, *(self._used[stage, name].route(stage, name, 0.0) for stage, name in order))

    def _tell(self) -> None:
        if self.changed is not None:
            self.changed()


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
