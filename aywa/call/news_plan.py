"""Whom one call tells of itself, and what every message says of the call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import TypeAlias

from aywa.call.news_events import Message
from aywa.model.base import iso_ms
from aywa.model.server import DEFAULT_MESSAGES, FINAL_TRANSCRIPT
from aywa.ports.store import CallRow, TranscriptLine

# The call as the API shows it; with its transcript when there are lines.
CallView: TypeAlias = Callable[[CallRow, Sequence[TranscriptLine] | None], Mapping[str, object]]

_TRANSCRIPTS = frozenset({"transcript", FINAL_TRANSCRIPT})


def brief_view(row: CallRow, lines: Sequence[TranscriptLine] | None = None) -> Mapping[str, object]:
    """For a runtime without an API."""
    return {"id": row.id, "type": row.type.value, "status": row.status.value}


@dataclass(frozen=True, slots=True)
class Listener:
    """A server that is told. `source` and `endpoint` as in `WebhookJob`; `messages`: their types."""

    source: str
    endpoint: str
    messages: frozenset[str] = frozenset(DEFAULT_MESSAGES)

    def wants(self, message: Message) -> bool:
        """Whether a message of this kind is sent."""
        if message["type"] != "transcript":
            return message["type"] in self.messages
        final = message.get("transcriptType") == "final"
        return "transcript" in self.messages or (final and FINAL_TRANSCRIPT in self.messages)


@dataclass(frozen=True, slots=True)
class NewsPlan:
    """Of one call. `assistant` and `phone_number`: as messages name them; None leaves them out."""

    listeners: tuple[Listener, ...]
    rng: Random
    clock: Callable[[], datetime]
    view: CallView = brief_view
    assistant: Mapping[str, object] | None = None
    phone_number: Mapping[str, object] | None = None

    def whole(self, message: Message, row: CallRow, **more: object) -> dict[str, object]:
        """The message with what each one says; what is None is left out."""
        at = self.clock()
        call = self.view(row, None)
        told: dict[str, object] = {
            "type": message["type"],
            **more,
            "timestamp": iso_ms(at),
            "timestampMs": int(at.timestamp() * 1000),
            "call": call,
            "customer": call.get("customer"),
            "phoneNumber": self.phone_number,
            "assistant": self.assistant,
            **message,
        }
        return {name: value for name, value in told.items() if value is not None}

    def data(self) -> dict[str, object] | None:
        """As it is kept with the call; None when nobody is told."""
        if not self.listeners:
            return None
        told = [
            {"source": each.source, "endpoint": each.endpoint, "messages": sorted(each.messages)}
            for each in self.listeners
        ]
        return {"listeners": told, "assistant": self.assistant, "phoneNumber": self.phone_number}

    def kept_with(self, row: CallRow) -> NewsPlan:
        """The plan that was kept with this call."""
        data: Mapping[str, object] = row.news or {}
        listeners = data.get("listeners")
        return replace(
            self,
            listeners=tuple(_listeners(listeners if isinstance(listeners, list | tuple) else ())),
            assistant=_object(data.get("assistant")),
            phone_number=_object(data.get("phoneNumber")),
        )


def wanted(server_messages: Sequence[str] | None, events: Iterable[str] | None) -> frozenset[str]:
    """What an assistant has sent, of what an endpoint lets through; None: neither says anything."""
    if events is None:
        return frozenset(DEFAULT_MESSAGES if server_messages is None else server_messages)
    through = frozenset(map(str, events))
    if server_messages is None:
        return through
    asked = frozenset(server_messages)
    both = through & asked
    if "transcript" not in both and through & _TRANSCRIPTS and asked & _TRANSCRIPTS:
        both |= {FINAL_TRANSCRIPT}  # a part of what the other side lets through
    return both


def _listeners(kept: Iterable[object]) -> Iterable[Listener]:
    for each in kept:
        if isinstance(each, Mapping):
            yield Listener(str(each["source"]), str(each["endpoint"]), frozenset(each["messages"]))


def _object(value: object) -> Mapping[str, object] | None:
    return value if isinstance(value, Mapping) else None
