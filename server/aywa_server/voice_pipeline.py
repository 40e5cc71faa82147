"""How the parts of a call's conversation work, out of its timeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from aywa.model.call import Media, TurnLatency
from aywa.model.observing import (
    Generation,
    PipelineTurn,
    ProviderSwitch,
    Recognition,
    Synthesis,
    VoicePipeline,
)
from aywa.ports.store import CallRow, TimelineEntry
from aywa.redaction import redact

MAX_TURNS = 200  # the last ones
MAX_SWITCHES = 200
_SWITCH = ("stage", "from", "to", "reason")
_LOSS_WARNING, _JITTER_WARNING_MS, _MOS_WARNING, _TRIP_WARNING_MS = 1.0, 20.0, 3.6, 300.0
_AGREED = ("call.answered", "media.renegotiated")


def voice_pipeline(row: CallRow, entries: Sequence[TimelineEntry]) -> VoicePipeline:
    """As it stands."""
    counts = Counter(entry.kind for entry in entries)
    failed = Counter(str(entry.data.get("stage")) for entry in entries if entry.kind == "provider.failed")
    last = {entry.kind: entry.data for entry in entries}
    names = _providers(row)
    media = None if row.media is None else Media.model_validate(dict(row.media))
    turns = _turns(entries)
    took = sorted(turn.latency.turn_latency for turn in turns if turn.latency is not None)
    agreed = next((entry.data for entry in reversed(entries) if entry.kind in _AGREED), None)
    return VoicePipeline(
        call_id=row.id,
        status=row.status.value,
        state=_text(last.get("turn.state", {}).get("to")),
        negotiated=None if agreed is None else _plain(agreed),
        media=media,
        packets=_plain(last["media.stats"]) if "media.stats" in last else None,
        recognition=Recognition(
            provider=names.get("transcriber"),
            partials=counts["stt.partial"],
            finals=counts["stt.final"],
            failures=counts["stt.failed"] + failed["stt"],
        ),
        generation=Generation(
            provider=names.get("model"),
            requests=counts["llm.request"],
            failures=counts["llm.failed"] + failed["llm"],
            tool_calls=counts["tool.started"],
        ),
        synthesis=Synthesis(
            provider=names.get("voice"),
            phrases=counts["tts.phrase"],
            characters=sum(
                len(str(entry.data.get("spoken", entry.data.get("text", ""))))
                for entry in entries
                if entry.kind == "tts.phrase"
            ),
            failures=counts["tts.failed"] + failed["tts"],
        ),
        switches=_switches(entries)[-MAX_SWITCHES:],
        turns=turns[-MAX_TURNS:],
        latency_ms={name: _rank(took, share) for name, share in (("p50", 0.5), ("p95", 0.95)) if took},
        barge_ins=counts["turn.truncated"],
        audio_warnings=audio_warnings(media, counts),
    )


def _switches(entries: Sequence[TimelineEntry]) -> list[ProviderSwitch]:
    """From which provider to which, and why."""
    return [
        ProviderSwitch.model_validate(
            {"at_ms": entry.at_ms, **{name: str(entry.data.get(name, "")) for name in _SWITCH}}
        )
        for entry in entries
        if entry.kind == "provider.switched"
    ]


def audio_warnings(media: Media | None, counts: Mapping[str, int]) -> list[str]:
    """What somebody who listens would complain of."""
    found = [kind for kind in ("media.timeout", "media.record_failed") if counts.get(kind)]
    if media is None:
        return found
    for direction, heard in (("received", media.received), ("sent", media.sent)):
        if heard is None:
            continue
        if heard.loss_percent > _LOSS_WARNING:
            found.append(f"{direction}.loss")
        if heard.jitter_ms > _JITTER_WARNING_MS:
            found.append(f"{direction}.jitter")
        if heard.mos < _MOS_WARNING:
            found.append(f"{direction}.mos")
    if media.round_trip_ms is not None and media.round_trip_ms > _TRIP_WARNING_MS:
        found.append("round_trip")
    if media.recording_lost_ms:
        found.append("recording.lost")
    return found


def _turns(entries: Sequence[TimelineEntry]) -> list[PipelineTurn]:
    """Each answer with what belongs to it, by the number of its turn."""
    found: dict[int, dict[str, Any]] = {}
    current = 0
    for entry in entries:
        data = entry.data
        if entry.kind == "turn.started" and isinstance(data.get("turn"), int):
            current = int(str(data["turn"]))
            began = {"turn": current, "at_ms": entry.at_ms, "trigger": _text(data.get("trigger"))}
            found[current] = {**began, "interrupted": False, "tools": 0}
        turn = found.get(current)
        if turn is None:
            continue
        match entry.kind:
            case "turn.truncated":
                turn["interrupted"] = True
            case "tool.started":
                turn["tools"] += 1
            case "turn.latency":
                turn["latency"] = _latency(data)
    return [PipelineTurn(**turn) for turn in found.values()]


def _latency(data: Mapping[str, object]) -> TurnLatency | None:
    def ms(*parts: str) -> float:
        values = [data.get(f"{part}_ms") for part in parts]
        return float(sum(value for value in values if isinstance(value, int | float)))

    if not isinstance(data.get("total_ms"), int | float):
        return None
    return TurnLatency(
        model_latency=ms("llm", "phrase"),
        voice_latency=ms("tts"),
        transcriber_latency=ms("stt"),
        endpointing_latency=ms("vad", "endpointing"),
        turn_latency=ms("total"),
    )


def _providers(row: CallRow) -> dict[str, str]:
    items = None if row.costs is None else row.costs.get("items")
    found: dict[str, str] = {}
    for item in items if isinstance(items, list) else []:
        who = item.get(item.get("type"))
        if isinstance(who, Mapping):
            found[item["type"]] = "/".join(str(part) for part in who.values())
    return found


def _plain(data: Mapping[str, object]) -> dict[str, object]:
    return {name: redact(value, name) for name, value in data.items()}


def _rank(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
