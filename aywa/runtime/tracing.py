"""Exports traces where the standard variables of OpenTelemetry ask for it.

The SDK and its exporter are an extra (`aywa[tracing]`) and read `OTEL_*` themselves. Spans are exported by a
thread of theirs out of a bounded queue: a collector that is not there costs the spans, and no call anything.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import trio

from aywa import __version__
from aywa.errors import ConfigError, Gap
from aywa.log import get_logger
from aywa.ports.store import TimelineEntry
from aywa.tracing.call_spans import CallSpans, call_ids

GOODBYE_S = 3.0  # for what is left to export
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_log = get_logger("runtime.tracing")


def tracing_wanted(environ: Mapping[str, str]) -> bool:
    """Whether the variables name a collector, and nothing switches traces off."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    return exporter == "otlp" or (not exporter and any(environ.get(name) for name in _ENDPOINTS))


@asynccontextmanager
async def open_tracing(
    environ: Mapping[str, str] = os.environ,
) -> AsyncIterator[Callable[[TimelineEntry], None] | None]:
    """An observer of timelines; None where nobody wants traces. Raises `ConfigError` without the extra."""
    if not tracing_wanted(environ):
        yield None
        return
    provider = await trio.to_thread.run_sync(make_provider)
    try:
        yield CallSpans(provider.get_tracer("aywa", __version__)).observe
    finally:
        with trio.move_on_after(GOODBYE_S, shield=True) as bound:
            await trio.to_thread.run_sync(provider.shutdown, abandon_on_cancel=True)
        if bound.cancelled_caught:
            _log.warning("tracing.not_all_exported")


def make_provider(exporter: Any = None) -> Any:
    """The SDK's, which exports in a thread. `exporter`: another one than the variables name."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
    except ImportError as error:
        rule = "needs the extra: install aywa[tracing], or take the variable away"
        raise ConfigError([Gap(_ENDPOINTS[0], rule, "pip install 'aywa[tracing]'")]) from error

    class CallIds(RandomIdGenerator):
        """A call's trace and span are found by its id."""

        def generate_trace_id(self) -> int:
            ids = call_ids()
            return super().generate_trace_id() if ids is None else ids[0]

        def generate_span_id(self) -> int:
            ids = call_ids()
            return super().generate_span_id() if ids is None else ids[1]

    named = {SERVICE_VERSION: __version__}
    if not os.environ.get("OTEL_SERVICE_NAME"):
        named[SERVICE_NAME] = "aywa-media"
    provider = TracerProvider(resource=Resource.create(named), id_generator=CallIds(), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter() if exporter is None else exporter))
    return provider
