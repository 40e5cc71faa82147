"""A running worker: what the API, the demonstration and the benchmarks hold in their hands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import trio

from aywa.analysis.analyst import Analyst
from aywa.artifacts.pcap import PcapFiles
from aywa.artifacts.wav import WavRecordings
from aywa.call.control import Command, EndCall, LineAction, Say, StartCapture, SteerLine, TransferCall
from aywa.call.live import LiveCall
from aywa.call.outbound import CallOrder
from aywa.call.overhearing import Overhearing
from aywa.call.table import CallTable
from aywa.call.web import WebOrder
from aywa.events.stream import EventStream
from aywa.media.clip import Clip
from aywa.media.engine import MediaEngine
from aywa.media.scheduling import Scheduling
from aywa.model.readiness import Check
from aywa.ports.capture import CaptureMode
from aywa.ports.store import CallRow
from aywa.ports.stt import Transcriber
from aywa.providers.phrase_cache import PhraseCache
from aywa.providers.voice_batch import VoiceBatcher
from aywa.runtime.artifacts import Artifacts
from aywa.runtime.call_plans import CallPlans
from aywa.runtime.database import Database
from aywa.runtime.knowledge import Knowledge
from aywa.runtime.memory import Memory
from aywa.runtime.outbox import Outbox
from aywa.runtime.readiness import Readiness
from aywa.runtime.sharing import Sharing
from aywa.runtime.web_calls import WebCalls
from aywa.settings import Settings, StrangerPolicy
from aywa.store.spooled_calls import SpooledCalls
from aywa.transfer.plan import TransferPlan
from aywa.transports.opening import Transports
from aywa.transports.web_link import MessageSocket, WebLink
from aywa.ua.caps import CapLimit
from aywa.ua.user_agent import UserAgent


@dataclass(frozen=True, slots=True)
class Runtime:
    """Made by `open_runtime`; everything in it lives until that block is left."""

    settings: Settings
    worker_id: str
    memory: Memory
    sharing: Sharing
    engine: MediaEngine
    hold_music: Clip
    phrases: PhraseCache | None
    user_agent: UserAgent
    transports: Transports
    table: CallTable
    recordings: WavRecordings
    captures: PcapFiles
    transcriber: Transcriber
    voice_judge: VoiceBatcher | None
    provider_names: tuple[str, str, str]  # STT, LLM, TTS
    plans: CallPlans
    analyst: Analyst
    web: WebCalls

    @property
    def database(self) -> Database:
        """Open and migrated."""
        return self.memory.database

    @property
    def outbox(self) -> Outbox:
        """What servers are told."""
        return self.memory.outbox

    @property
    def artifacts(self) -> Artifacts:
        """Recordings and what else becomes of calls."""
        return self.memory.artifacts

    @property
    def knowledge(self) -> Knowledge:
        """What files say."""
        return self.memory.knowledge

    @property
    def store(self) -> SpooledCalls:
        """The calls in the database."""
        return self.database.calls

    @property
    def events(self) -> EventStream:
        """What happens in calls, here and on other nodes."""
        return self.sharing.events

    @property
    def sip_address(self) -> tuple[str, int]:
        """Where SIP is received."""
        return self.user_agent.local

    def live_calls(self) -> list[LiveCall]:
        """The calls of this worker that are up."""
        return self.table.live()

    async def drain(self) -> None:
        """Take no more calls; readiness says so, live calls go on and can be steered.

        Returns when the last one is over, or after `drain_s`: who still lives then ends with the runtime.
        """
        self.user_agent.registrations.leave_nowait()
        with trio.CancelScope(deadline=self.table.drain()):
            while calls := self.table.live():
                await calls[0].over.wait()

    async def place(self, order: CallOrder) -> CallRow:
        """Begin a call out; its row, which is in the store unless that is slow.

        Raises OverloadedError, BadNumber, LimitReached and DialRefused, before anything of it exists.
        """
        live = self.table.place(order)
        await self.table.written()
        return live.row

    async def open_web(self, order: WebOrder) -> CallRow:
        """Make a call that waits for its websocket; its row, which is in the store unless that is slow.

        Raises OverloadedError before anything of it exists.
        """
        live = self.web.place(order)
        await self.table.written()
        return live.row

    def join_web(
        self,
        call_id: str,
        socket: MessageSocket,
        source: tuple[str, int],
        command: Callable[[dict[str, object]], Awaitable[None]],
    ) -> WebLink:
        """The other side of a call by websocket has connected. Raises `RequestError` (409)."""
        return self.web.join(call_id, socket, source, command)

    async def say(
        self, call_id: str, text: str, *, end_after: bool, interrupt: bool = False, protected: bool = False
    ) -> bool:
        """Speak in a live call; False when this worker does not carry it. Raises `RequestError`."""
        live = self.table.get(call_id)
        if live is None:
            return False
        await live.control(Say(text, interrupt, end_after, protected))
        return True

    async def transfer(self, call_id: str, plan: TransferPlan) -> bool:
        """Begin to hand a live call over; False when this worker does not carry it. Raises `RequestError`."""
        live = self.table.get(call_id)
        if live is None:
            return False
        await live.control(TransferCall(plan))
        return True

    async def steer(self, call_id: str, action: str) -> bool:
        """Mute or hold, `action` as in `LineAction`; False when this worker does not carry the call.

        Raises `RequestError`.
        """
        live = self.table.get(call_id)
        if live is None:
            return False
        await live.control(SteerLine(LineAction(action)))
        return True

    async def end(self, call_id: str) -> bool:
        """Hang up; False when this worker does not carry the call. Raises `RequestError`."""
        live = self.table.get(call_id)
        if live is None:
            return False
        await live.control(EndCall())
        return True

    async def capture(self, call_id: str, mode: str) -> bool:
        """Keep a live call's packets, `mode` as in `CaptureMode`; False when this worker does not carry it.

        Raises `RequestError`, or `MediaError` when memory is out.
        """
        live = self.table.get(call_id)
        if live is None:
            return False
        await live.control(StartCapture(CaptureMode(mode)))
        return True

    async def control(self, call_id: str, command: Command) -> bool:
        """Obey an operator; False when this worker does not carry the call. Raises `RequestError`."""
        live = self.table.get(call_id)
        if live is None:
            return False
        await live.control(command)
        return True

    def row(self, call_id: str) -> CallRow | None:
        """A live call of this worker's as it stands, whosever it is."""
        live = self.table.get(call_id)
        return None if live is None else live.row

    def overhear(self, call_id: str) -> Overhearing | None:
        """Who listens to a live call of this worker's."""
        live = self.table.get(call_id)
        return None if live is None else live.overhearing

    def rename(self, call_id: str, name: str) -> None:
        """A live call of this worker's has another name."""
        live = self.table.get(call_id)
        if live is not None:
            live.rename(name)

    async def pcap(self, call_id: str) -> bytes | None:
        """The packets of a live call up to now, as a file; None when this worker keeps none of it."""
        live = self.table.get(call_id)
        if live is None or not live.capture.runs:
            return None
        capture = live.capture
        return await trio.to_thread.run_sync(lambda: self.captures.encode(capture.packets()))

    async def check(self) -> list[Check]:
        """The state of every dependency, asked side by side; never raises."""
        return await Readiness(self).check()

    def gauges(self) -> dict[str, float]:
        """Loads by metric name, without the prefix."""
        load = self.engine.load()
        journal = self.table.journal
        gauges = {
            "calls_live": len(self.table.live()),
            "tasks": trio.lowlevel.current_statistics().tasks_living,
            "engine_legs": load.legs,
            "engine_busy_ratio": load.busy_ratio,
            "engine_event_lag_seconds": load.event_lag_s,
            "engine_skipped_ticks": load.skipped,
            "engine_event_overruns": load.event_overruns,
            "engine_uplink_overrun_ms": load.uplink_overrun_ms,
            "engine_realtime": load.scheduling is Scheduling.FIFO,
            "engine_free_ports": load.free_ports,
            "engine_resting_ports": load.resting_ports,
            "journal_waiting": journal.waiting,
            "journal_dropped": journal.dropped + self.database.calls.dropped,
            "journal_on_disk_bytes": self.database.calls.waiting_bytes,
            "database_up": self.database.postgres.answers,
            "database_outages": self.database.postgres.outages,
            "streams_open": self.transports.counters.open,
            "stream_dropped_seconds": self.transports.counters.dropped_ms / 1000,
        }
        gauges |= self.outbox.worker.figures.gauges() | self.artifacts.gauges()
        if self.database.keeper is not None:
            gauges |= self.database.keeper.figures.gauges()
        gauges |= self.events.gauges() | self.plans.gauges() | self.knowledge.gauges()
        if self.phrases is not None:
            kept = self.phrases.figures
            gauges |= {
                "phrases_kept": kept.phrases,
                "phrases_kept_bytes": kept.bytes,
                "phrases_from_memory": kept.hits,
                "phrases_made": kept.misses,
                "phrases_evicted": kept.evicted,
            }
        if self.voice_judge is not None:
            judged = self.voice_judge.figures()
            gauges |= {
                "voice_windows": judged.windows,
                "voice_batches": judged.batches,
                "voice_failures": judged.failures,
                "voice_dropped": judged.dropped,
            }
        return gauges

    def registered(self) -> dict[str, bool]:
        """By trunk, for those that register: whether the registrar holds our contact."""
        return {status.trunk: status.registered for status in self.user_agent.registrations.statuses}

    def sip_refusals(self) -> dict[str, float]:
        """New calls and other requests that were turned away so far, by reason."""
        gate, (endpoint, transactions) = self.user_agent.gate.counters, self.user_agent.counters
        caps = self.user_agent.gate.caps
        return {
            "unknown-peer": endpoint.unknown_peers,
            "scanner": endpoint.scanners,
            "malformed": endpoint.broken,
            "credentials": gate.refused,
            "stale-nonce": gate.stale,
            "banned": gate.banned,
            "overload": transactions.refused_for_load,
            "trunk-calls": caps.refused[CapLimit.CALLS],
            "trunk-rate": caps.refused[CapLimit.RATE],
        }

    def sip_drops(self) -> dict[str, float]:
        """Messages and connections that were not answered so far, by reason."""
        endpoint = self.user_agent.endpoint.counters
        silent = self.settings.sip.strangers is StrangerPolicy.SILENT
        return {
            "stranger": endpoint.unknown_peers if silent else 0,
            "scanner": endpoint.scanners,
            "rate": endpoint.limited,
            "banned": endpoint.banned,
            "connection": self.user_agent.streams.counters.refused,
        }

    def dial_refusals(self) -> dict[str, float]:
        """Calls out that were refused before any INVITE left, by reason."""
        dialling = self.table.dialling
        return {} if dialling is None else dict(dialling.gate.refused)

    def stream_connections(self) -> dict[str, float]:
        """What connections of AudioSocket and of Asterisk's websocket channel have come to, by outcome."""
        counters = self.transports.counters
        return {
            "accepted": counters.accepted,
            "stranger": counters.strangers,
            "credentials": counters.credentials,
            "crowded": counters.crowded,
            "overload": counters.refused,
            "malformed": counters.malformed,
        }

    def sip_authentication(self) -> dict[str, float]:
        """What new calls on trunks with users have come to so far, by outcome."""
        gate = self.user_agent.gate.counters
        return {
            "challenged": gate.challenged,
            "granted": gate.granted,
            "stale": gate.stale,
            "refused": gate.refused,
        }

    def tick_lateness(self) -> tuple[tuple[float, int], ...]:
        """The engine's ticks by how late they began: upper limit in seconds, count; the last is infinite."""
        return tuple((limit_us * 1e-6, count) for limit_us, count in self.engine.load().lateness)
