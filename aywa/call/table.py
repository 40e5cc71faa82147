"""The table of calls: owns every call of the process, and keeps each from hurting the others."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Protocol

import trio

from aywa.call.dependencies import CallDependencies
from aywa.call.dial_gate import Dialling
from aywa.call.dial_outcome import DialRefused
from aywa.call.ending import reason_for, reason_of
from aywa.call.inbound import Inbound, parties_of
from aywa.call.journal import Journal, JournalHealth
from aywa.call.live import LiveCall
from aywa.call.outbound import CallOrder, Outbound
from aywa.call.outbound import parties_of as parties_of_order
from aywa.call.plan import CallPlan, led_by
from aywa.call.routed import routed
from aywa.call.sip_port import IncomingPort
from aywa.call.state import CallState
from aywa.call.web import WebCall, WebDoor, WebOrder
from aywa.errors import EndCode, EndReason, OverloadedError
from aywa.log import get_logger, log_of_call, places
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.store import CallType

FINAL_WRITE_S = 2.0  # per call; what is not written by then is written by the journal later
JOURNAL_CLOSE_S = 10.0
_log = get_logger("calls")


class _Call(Protocol):
    """What a direction does with a call."""

    async def run(self) -> None:
        """From its beginning to its goodbyes; raises what broke it."""

    async def refuse(self, reason: EndReason) -> None:
        """It was not answered, and is over."""


class CallTable:
    """All calls. Open it with `open_call_table`."""

    def __init__(self, dependencies: CallDependencies, journal: Journal, nursery: trio.Nursery) -> None:
        self._dependencies = dependencies
        self._journal = journal
        self._nursery = nursery
        self._calls: dict[str, LiveCall] = {}
        self._drains_until = math.inf  # Trio's time; finite once draining

    @property
    def journal(self) -> JournalHealth:
        """How the record-keeping is doing."""
        return self._journal.health

    @property
    def dialling(self) -> Dialling | None:
        """What calls out are placed with."""
        return self._dependencies.dialling

    @property
    def draining(self) -> bool:
        """True once no more calls are taken."""
        return self._drains_until < math.inf

    @property
    def full(self) -> bool:
        """True while as many calls live as may."""
        return len(self._calls) >= self._dependencies.settings.max_calls

    @property
    def most(self) -> int:
        """How many calls may live."""
        return self._dependencies.settings.max_calls

    def get(self, call_id: str) -> LiveCall | None:
        """The live call with this id."""
        return self._calls.get(call_id)

    def live(self) -> list[LiveCall]:
        """All live calls, the oldest first."""
        return list(self._calls.values())

    def drain(self) -> float:
        """Take no more calls; those that live go on, until the time that is returned (Trio's)."""
        if not self.draining:
            self._drains_until = trio.current_time() + self._dependencies.settings.drain_s
        return self._drains_until

    async def take_incoming(self, call: IncomingPort, plan: CallPlan | None = None) -> None:
        """Have a call from its INVITE to its end, led by `plan` if there is one.

        An error before the call has begun is the caller's to handle; any later one ends this call only.
        """
        live: LiveCall = await self._nursery.start(self._run_incoming, call, plan)
        await live.over.wait()

    async def _run_incoming(
        self,
        call: IncomingPort,
        plan: CallPlan | None,
        *,
        task_status: trio.TaskStatus[LiveCall] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        dependencies = led_by(plan, self._dependencies)
        org_id = DEFAULT_ORGANIZATION if plan is None else plan.org_id
        parties, trunk = parties_of(call), _trunk_of(call)
        live = LiveCall(dependencies, self._journal, CallType.INBOUND, parties, trunk, org_id)
        inbound = Inbound(call, live, routed(live.dependencies, live), self._limit())
        self._calls[live.id] = live
        task_status.started(live)
        await self._have(live, inbound)

    def place(self, order: CallOrder) -> LiveCall:
        """Begin a call out; it goes on by itself.

        Raises, before anything of it exists: OverloadedError, BadNumber, LimitReached and DialRefused.
        """
        dependencies = led_by(order.plan, self._dependencies)
        if order.name:
            dependencies = replace(dependencies, customer={"name": order.name})
        if limit := self._limit() or dependencies.transcriber.fault():
            raise OverloadedError(limit)
        dependencies.engine.admit()
        if dependencies.dialling is None:
            raise DialRefused("Nothing may be dialled: no trunk dials out")
        admission = dependencies.dialling.gate.admit(order.request)
        parties = parties_of_order(order, admission)
        live = LiveCall(
            dependencies,
            self._journal,
            CallType.OUTBOUND,
            parties,
            order.request.owner,
            order.org_id,
            title=order.title,
        )
        self._calls[live.id] = live
        outbound = Outbound(order, admission, live, routed(live.dependencies, live))
        self._nursery.start_soon(self._have, live, outbound, name=f"call {live.id}")
        return live

    def take_web(self, order: WebOrder, door: WebDoor) -> LiveCall:
        """Make a call that waits until somebody comes in by `door`; it goes on by itself.

        Raises OverloadedError, before anything of it exists.
        """
        dependencies = led_by(order.plan, self._dependencies)
        if limit := self._limit() or dependencies.transcriber.fault():
            raise OverloadedError(limit)
        dependencies.engine.admit()
        parties = (order.caller, "<sip:assistant@web.invalid>", "")
        live = LiveCall(
            dependencies,
            self._journal,
            order.type,
            parties,
            order.owner,
            order.org_id,
            title=order.title,
            transport=order.transport,
        )
        self._calls[live.id] = live
        web = WebCall(live, routed(live.dependencies, live), door)
        self._nursery.start_soon(self._have, live, web, name=f"call {live.id}")
        return live

    async def written(self) -> bool:
        """Wait until what is known of all calls is in the store; False when that takes too long."""
        return await self._journal.flush(FINAL_WRITE_S)

    async def _have(self, live: LiveCall, call: _Call) -> None:
        """A call from its beginning to its end."""
        with log_of_call(live.id, live.note_line):
            await self._carry(live, call)

    async def _carry(self, live: LiveCall, call: _Call) -> None:
        try:
            try:
                await call.run()
            except* Exception as group:  # noqa: BLE001 - the blast wall: what breaks this call ends this call
                self._broken(live, group)
        finally:
            with trio.move_on_after(FINAL_WRITE_S, shield=True):
                await self._refuse(live, call)
            await self._keep_capture(live)
            with trio.move_on_after(FINAL_WRITE_S, shield=True):
                live.finish()
                await self._journal.flush(FINAL_WRITE_S)
            del self._calls[live.id]
            live.over.set()

    def _limit(self) -> str:
        """What forbids one more call; "" when nothing does."""
        if self.draining:
            return "the worker is draining"
        if self.full:
            return "RUNTIME_MAX_CALLS calls are live"
        if self._journal.health.full:
            return "the database is away, and disk and memory have no room for what calls leave behind"
        return ""

    async def _keep_capture(self, live: LiveCall) -> None:
        """A blast wall of its own: to look into what broke must not break more."""
        try:
            await live.keep_capture()
        except Exception as error:  # noqa: BLE001 - as above
            live.timeline.add("media.pcap_failed", error=type(error).__name__)
            _log.error("pcap.failed", call_id=live.id, places=places(error))

    async def _refuse(self, live: LiveCall, call: _Call) -> None:
        """Answer the INVITE if nobody has."""
        live.ending.end(reason_for(EndCode.SHUTDOWN))
        if live.state not in (CallState.TALKING, CallState.ENDING):
            assert live.ending.reason is not None
            await call.refuse(live.ending.reason)

    def _broken(self, live: LiveCall, group: BaseExceptionGroup[Exception]) -> None:
        """Turn what broke a call into its end reason; a bug is logged with its place, not its message."""
        reason = reason_of(group)
        live.ending.end(reason)
        if reason.code is EndCode.INTERNAL_ERROR:
            live.timeline.add("call.crashed", error=reason.detail)
            _log.error("call.crashed", call_id=live.id, error=reason.detail, places=places(group))


def _trunk_of(call: IncomingPort) -> str:
    """By which trunk it came; a call that no trunk is known of counts with the others like it."""
    return "" if call.trunk is None else call.trunk.name


@asynccontextmanager
async def open_call_table(dependencies: CallDependencies) -> AsyncIterator[CallTable]:
    """Open the table; leaving the block drains: calls go on for at most `drain_s`, then end with SHUTDOWN.

    Whatever ends the block, no more calls are taken: those that still came to a runtime that is being
    cancelled would keep it from ever ending.
    """
    journal = Journal(dependencies.store, told=dependencies.told)
    try:
        async with trio.open_nursery() as keeper:
            keeper.start_soon(journal.serve, name="journal")
            keeper.start_soon(dependencies.rounds.serve, name="recordings")
            async with trio.open_nursery() as calls:
                table = CallTable(dependencies, journal, calls)
                try:
                    yield table
                finally:
                    calls.cancel_scope.deadline = table.drain()
            keeper.cancel_scope.cancel()
    finally:
        await journal.close(JOURNAL_CLOSE_S)
