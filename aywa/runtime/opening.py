"""Opens the parts of a worker in order, outermost first."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from random import Random

import trio

from aywa.artifacts.pcap import PcapFiles
from aywa.artifacts.wav import WavRecordings
from aywa.call.dependencies import CallDependencies
from aywa.call.dial_gate import Dialling
from aywa.call.sip_port import IncomingPort
from aywa.call.table import CallTable, open_call_table
from aywa.clock import monotonic_now, wall_now
from aywa.errors import ConfigError, Gap, MediaError, OverloadedError
from aywa.events.bus import EventBus
from aywa.ids import new_token
from aywa.log import get_logger
from aywa.media.clip import Clip, comfort_noise, load_clip
from aywa.media.engine import MediaEngine, open_media_engine
from aywa.ports.llm import ChatModel
from aywa.ports.store import TimelineEntry
from aywa.ports.stt import Transcriber
from aywa.ports.tts import Synthesizer
from aywa.proto.sip.core import SipLoad
from aywa.providers.embedded_stt import open_embedded_transcriber
from aywa.providers.embedded_tts import open_embedded_synthesizer
from aywa.providers.scripted import ScriptedModel
from aywa.providers.silero import SileroModel
from aywa.providers.voice_batch import VoiceBatcher, open_voice_judge
from aywa.runtime.database import open_database
from aywa.runtime.dialling import open_gate
from aywa.runtime.preflight import check_host
from aywa.runtime.quiet import open_quiet_watch
from aywa.runtime.runtime import Runtime
from aywa.scenarios.registry import ScriptedScenario, load_scenario
from aywa.settings import ProviderSettings, Settings
from aywa.transports.opening import Transports, open_transports
from aywa.transports.session import StreamCall
from aywa.ua.user_agent import UserAgent, open_user_agent

Observer = Callable[[TimelineEntry], None]  # must neither block nor raise
REFUSALS_TOLD_S = 10.0
_log = get_logger("runtime")


def _ignore(entry: TimelineEntry) -> None:
    """An observer for those who do not look."""


def _publisher(bus: EventBus, observer: Observer) -> Observer:
    def publish(entry: TimelineEntry) -> None:
        bus.publish_nowait(entry)
        observer(entry)

    return publish


def _files_in(directory: str) -> tuple[WavRecordings, PcapFiles]:
    return WavRecordings(directory), PcapFiles(directory)


@asynccontextmanager
async def open_runtime(
    settings: Settings, *, rng: Random, observer: Observer = _ignore
) -> AsyncIterator[Runtime]:
    """Open everything; leaving drains for at most `call.drain_s`. `observer` gets each timeline entry.

    Raises `ConfigError`, `StoreError`, `TransportError` or `ProviderError`, possibly inside a group.
    """
    scenario = load_scenario(settings.call.scenario)
    await trio.to_thread.run_sync(check_host, settings)
    hold_music = await trio.to_thread.run_sync(load_hold_music, settings.media.hold_music)
    worker_id = f"{socket.gethostname()}-{os.getpid()}-{new_token(rng, 8)}"
    recordings, captures = _files_in(settings.artifacts.directory)
    bus, door = EventBus(), _FrontDoor()
    async with (
        open_database(settings.store, worker_id) as database,
        open_gate(settings, database) as gate,
        _open_providers(settings.providers, scenario) as providers,
        _open_voice_judge(settings.media.voice_model) as voice_judge,
        open_media_engine(settings.media, rng=rng) as engine,
        _open_agent(settings, door.before(engine, providers.transcriber), rng) as agent,
        _open_streams(settings, door, agent, rng) as transports,
        _open_calls(
            CallDependencies(
                engine=engine,
                transcriber=providers.transcriber,
                model=providers.model,
                synthesizer=providers.synthesizer,
                scenario=scenario,
                store=database.calls,
                recordings=recordings,
                settings=settings.call,
                rng=rng,
                clock=wall_now,
                observer=_publisher(bus, observer),
                worker_id=worker_id,
                media=settings.media,
                voice_judge=voice_judge,
                captures=captures,
                hold_music=hold_music,
                dialling=Dialling(agent, gate),
            )
        ) as table,
    ):
        door.table = table
        yield Runtime(
            settings=settings,
            worker_id=worker_id,
            database=database,
            bus=bus,
            engine=engine,
            hold_music=hold_music,
            user_agent=agent,
            transports=transports,
            table=table,
            recordings=recordings,
            captures=captures,
            transcriber=providers.transcriber,
            voice_judge=voice_judge,
            provider_names=(providers.transcriber.name, providers.model.name, providers.synthesizer.name),
        )


@asynccontextmanager
async def _open_calls(dependencies: CallDependencies) -> AsyncIterator[CallTable]:
    """The table of calls, whose memory is given back when nobody calls."""
    async with open_call_table(dependencies) as table, open_quiet_watch(table.live):
        yield table


@dataclass(frozen=True, slots=True)
class _Providers:
    transcriber: Transcriber
    model: ChatModel
    synthesizer: Synthesizer


@asynccontextmanager
async def _open_providers(
    settings: ProviderSettings, scenario: ScriptedScenario
) -> AsyncIterator[_Providers]:
    """What the settings name; each name has one implementation so far."""
    script = scenario.script
    async with (
        open_embedded_transcriber(
            settings.stt_workers, vocabulary=script.vocabulary(), pronunciations=script.pronunciations
        ) as transcriber,
        open_embedded_synthesizer() as synthesizer,
    ):
        yield _Providers(transcriber, ScriptedModel(script), synthesizer)


def _open_agent(settings: Settings, door: _FrontDoor, rng: Random) -> AbstractAsyncContextManager[UserAgent]:
    return open_user_agent(
        settings.sip, rng=rng, on_call=door.take, load=door.load, capacity=settings.call.max_calls
    )


def _open_streams(
    settings: Settings, door: _FrontDoor, agent: UserAgent, rng: Random
) -> AbstractAsyncContextManager[Transports]:
    """Callers over streams come from the addresses that callers over SIP come from, and count with them."""
    caps = agent.gate.caps

    async def take(call: StreamCall) -> None:
        release = caps.hold(call.source[0], trio.current_time())
        try:
            await door.take(call)
        finally:
            release()

    return open_transports(
        settings.transports,
        trunks=agent.gate.trunks,
        media_host=settings.media.host,
        rng=rng,
        on_call=take,
        overloaded=lambda host: door.load().overloaded or caps.admit(host, trio.current_time()) is not None,
    )


@asynccontextmanager
async def _open_voice_judge(model: str) -> AsyncIterator[VoiceBatcher | None]:
    """The second tier, if the settings name one. Raises `ConfigError` when it cannot be had."""
    if not model:
        yield None
        return
    loaded = await trio.to_thread.run_sync(SileroModel, model)  # reads and compiles: a tenth of a second
    async with open_voice_judge(loaded) as judge:
        yield judge


def load_hold_music(path: str) -> Clip:
    """What callers hear while they wait: comfort noise without a path. Blocks; raises `ConfigError`."""
    if not path:
        return comfort_noise(Random(0))
    try:
        return load_clip(Path(path))
    except MediaError as error:
        raise ConfigError([Gap("RUNTIME_HOLD_MUSIC", error.detail, "/etc/aywa/hold.wav")]) from error


class _FrontDoor:
    """Between the user agent, which is opened first, and the table, which is opened last and closed first."""

    def __init__(self) -> None:
        self.table: CallTable | None = None
        self._engine: MediaEngine | None = None
        self._transcriber: Transcriber | None = None
        self._told: dict[str, float] = {}  # limits, and when each was logged last

    async def take(self, call: IncomingPort) -> None:
        """Have a call; one that comes while the table is not open has been refused by `load`."""
        if self.table is None:
            await call.reject(503)
            return
        await self.table.take_incoming(call)

    def before(self, engine: MediaEngine, transcriber: Transcriber) -> _FrontDoor:
        """The same, with what is asked whether it can bear another call."""
        self._engine, self._transcriber = engine, transcriber
        return self

    def load(self) -> SipLoad:
        """Whether a new INVITE or OPTIONS gets a 503 at once: what cannot be served costs nothing else."""
        assert self._engine is not None, "opened before whoever asks"
        assert self._transcriber is not None, "set with the engine"
        limit = "the worker is starting or stopping" if self.table is None else ""
        if self.table is not None and self.table.draining:
            limit = "the worker is draining"
        elif self.table is not None and self.table.full:
            limit = "RUNTIME_MAX_CALLS calls are live"
        limit = limit or self._transcriber.fault() or ""
        retry_after_s = SipLoad().retry_after_s
        if not limit:
            try:
                self._engine.admit()
            except OverloadedError as error:
                limit, retry_after_s = error.detail, error.retry_after_s
        if not limit:
            return SipLoad()
        self._tell(limit)
        return SipLoad(overloaded=True, retry_after_s=retry_after_s)

    def _tell(self, limit: str) -> None:
        """Into the log, each limit at most every `REFUSALS_TOLD_S`: there may be thousands of callers."""
        now = monotonic_now()
        if now - self._told.get(limit, -inf) >= REFUSALS_TOLD_S:
            self._told[limit] = now
            _log.warning("calls.refused", status=503, limit=limit)
