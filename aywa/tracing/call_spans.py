"""Timelines as spans: one a call, in it one a turn, in that one a tool; what happens between is an event.

Attributes are figures and words out of closed lists, chosen here kind by kind: nothing that was said, no
number of a person, nothing whose values nobody has counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeAlias

from opentelemetry.context import Context
from opentelemetry.trace import Span, StatusCode, Tracer, set_span_in_context

from aywa.ports.store import TimelineEntry
from aywa.proto.traceparent import span_id_of, trace_id_of
from aywa.redaction import redact_text

MAX_CALLS = 20_000  # that are followed at a time
MAX_WORD = 64  # characters of an attribute
Attributes: TypeAlias = dict[str, str | int | float | bool]
_ids: ContextVar[tuple[int, int] | None] = ContextVar("call_ids", default=None)

# Which fields of an entry become attributes. What is not here is no event.
_EVENTS: Mapping[str, tuple[str, ...]] = {
    "call.answered": ("codec", "srtp"),
    "dial.answered": (),
    "dial.failed": ("outcome", "sip_status"),
    "media.first_packet": (),
    "media.timeout": ("silent_s",),
    "media.record_failed": (),
    "stt.final": ("confidence",),
    "stt.failed": ("retryable",),
    "turn.taken": ("why", "source", "wait_s"),
    "llm.first_token": (),
    "llm.done": ("round", "tool_calls", "prompt_tokens", "completion_tokens", "end_call"),
    "llm.failed": ("retryable",),
    "tts.first_audio": (),
    "tts.failed": (),
    "turn.latency": (
        "total_ms",
        "vad_ms",
        "stt_ms",
        "endpointing_ms",
        "llm_ms",
        "phrase_ms",
        "tts_ms",
        "playout_ms",
        "speculated",
    ),
    "speculation.adopted": ("ahead_ms",),
    "speculation.dropped": ("why", "ahead_ms"),
    "turn.yield": (),  # a barge-in: the assistant stops at once
    "turn.resume": (),  # it was none
    "turn.commit": (),  # it was one
    "turn.truncated": (),
    "turn.cancelled": ("why",),
    "turn.limit": ("limit",),
    "turn.reprompt": ("cause",),
    "transfer.requested": ("mode",),
    "transfer.ended": ("mode", "outcome"),
    "call.crashed": ("error",),
}
_FAILURES = frozenset({"llm.failed", "tts.failed", "stt.failed", "call.crashed"})


def call_ids() -> tuple[int, int] | None:
    """Trace and span id of the call whose span is just being made: an SDK's id generator asks for them."""
    return _ids.get()


@dataclass(slots=True)
class _Call:
    """A call that is up."""

    span: Span
    turn: Span | None = None
    tools: dict[str, Span] = field(default_factory=dict)


class CallSpans:
    """A listener of timelines: it neither blocks nor raises."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._calls: dict[str, _Call] = {}

    def observe(self, entry: TimelineEntry) -> None:
        """Take one entry."""
        if entry.kind == "call.created":
            self._begin(entry)
            return
        call = self._calls.get(entry.call_id)
        if call is None:
            return
        match entry.kind:
            case "call.ended":
                self._end(entry, call)
            case "turn.started":
                self._turn(entry, call)
            case "tool.started":
                name = {"aywa.tool.name": _word(entry.data.get("name"))}
                span = self._tracer.start_span("tool", _within(call.turn or call.span), attributes=name)
                call.tools[str(entry.data.get("id"))] = span
            case "tool.finished":
                span = call.tools.pop(str(entry.data.get("id")), call.span)
                if span is not call.span:
                    span.set_attributes(_attributes(entry.data, ("took_ms", "timed_out")))
                    span.end()
            case kind if kind in _EVENTS:
                span = call.turn or call.span
                span.add_event(kind, _attributes(entry.data, _EVENTS[kind]))
                if kind in _FAILURES:
                    span.set_status(StatusCode.ERROR)

    def _begin(self, entry: TimelineEntry) -> None:
        if len(self._calls) >= MAX_CALLS:
            return
        with _as_call(entry.call_id):
            span = self._tracer.start_span(
                "call",
                Context(),
                attributes={
                    "aywa.call.id": entry.call_id,
                    **_attributes(entry.data, ("type",)),
                },
            )
        self._calls[entry.call_id] = _Call(span)

    def _turn(self, entry: TimelineEntry, call: _Call) -> None:
        if call.turn is not None:
            call.turn.end()
        attributes = _attributes(entry.data, ("turn", "trigger"))
        call.turn = self._tracer.start_span("turn", _within(call.span), attributes=attributes)

    def _end(self, entry: TimelineEntry, call: _Call) -> None:
        for span in (*call.tools.values(), call.turn):
            if span is not None:
                span.end()
        call.span.set_attributes(_attributes(entry.data, ("code", "side", "sip_status", "duration_ms")))
        if "error" in str(entry.data.get("code", "")):
            call.span.set_status(StatusCode.ERROR)
        call.span.end()
        del self._calls[entry.call_id]


@contextmanager
def _as_call(call_id: str) -> Iterator[None]:
    try:
        ids = (trace_id_of(call_id), span_id_of(call_id))
    except ValueError:
        ids = None
    token = _ids.set(ids)
    try:
        yield
    finally:
        _ids.reset(token)


def _within(span: Span) -> Context:
    return set_span_in_context(span, Context())


def _attributes(data: Mapping[str, object], names: tuple[str, ...]) -> Attributes:
    found: Attributes = {}
    for name in names:
        value = data.get(name)
        if isinstance(value, bool | int | float):
            found[f"aywa.{name}"] = value
        elif isinstance(value, str):
            found[f"aywa.{name}"] = _word(value)
    return found


def _word(value: object) -> str:
    """A model may call a tool by any name."""
    return redact_text(str(value)[:MAX_WORD])
