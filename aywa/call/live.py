"""A call while it lives: its state, its record in the making, and the operator's handle on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass, replace
from uuid import UUID

import trio

from aywa.call.analysis_order import order_of
from aywa.call.call_tools import call_tools, call_variables
from aywa.call.capture import CallCapture
from aywa.call.control import Command
from aywa.call.conversation import Conversation
from aywa.call.dependencies import CallDependencies
from aywa.call.discretion import Discretion
from aywa.call.ending import Ending, reason_for
from aywa.call.equipment import CallScope
from aywa.call.intervention import Interventions
from aywa.call.journal import CallJournal, Journal
from aywa.call.live_view import LiveView
from aywa.call.media_port import LegPort
from aywa.call.media_record import media_record
from aywa.call.news import NewsJournal
from aywa.call.news_plan import NewsPlan
from aywa.call.operator import obey
from aywa.call.overhearing import Overhearing
from aywa.call.pauses import Pauses
from aywa.call.plan import monitor_of
from aywa.call.server_line import ServerLine
from aywa.call.speaking_plan import seeded
from aywa.call.state import CallMachine, CallState
from aywa.call.steering import Steering
from aywa.call.timeline import Timeline
from aywa.call.transcript import Transcript
from aywa.call.transfers import Transfers
from aywa.call.usage import Usage
from aywa.errors import EndCode
from aywa.ids import new_call_id
from aywa.model.assistant import Assistant
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.store import CallRow, CallStatus, CallType, TranscriptLine
from aywa.ports.tools import ToolBox
from aywa.turn.manager import TurnManager

BYTES_PER_FRAME = 4  # of a recording: two sides, 16 bits
MAX_LOG_LINES = 200  # of one call
_NOT_NOTED = frozenset({"level", "component", "event", "timestamp", "call_id"})
KEPT_S = 2.0  # longer nobody is kept waiting for an answer: a burst of calls delays the journal too


class LiveCall:
    """One call, in either direction."""

    def __init__(
        self,
        dependencies: CallDependencies,
        journal: Journal,
        type_: CallType,
        parties: tuple[str, str, str],
        owner: str = "",
        org_id: UUID = DEFAULT_ORGANIZATION,
        *,
        title: str = "",
        transport: Mapping[str, object] | None = None,
    ) -> None:
        """`parties`: from, to, SIP Call-ID. `owner`: as in `LiveView`. `title`: its name, as in `CallRow`."""
        self._verdict = verdict = dependencies.verdict
        self.id = new_call_id(dependencies.rng) if verdict is None else verdict.call_id
        self.owner = owner
        self.inbound = type_ is CallType.INBOUND
        self.variables = call_variables(dependencies, self.id, parties, inbound=self.inbound)
        dependencies = self.dependencies = self.variables.assistant(dependencies)
        self.machine = CallMachine()
        self.ending = Ending(None if verdict is None else verdict.renamed)
        news = dependencies.news
        self._keeps = journal
        self._journal = _telling(journal, news)
        box = dependencies.scenario.open_tools()
        self._log_lines = 0
        self._prices = dependencies.prices
        self._stored_bytes_per_s = 0
        self.usage = Usage(outbound=type_ is CallType.OUTBOUND, assistant_id=dependencies.assistant_id)
        self.timeline = Timeline(
            self.id, self._journal.put_entry, dependencies.observer, self.usage.observe, org_id=org_id
        )
        self.overhearing = Overhearing(self.timeline)
        self.transcript = Transcript(self.id, _spread(self._journal, self.overhearing), org_id)
        self.conversation = Conversation(
            TurnManager(seeded(dependencies.turn_settings(), dependencies.rng)), self.transcript, self.ending
        )
        self.pauses = Pauses(self.conversation)
        self.steering = Steering(self.pauses, self.timeline)
        self.interventions = Interventions(self.timeline)
        self.capture = CallCapture(self.id, self.timeline, dependencies.rounds.disk, dependencies.captures)
        self.discretion = Discretion(
            dependencies, self.timeline, self.transcript, self.capture, self._complies
        )
        self.discretion.card.watchers.append(self.overhearing.hush)
        self.transfers = Transfers(self._view(box, dependencies), dependencies, self._transferred)
        box = self.discretion.tools(box)
        self.servers = ServerLine(
            dependencies.requests, news, dependencies.servers, lambda: self.row, self.timeline
        )
        self.tools = call_tools(
            box, dependencies, self.variables, self.servers, self.transfers, self.interventions
        )
        self.scope: CallScope | None = None
        self.equip(dependencies)
        self.over = trio.Event()
        self._clock = dependencies.clock
        row = self._first_row(type_, parties, dependencies, org_id)
        self.row = replace(row, name=title, transport=transport)
        self._created(dependencies)

    def equip(self, dependencies: CallDependencies) -> None:
        """These providers are the call's from now on."""
        made = (dependencies.transcriber, dependencies.model, dependencies.synthesizer)
        self.usage.equip(*(each.name for each in made))
        if self.scope is not None and self.scope is not dependencies.scope:
            self.scope.release()
        self.scope = dependencies.scope
        if self.scope is not None:
            self.scope.bind(self.timeline.add, self.servers)

    def led_by(self, dependencies: CallDependencies) -> None:
        """Another assistant leads: what it asks for is made of the call when it is over."""
        self.row = replace(self.row, order=order_of(dependencies.assistant, dependencies.news))
        self._save()

    def _view(self, box: ToolBox, dependencies: CallDependencies) -> LiveView:
        return LiveView(
            self.id,
            self.timeline,
            self.capture,
            self.transcript,
            box,
            self.owner,
            self.inbound,
            self.discretion.recording,
            dependencies.clock,
        )

    def _note_retention(self, assistant: Assistant | None) -> None:
        if assistant is not None and assistant.retention_plan is not None:
            days = assistant.retention_plan.model_dump(by_alias=True, exclude_none=True)
            self.timeline.add("call.retention", **days)

    def _first_row(
        self, type_: CallType, parties: tuple[str, str, str], dependencies: CallDependencies, org_id: UUID
    ) -> CallRow:
        created_at = self._clock()
        return CallRow(
            id=self.id,
            type=type_,
            status=self.machine.status,
            scenario=dependencies.scenario.name,
            from_uri=parties[0],
            to_uri=parties[1],
            sip_call_id=parties[2],
            created_at=created_at,
            updated_at=created_at,
            worker_id=dependencies.worker_id,
            org_id=org_id,
            order=order_of(dependencies.assistant, dependencies.news),
            assistant_id=UUID(dependencies.assistant_id) if dependencies.assistant_id else None,
            phone_number_id=UUID(dependencies.phone_number_id) if dependencies.phone_number_id else None,
            monitor=monitor_of(dependencies.assistant),
            news=None if dependencies.news is None else dependencies.news.data(),
        )

    def _created(self, dependencies: CallDependencies) -> None:
        row, assistant_id = self.row, dependencies.assistant_id
        led = {"assistant_id": assistant_id} if assistant_id else {}
        self._journal.put_row(row)
        self.timeline.add(
            "call.created",
            type=row.type.value,
            scenario=row.scenario,
            sip_call_id=row.sip_call_id,
            **{"from": row.from_uri, "to": row.to_uri, **led},
        )
        self._note_retention(dependencies.assistant)

    @property
    def state(self) -> CallState:
        """Where the call is."""
        return self.machine.state

    def admitted(self) -> None:
        """There is room for the call."""
        self.machine.admitted()
        self._save()
        self._keeps.begin(self.id)

    async def kept(self) -> None:
        """Wait until the call is known to whoever ends it should this process be killed, for a while."""
        await self._keeps.begun(self.id, KEPT_S)

    def dialled(self, sip_call_id: str) -> None:
        """Somebody answered a call of ours, which has its Call-ID from now on."""
        self.row = replace(self.row, sip_call_id=sip_call_id)

    def answered(self, **media: object) -> None:
        """Both sides can hear; `media` is what was agreed on."""
        self.machine.answered()
        self.row = replace(self.row, started_at=self._clock())
        self._save()
        self.timeline.add("call.answered", **media)

    def rename(self, name: str) -> None:
        """It has another name, which is in the store already."""
        self.row = replace(self.row, name=name)

    def recording_at(self, path: str) -> None:
        """Where the recording is being written."""
        self.row = replace(self.row, recording_path=path)
        self._save()

    def measured(self, leg: LegPort) -> None:
        """How the call sounded, at its end: into the row, and with the counters into the timeline."""
        stats = leg.stats()
        media = media_record(leg.format, leg.quality(), stats)
        self._stored_bytes_per_s = leg.rate_hz * BYTES_PER_FRAME
        self.row = replace(self.row, media=media)
        self._save()
        counters: dict[str, object] = (
            asdict(stats) if is_dataclass(stats) and not isinstance(stats, type) else {}
        )
        self.timeline.add("media.stats", **counters, quality=media)

    def _transferred(self, records: tuple[dict[str, object], ...]) -> None:
        """A transfer has made a step."""
        self.row = replace(self.row, transfers=records)
        self._save()

    def _complies(self, told: dict[str, object]) -> None:
        """What the caller was told and asked, or what is recorded of him, has changed."""
        self.row = replace(self.row, compliance=told)
        self._save()

    async def keep_capture(self) -> None:
        """Write what was on the wire if the call went wrong or somebody asked. Both sides have hung up."""
        path = await self.capture.keep(self.ending.reason)
        if path is not None:
            self.row = replace(self.row, pcap_path=path)
            self._save()

    def finish(self) -> None:
        """Close the record; a call without a reason was cut by the end of the process."""
        self.ending.end(reason_for(EndCode.SHUTDOWN))
        self.transfers.close()
        self.servers.close()
        if self.scope is not None:
            self.scope.release()
        reason = self.ending.reason
        assert reason is not None
        if self._verdict is not None:
            reason = self._verdict.settled(reason, heard=self.transcript.count > 0)
        self.machine.ended()
        self.overhearing.close(reason.code.value)
        self.row = replace(self.row, ended_at=self._clock(), end_reason=reason)
        self.row = replace(self.row, costs=self._costs())
        self._save()
        self.timeline.add(
            "call.ended",
            code=reason.code.value,
            side=reason.side.value,
            sip_status=reason.sip_status,
            detail=reason.detail,
            duration_ms=self.timeline.at_ms,
        )
        self.discretion.forget()

    def note_line(self, line: Mapping[str, object]) -> None:
        """A line of the runtime's log that was written for this call: a part of its record, up to a bound."""
        if self._log_lines < MAX_LOG_LINES and not self.over.is_set():
            self._log_lines += 1
            told = {name: value for name, value in line.items() if name not in _NOT_NOTED}
            self.timeline.add(
                "log.line",
                level=line.get("level"),
                component=line.get("component"),
                event=line.get("event"),
                data=told,
            )

    def _costs(self) -> dict[str, object]:
        row = self.row
        talked_s = 0.0
        if row.started_at is not None and row.ended_at is not None:
            talked_s = max(0.0, (row.ended_at - row.started_at).total_seconds())
        stored = round(talked_s * self._stored_bytes_per_s) if row.recording_path is not None else 0
        used = self.usage.usage(talked_s=talked_s, stored_bytes=stored)
        return self.usage.record(used, self._prices)

    async def control(self, command: Command) -> None:
        """Obey an operator; returns when a sentence is accepted, or when the call is over.

        Raises RequestError (409) when the call is in no state for it, (400) when the text cannot be said.
        """
        await obey(self, command)

    def _save(self) -> None:
        if self.row.status is not self.machine.status and self.machine.status is not CallStatus.ENDED:
            self.overhearing.status(self.machine.status.value)
        self.row = replace(
            self.row,
            status=self.machine.status,
            slots=dict(self.tools.slots()),
            updated_at=self._clock(),
        )
        self._journal.put_row(self.row)


def _telling(journal: Journal, news: NewsPlan | None) -> CallJournal:
    return NewsJournal(journal, news) if news is not None and news.listeners else journal


def _spread(journal: CallJournal, overhearing: Overhearing) -> Callable[[TranscriptLine], None]:
    """Who gets what was said; without the call, which would else be held by its own transcript."""

    def put(line: TranscriptLine) -> None:
        journal.put_line(line)
        overhearing.said(line)

    return put
