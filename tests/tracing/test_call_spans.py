"""Calls as traces: what is in them, what is not, and that a collector never holds a call up."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import trio
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracer, format_span_id, format_trace_id

from aywa.errors import ConfigError
from aywa.ports.store import TimelineEntry
from aywa.proto.traceparent import traceparent
from aywa.runtime.tracing import make_provider, open_tracing, tracing_wanted
from aywa.tracing.call_spans import CallSpans
from tests.kit.call_world import NOT_AHEAD, CallWorld
from tests.kit.fake_providers import FakeModel, says
from tests.kit.otlp import otlp_receiver

CALL = "0b5c1f6e-7d5e-4d50-9a3e-1b2c3d4e5f60"
TALK: tuple[tuple[str, dict[str, object]], ...] = (
    ("call.created", {"type": "inboundPhoneCall", "from": "sip:+4930123456@x", "to": "sip:desk@x"}),
    ("call.answered", {"codec": "PCMU", "remote": "192.0.2.1:4000"}),
    ("turn.started", {"turn": 1, "trigger": "GREETING"}),
    ("tts.first_audio", {"turn": 1}),
    ("turn.yield", {"turn": 1, "epoch": 2}),
    ("turn.truncated", {"turn": 1, "heard": "canary words"}),
    ("stt.final", {"text": "canary words", "confidence": 0.9}),
    ("turn.started", {"turn": 2, "trigger": "USER"}),
    ("llm.first_token", {"turn": 2}),
    ("tool.started", {"id": "1", "name": "book_4111111111111111", "arguments": {"card": "canary"}}),
    ("tool.finished", {"id": "1", "name": "book", "result": "canary", "took_ms": 40, "timed_out": False}),
    ("turn.latency", {"total_ms": 640, "llm_ms": 200, "speculated": False}),
    ("llm.failed", {"detail": "canary", "retryable": True}),
    (
        "call.ended",
        {"code": "customer-ended-call", "side": "caller", "duration_ms": 9000, "detail": "canary"},
    ),
)


def entry(number: int, kind: str, data: dict[str, object], call: str = CALL) -> TimelineEntry:
    return TimelineEntry(call, number, number, kind, data)


def observe(spans: CallSpans, call: str = CALL) -> None:
    for number, (kind, data) in enumerate(TALK, 1):
        spans.observe(entry(number, kind, data, call))


@contextmanager
def spans_into(exporter: SpanExporter) -> Iterator[tuple[CallSpans, Any]]:
    provider = make_provider(exporter)
    try:
        yield CallSpans(provider.get_tracer("test")), provider
    finally:
        provider.shutdown()


def attributes(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


def test_a_call_has_a_span_each_turn_one_in_it_and_each_tool_one_in_that() -> None:
    exporter = InMemorySpanExporter()
    with spans_into(exporter) as (spans, provider):
        observe(spans)
        provider.force_flush()
    found = exporter.get_finished_spans()
    assert [span.name for span in found] == ["turn", "tool", "turn", "call"]
    first, tool, second, call = found
    assert {span.context.trace_id for span in found} == {call.context.trace_id}
    assert (first.parent.span_id, tool.parent.span_id) == (call.context.span_id, second.context.span_id)
    assert call.parent is None
    assert attributes(call) == {
        "aywa.call.id": CALL,
        "aywa.type": "inboundPhoneCall",
        "aywa.code": "customer-ended-call",
        "aywa.side": "caller",
        "aywa.duration_ms": 9000,
    }
    assert [event.name for event in first.events] == [
        "tts.first_audio", "turn.yield", "turn.truncated", "stt.final",
    ]  # fmt: skip
    assert [event.name for event in second.events] == ["llm.first_token", "turn.latency", "llm.failed"]
    assert dict(second.events[1].attributes or {}) == {
        "aywa.total_ms": 640, "aywa.llm_ms": 200, "aywa.speculated": False,
    }  # fmt: skip
    assert (second.status.is_ok, call.status.is_ok) == (False, True)
    told = "".join(span.to_json() for span in found)
    for word in ("canary", "4111", "4930", "desk"):
        assert word not in told


def test_a_message_to_a_server_belongs_to_the_calls_trace() -> None:
    exporter = InMemorySpanExporter()
    with spans_into(exporter) as (spans, provider):
        observe(spans)
        provider.force_flush()
    call = exporter.get_finished_spans()[-1]
    place = f"00-{format_trace_id(call.context.trace_id)}-{format_span_id(call.context.span_id)}-01"
    assert traceparent(CALL, sampled=True) == place
    assert traceparent(CALL, sampled=False).endswith("-00")
    assert format_trace_id(call.context.trace_id) == CALL.replace("-", "")
    assert traceparent("no uuid", sampled=True) == ""


def test_nothing_is_kept_of_calls_that_are_over_and_strays_are_passed_over() -> None:
    spans = CallSpans(NoOpTracer())
    for number in range(50):
        observe(spans, f"{number:032x}")
    spans.observe(entry(1, "turn.started", {"turn": 1}, "unknown"))
    spans.observe(entry(1, "tool.finished", {"id": "9"}))
    assert spans._calls == {}


class Stuck(SpanExporter):
    """A collector that takes everything and answers nothing until it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.seen = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.let_go.wait()
        self.seen += len(spans)
        return SpanExportResult.SUCCESS


def test_a_collector_that_hangs_holds_nothing_up_and_memory_is_bounded() -> None:
    stuck = Stuck()
    with spans_into(stuck) as (spans, _provider):
        for number in range(
            2_000
        ):  # 8,000 spans; were one of them to wait for the collector, this would not end
            observe(spans, f"{number:032x}")
        stuck.let_go.set()
    assert 0 < stuck.seen < 4 * 2_000


async def test_a_real_call(autojump_clock: trio.testing.MockClock) -> None:
    exporter = InMemorySpanExporter()
    with spans_into(exporter) as (spans, provider):
        world = CallWorld(model=FakeModel(says("Hello."), says("Two nights.")), settings=NOT_AHEAD)
        async with world.call() as person:
            await person.listens()
            await person.says("a canary room")
            await person.listens()
            person.session.remote_hangs_up()
        for each in world.seen:
            spans.observe(each)
        provider.force_flush()
    found = exporter.get_finished_spans()
    assert [span.name for span in found] == ["turn", "turn", "call"]
    events = [event.name for span in found for event in span.events]
    for name in ("stt.final", "llm.first_token", "tts.first_audio", "turn.latency"):
        assert name in events
    assert "canary" not in "".join(span.to_json() for span in found)


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_the_standard_variables_switch_it(environ: dict[str, str], wanted: bool) -> None:
    assert tracing_wanted(environ) is wanted


async def test_without_a_collector_named_nobody_observes() -> None:
    async with open_tracing({}) as observer:
        assert observer is None


async def test_without_the_extra_the_variable_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ConfigError, match="aywa\\[tracing\\]"):
        make_provider()


async def test_over_the_wire_to_a_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    with otlp_receiver() as (url, got):
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_SERVICE_NAME": "desk"}
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        async with open_tracing(environ) as observer:
            assert observer is not None
            for number, (kind, data) in enumerate(TALK, 1):
                observer(entry(number, kind, data))
        resources = [each for request in got for each in request.resource_spans]
        names = [span.name for each in resources for scope in each.scope_spans for span in scope.spans]
        assert sorted(names) == ["call", "tool", "turn", "turn"]
        told = {item.key: item.value.string_value for item in resources[0].resource.attributes}
        assert told["service.name"] == "desk"
        assert b"canary" not in b"".join(request.SerializeToString() for request in got)


def test_a_collector_that_is_not_there_is_not_waited_for() -> None:
    exporter = OTLPSpanExporter(endpoint="http://127.0.0.1:9/v1/traces", timeout=0.2)
    with spans_into(exporter) as (spans, _provider):
        observe(spans)
