"""Opens the parts of a worker in order, outermost first."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from random import Random
from typing import Any

import trio

from aywa.analysis.analyst import Analyst
from aywa.artifacts.pcap import PcapFiles
from aywa.artifacts.spool_gate import SpoolGate
from aywa.artifacts.wav import WavRecordings
from aywa.call.dependencies import CallDependencies
from aywa.call.dial_gate import Dialling
from aywa.call.news_plan import CallView, brief_view
from aywa.call.plan import recorded_as
from aywa.call.table import CallTable, open_call_table
from aywa.clock import wall_now
from aywa.events.stream import EventStream
from aywa.ids import new_token
from aywa.log import get_logger
from aywa.media.engine import open_media_engine
from aywa.model.assistant import Assistant
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.llm import ChatModel
from aywa.ports.store import TimelineEntry
from aywa.ports.turn_sound import TurnSoundModel
from aywa.proto.outbound_rules import outbound_rules
from aywa.providers.silero import SileroModel
from aywa.providers.voice_batch import VoiceBatcher, open_voice_judge
from aywa.runtime.analysing import open_analysing
from aywa.runtime.artifacts import gate_of
from aywa.runtime.call_plans import CallPlans, call_plans
from aywa.runtime.dialling import open_gate
from aywa.runtime.endpointing import advisor, load_turn_sound
from aywa.runtime.front_door import FrontDoor
from aywa.runtime.memory import Memory, open_memory
from aywa.runtime.named_files import NamedFiles, look_around
from aywa.runtime.opening_desk import Fittings, open_fittings
from aywa.runtime.providers import Providers
from aywa.runtime.quiet import open_quiet_watch
from aywa.runtime.runtime import Runtime
from aywa.runtime.sharing import Sharing, open_sharing
from aywa.runtime.sounds import hold_audio
from aywa.runtime.store_key import keep_house
from aywa.runtime.web_calls import WebCalls
from aywa.settings import ArtifactSettings, RecordCalls, Settings
from aywa.store.changes import follow_changes
from aywa.store.config_cache import ConfigCache
from aywa.store.sealing import Sealer
from aywa.store.tool_ledger import PostgresToolLedger
from aywa.transports.opening import Transports, open_transports
from aywa.transports.session import StreamCall
from aywa.ua.user_agent import UserAgent, open_user_agent

Observer = Callable[[TimelineEntry], None]  # must neither block nor raise
REFUSALS_TOLD_S = 10.0
_log = get_logger("runtime")


def _ignore(entry: TimelineEntry) -> None:
    """An observer for those who do not look."""


def _publisher(events: EventStream, observer: Observer, ended: Callable[[str], None]) -> Observer:
    def publish(entry: TimelineEntry) -> None:
        events.publish_nowait(entry)
        observer(entry)
        if entry.kind == "call.ended":
            ended(entry.call_id)

    return publish


def _worker_id(rng: Random) -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{new_token(rng, 8)}"


def _files_in(settings: ArtifactSettings) -> tuple[WavRecordings, PcapFiles, SpoolGate]:
    gate = gate_of(settings)
    return WavRecordings(settings.directory, refusal=gate.refusal), PcapFiles(settings.directory), gate


def _outside(
    memory: Memory,
    plans: CallPlans,
    assistant: Assistant | None,
    worker_id: str,
    events: EventStream,
    observer: Observer,
) -> dict[str, Any]:
    """What calls know of the database and of servers, and who knows of calls."""
    return {
        "observer": _publisher(events, observer, memory.artifacts.spool.ended),
        "store": memory.database.calls,
        "advisor": advisor(memory.outbox.requests, DEFAULT_ORGANIZATION, assistant),
        "news": memory.outbox.plan,
        "requests": memory.outbox.requests,
        "told": memory.outbox.worker.wake,
        "worker_id": worker_id,
        "ledger": PostgresToolLedger(memory.database.postgres),
        "mcp": memory.outbox.mcp,
        "successors": plans.succeed,
        "search": memory.knowledge.search,
    }


def _services(fitted: Fittings) -> dict[str, Any]:
    """Who recognises, thinks and speaks."""
    usual = fitted.usual
    return {
        "transcriber": usual.transcriber,
        "model": usual.model,
        "synthesizer": usual.synthesizer,
        "outfit": fitted.outfit,
    }


@asynccontextmanager
async def open_runtime(
    settings: Settings,
    *,
    rng: Random,
    observer: Observer = _ignore,
    providers: Providers | None = None,
    view: CallView = brief_view,
) -> AsyncIterator[Runtime]:
    """Open everything; leaving drains for at most `call.drain_s`. `observer` gets each timeline entry, `view`
    is a call as servers hear of it. Raises Config-, Store-, Transport- or `ProviderError`, or a group."""
    files = await trio.to_thread.run_sync(look_around, settings)
    known = _known(settings, files, await load_turn_sound(settings.call.endpointing_sound_model), rng)
    recordings, captures, spool_gate = _files_in(settings.artifacts)
    worker_id, door = _worker_id(rng), FrontDoor()
    async with (
        open_sharing(settings.sharing, files.sealer, worker_id) as sharing,
        open_memory(settings, files, view, spool_gate, worker_id=worker_id, rng=rng) as memory,
        _open_plans(memory, files.sealer, settings, sharing) as plans,
        open_gate(settings, memory.database) as gate,
        open_fittings(settings, memory.database.resources, files, providers) as fitted,
        _open_voice_judge(settings.media.voice_model) as voice_judge,
        open_media_engine(settings.media, rng=rng) as engine,
        _open_agent(settings, door.before(engine, fitted.usual.transcriber), rng) as agent,
        _open_streams(settings, door, agent, rng) as transports,
        _open_analyst(memory, fitted.usual.model, files, worker_id) as analyst,
        _open_calls(
            known(
                engine=engine,
                **_services(fitted),
                recordings=recorded_as(files.assistant, recordings),
                captures=captures,
                voice_judge=voice_judge,
                dialling=Dialling(agent, gate),
                **_outside(memory, plans, files.assistant, worker_id, sharing.events, observer),
            )
        ) as table,
    ):
        door.plans, door.table, plans.providers = plans, table, fitted.desk
        yield Runtime(
            settings=settings,
            worker_id=worker_id,
            memory=memory,
            sharing=sharing,
            engine=engine,
            hold_music=files.hold_music,
            phrases=fitted.own.phrases,
            user_agent=agent,
            transports=transports,
            table=table,
            recordings=recordings,
            captures=captures,
            transcriber=fitted.usual.transcriber,
            voice_judge=voice_judge,
            provider_names=fitted.usual.names,
            plans=plans,
            analyst=analyst,
            web=WebCalls(table, settings.media.host, rng, transports.counters),
        )


def _known(
    settings: Settings, files: NamedFiles, turn_sound: TurnSoundModel | None, rng: Random
) -> partial[CallDependencies]:
    """What the settings alone say of every call."""
    if settings.call.record is RecordCalls.ASKED:
        _log.info("recording", calls="where assistant or call say so", all_calls="RUNTIME_RECORD=true")
    return partial(
        CallDependencies,
        scenario=files.scenario,
        settings=settings.call,
        media=settings.media,
        rng=rng,
        clock=wall_now,
        turn_sound=turn_sound,
        hold_music=files.hold_music,
        hold_audio=hold_audio(settings.media, outbound_rules(settings.outbound.private)),
        ambience=files.ambience,
        assistant=files.assistant,
        prices=files.prices,
        ai_disclosure=settings.call.ai_disclosure,
    )


@asynccontextmanager
async def _open_calls(dependencies: CallDependencies) -> AsyncIterator[CallTable]:
    """The table of calls, whose memory is given back when nobody calls."""
    async with open_call_table(dependencies) as table, open_quiet_watch(table.live):
        yield table


def _open_analyst(
    memory: Memory, model: ChatModel, files: NamedFiles, worker_id: str
) -> AbstractAsyncContextManager[Analyst]:
    """Whoever makes of ended calls what their assistants want."""
    prompt = files.scenario.prompt
    return open_analysing(memory, model, files.prices, worker_id=worker_id, prompt=prompt)


@asynccontextmanager
async def _open_plans(
    memory: Memory, sealer: Sealer, settings: Settings, sharing: Sharing
) -> AsyncIterator[CallPlans]:
    """What the API keeps, put in order while calls are led by it."""
    database = memory.database
    config = ConfigCache(database.resources, sharing.redis, sealer)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(follow_changes, database.postgres, config, name="changes")
        nursery.start_soon(config.serve, name="config")
        nursery.start_soon(keep_house, database.resources, database.requests, sealer, name="store")
        yield call_plans(memory, config, sealer, settings)
        nursery.cancel_scope.cancel()


def _open_agent(settings: Settings, door: FrontDoor, rng: Random) -> AbstractAsyncContextManager[UserAgent]:
    return open_user_agent(
        settings.sip, rng=rng, on_call=door.take, load=door.load, capacity=settings.call.max_calls
    )


def _open_streams(
    settings: Settings, door: FrontDoor, agent: UserAgent, rng: Random
) -> AbstractAsyncContextManager[Transports]:
    """Callers over streams come from the addresses that callers over SIP come from, and count with them."""
    caps = agent.gate.caps

    async def take(call: StreamCall) -> None:
        place = caps.hold(call.source[0], trio.current_time(), proved=True)
        try:
            await door.take(call)
        finally:
            place.release()

    def overloaded(host: str) -> bool:
        return door.load().overloaded or caps.admit(host, trio.current_time(), proved=True) is not None

    return open_transports(
        settings.transports,
        trunks=agent.gate.trunks,
        media_host=settings.media.host,
        rng=rng,
        on_call=take,
        overloaded=overloaded,
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
