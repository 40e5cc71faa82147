"""`aywa-media`: the runtime and its API in one process."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random, SystemRandom

import trio
from hypercorn.trio import serve

from aywa import __version__
from aywa._native.heap import settle_heap
from aywa.clock import monotonic_now, wall_now
from aywa.errors import AywaError, ConfigError, Gap
from aywa.events.subscription import CloseReason
from aywa.log import configure_logging, get_logger, install_crash_log
from aywa.ports.store import TimelineEntry
from aywa.runtime import Runtime, open_runtime
from aywa.runtime.faults import read_settings
from aywa.runtime.knowledge import files_of
from aywa.runtime.store_key import load_sealer
from aywa.runtime.tracing import open_tracing
from aywa.settings import Mode, RecordCalls, Settings, requirements
from aywa.store.analyses import PostgresAnalyses
from aywa.store.analytics import PostgresAnalytics
from aywa.store.tenancy import Tenancy
from aywa_server.api_key import development_key
from aywa_server.app import create_app
from aywa_server.artifact_desk import ArtifactDesk
from aywa_server.call_tokens import CallTokens
from aywa_server.call_view import call_view
from aywa_server.caller import actor_of_request
from aywa_server.extraction import Extraction
from aywa_server.http_server import bind_http, http_config
from aywa_server.metrics import Metrics
from aywa_server.once import Once
from aywa_server.parts import Parts
from aywa_server.resources.service import Resources

_log = get_logger("serve")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; a second signal cuts the draining short.

    0 after a clean stop; 2 with one sentence on stderr when it cannot start, 1 when it fails later.
    """
    parser = argparse.ArgumentParser(
        prog="aywa-media",
        description="Answers phone calls over SIP and serves the control API. Settings come from RUNTIME_* "
        "environment variables.",
    )
    parser.add_argument("--version", action="version", version=f"aywa-media {__version__}")
    parser.add_argument("--check", action="store_true", help="check the settings and exit")
    args = parser.parse_args(arguments)
    settle_heap()
    server: Server | None = None
    try:
        settings = read_settings(os.environ)
        configure_logging(level=settings.log.level, human=settings.log.human)
        install_crash_log()
        if args.check:
            sys.stdout.write("the settings can work\n")
            return 0
        server = Server(settings, _made_api_key(settings))
        trio.run(server.run)
    except (AywaError, BaseExceptionGroup) as error:
        known = [leaf for leaf in _leaves(error) if isinstance(leaf, AywaError)]
        if len(known) != len(list(_leaves(error))):
            raise
        sys.stderr.write(f"aywa-media: {'; '.join(dict.fromkeys(leaf.detail for leaf in known))}\n")
        return 1 if server is not None and server.ready else 2
    return 0


class Server:
    """One run of the process. `made_key` is the API key that was made for it, if one was."""

    def __init__(self, settings: Settings, made_key: str) -> None:
        keys = (made_key,) if made_key else settings.http.api_keys
        self._given = settings  # without the key that was made
        self._settings = replace(settings, http=replace(settings.http, api_keys=keys))
        self._made_key = made_key
        self.ready = False
        self._stopping = trio.Event()

    async def run(self) -> None:
        """Serve until told to stop. Raises whatever kept it from starting."""
        async with trio.open_nursery() as root:
            root.start_soon(self._watch_signals, root.cancel_scope)
            await self._serve()
            root.cancel_scope.cancel()

    async def _serve(self) -> None:
        settings = self._settings
        sock = bind_http(settings.http)
        port = sock.getsockname()[1]
        try:
            metrics, rng = Metrics(), SystemRandom()
            sealer = await trio.to_thread.run_sync(load_sealer, settings.store)
            tokens = CallTokens(sealer.secret(b"call-urls"))
            view = call_view(settings.http.public_url, tokens)
            async with (
                open_tracing() as spans,
                open_runtime(
                    settings, rng=rng, observer=_all_of(metrics.observe, spans), view=view
                ) as runtime,
            ):
                _show(metrics, runtime)
                parts = Parts(
                    store=runtime.store,
                    calls=runtime,
                    readiness=runtime,
                    metrics=metrics,
                    http=settings.http,
                    rng=rng,
                    now=monotonic_now,
                    dial=settings.dial,
                    resources=_resources(runtime, rng),
                    once=Once(runtime.database.requests, runtime.plans.sealer, wall_now),
                    blobs=files_of(settings.store.data_dir),
                    knowledge=runtime.knowledge,
                    plans=runtime.plans,
                    webhooks=runtime.outbox.queue,
                    events=runtime.events,
                    requirements=requirements(self._given),
                    production=settings.production,
                    outbox_wake=runtime.outbox.worker.wake,
                    analytics=PostgresAnalytics(runtime.database.postgres),
                    extraction=Extraction(runtime.analyst, PostgresAnalyses(runtime.database.postgres)),
                    eraser=runtime.database.keeper,
                    tokens=tokens,
                    artifacts=_desk(runtime),
                    tenancy=Tenancy(runtime.database.postgres),
                )
                config = http_config(settings.http, sock)
                drained = trio.Event()
                async with trio.open_nursery() as api:
                    await api.start(partial(serve, create_app(parts), config, shutdown_trigger=drained.wait))
                    self.ready = True
                    _announce(settings, runtime, port, self._made_key)
                    await self._stopping.wait()
                    _log.info("draining", live_calls=len(runtime.live_calls()), drain_s=settings.call.drain_s)
                    await runtime.drain()  # meanwhile /readyz says so and the calls can be steered
                    runtime.events.close(CloseReason.STOPPING)
                    drained.set()
                _log.info("api closed", live_calls=len(runtime.live_calls()))
        finally:
            sock.close()  # nothing happens once Hypercorn has taken it over

    async def _watch_signals(self, root: trio.CancelScope) -> None:
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for number in signals:
                _log.info("signal", signal=signal.Signals(number).name)
                if self._stopping.is_set() or not self.ready:
                    root.cancel()
                self._stopping.set()


def _show(metrics: Metrics, runtime: Runtime) -> None:
    metrics.use_gauges(runtime.gauges)
    metrics.use_tick_lateness(runtime.tick_lateness)
    metrics.use_registrations(runtime.registered)
    metrics.use_sip(runtime.sip_refusals, runtime.sip_authentication, runtime.sip_drops)
    metrics.use_dialling(runtime.dial_refusals)
    metrics.use_streams(runtime.stream_connections)
    metrics.use_outbox(runtime.outbox.worker.figures)


def _resources(runtime: Runtime, rng: Random) -> Resources:
    store, plans = runtime.database.resources, runtime.plans
    return Resources(store, plans.sealer, rng, wall_now, plans.forget, actor_of_request)


def _desk(runtime: Runtime) -> ArtifactDesk:
    known = runtime.artifacts
    return ArtifactDesk(runtime.settings.artifacts, known.store, known.book, known.spool.hurry)


def _all_of(*observers: Callable[[TimelineEntry], None] | None) -> Callable[[TimelineEntry], None]:
    """One observer for all that there are."""
    known = [observer for observer in observers if observer is not None]

    def observe(entry: TimelineEntry) -> None:
        for observer in known:
            observer(entry)

    return observe


def _made_api_key(settings: Settings) -> str:
    """In development a key is made when none is set; production has refused to come this far without."""
    if settings.http.api_keys or settings.mode is Mode.PRODUCTION:
        return ""
    try:
        return development_key(Path(settings.store.data_dir))
    except OSError as error:
        rule = f"{settings.store.data_dir} cannot be written ({error.strerror})"
        raise ConfigError([Gap("RUNTIME_DATA_DIR", rule, "/var/lib/aywa")]) from error


def _announce(settings: Settings, runtime: Runtime, port: int, made_key: str) -> None:
    """Say how to reach it. Only a key that was made here is shown: a configured one is known already."""
    host = f"[{settings.http.host}]" if ":" in settings.http.host else settings.http.host
    url = settings.http.public_url or f"http://{host}:{port}"
    sip_host, sip_port = runtime.sip_address
    lines = [
        f"aywa-media {__version__} is ready",
        f"  SIP         sip:{sip_host}:{sip_port} (UDP), from {', '.join(settings.sip.trunks)}",
        f"  scenario    {settings.call.scenario}",
        f"  API         {url}",
    ]
    if settings.call.record is not RecordCalls.NONE:
        which = "" if settings.call.record is RecordCalls.EACH else ", where assistant or call say so"
        lines.append(f"  recordings  {Path(settings.artifacts.directory).absolute()}{which}")
    if made_key:
        lines += [f"  API key     {made_key}", f"  try         curl -H 'X-API-Key: {made_key}' {url}/call"]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for child in error.exceptions:
            yield from _leaves(child)
    else:
        yield error


if __name__ == "__main__":
    sys.exit(main())
