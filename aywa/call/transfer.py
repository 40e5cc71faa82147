"""Drives one transfer: what the machine asks for is done, and what happens is told to it.

```
  CallSession's nursery ── Transfer.run ──┬── time
                                          ├── the caller is told something
                                          └── the colleague: ColleagueSide.run
```
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import trio

from aywa.call.caller_side import CallerSide
from aywa.call.colleague_side import ColleagueSide
from aywa.call.dependencies import CallDependencies
from aywa.call.live_view import LiveView
from aywa.call.refer_target import refer_target, told_by
from aywa.call.transfer_ends import end_reason, hangup_reason
from aywa.call.transfer_record import TransferRecord
from aywa.errors import EndReason, LocalProtocolError, MediaError, ParseError
from aywa.log import get_logger
from aywa.transfer.events import (
    BriefColleague,
    CallerHungUp,
    CallerTold,
    CallOver,
    ColleagueGone,
    Connect,
    Decided,
    Dial,
    DropColleague,
    EndCall,
    HoldCaller,
    Refer,
    ReferAnswered,
    ReleaseColleague,
    Requested,
    ReturnCaller,
    TellCaller,
    TransferAction,
    TransferInput,
)
from aywa.transfer.machine import TransferMachine
from aywa.transfer.states import State

_log = get_logger("transfers")
# Who hangs up here does so with somebody other than the assistant.
_WITH_COLLEAGUE = (State.BRIDGED, State.REPLACING, State.REFERRED)


class Transfer:
    """One transfer of one call. `receive` and what it causes happen at once, without a checkpoint."""

    def __init__(
        self,
        record: TransferRecord,
        caller: CallerSide,
        live: LiveView,
        dependencies: CallDependencies,
        changed: Callable[[TransferRecord], None],
    ) -> None:
        """`changed` hears the record after each step."""
        self.machine = TransferMachine(record.plan)
        self.record = record
        self._caller = caller
        self._live = live
        self._dependencies = dependencies
        self._changed = changed
        self._over = trio.Event()
        self._earlier = trio.Event()
        self._armed_until = inf
        self._nursery: trio.Nursery | None = None
        self._colleague = ColleagueSide(record, caller, live, dependencies, self.receive, self._keep)

    async def run(self) -> None:
        """Until nothing of it is left; cancelled, it lets the colleague go all the same."""
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                nursery.start_soon(self._keep_time, name="transfer: time")
                self.receive(Requested())
                await self._over.wait()
                nursery.cancel_scope.cancel()
        finally:
            self._nursery = None
            self._caller.sip.on_referral = None
            self.receive(CallOver("the call is over"))
            self.receive(ColleagueGone())  # its block was left with the nursery
            self._colleague.close()

    def receive(self, event: TransferInput) -> None:
        """Tell the machine, and do what it asks for."""
        self.machine.receive(event, trio.current_time())
        self._drain()

    def caller_hung_up(self) -> EndReason:
        """The caller's side has ended the call; what that is called."""
        with_colleague = self.machine.state in _WITH_COLLEAGUE
        self.receive(CallerHungUp())
        return hangup_reason(self.machine.outcome, with_colleague=with_colleague)

    # --- actions ------------------------------------------------------------------------------------------

    def _drain(self) -> None:
        for action in self.machine.actions():
            self._do(action)
        self.record.take(self.machine, self._live.now())
        self._changed(self.record)
        deadline = self.machine.deadline
        if deadline is not None and deadline[0] < self._armed_until:
            self._earlier.set()
        if self.machine.over:
            self._over.set()

    def _do(self, action: TransferAction) -> None:
        caller = self._caller
        match action:
            case Decided(kind, data):
                self._live.timeline.add(kind, destination=str(self.machine.plan.destination), **data)
            case TellCaller(text):
                self._start(self._tell_caller, text)
            case HoldCaller():
                self.record.away_from(self._recorded_ms())
                caller.hold()
                if self.machine.plan.hold_audio:
                    self._start(self._change_music, self.machine.plan.hold_audio)
            case Refer(replacing):
                self._refer(replacing=replacing)
            case Dial():
                self._start(self._colleague.run)
            case BriefColleague() if not self.machine.plan.colleague_first:
                self._colleague.brief()
            case Connect():
                self.record.away_from(self._recorded_ms())
                self._colleague.connect()
                caller.connected()
            case ReleaseColleague():
                self._colleague.release()
            case DropColleague():
                self._colleague.drop()
            case ReturnCaller(outcome, text):
                self._colleague.part()
                note = f"The transfer to {self.machine.plan.destination} failed: {outcome.value}."
                caller.take_back(note, text)
                self.record.away_to(self._recorded_ms())
            case EndCall(outcome):
                caller.ending.end(end_reason(outcome))
            case _:
                pass

    def _start(self, work: Callable[..., object], *arguments: object) -> None:
        if self._nursery is not None:
            self._nursery.start_soon(work, *arguments, name="transfer")  # type: ignore[arg-type]

    async def _keep_time(self) -> None:
        while True:
            deadline = self.machine.deadline
            self._armed_until = inf if deadline is None else deadline[0]
            self._earlier = trio.Event()
            with trio.move_on_at(self._armed_until) as timer:
                await self._earlier.wait()
            if timer.cancelled_caught:
                self.machine.handle_timers(trio.current_time())
                self._drain()

    async def _tell_caller(self, text: str) -> None:
        await self._caller.tell(text)
        self.receive(CallerTold())

    async def _change_music(self, url: str) -> None:
        """The caller hears the usual music until what the plan names is there."""
        source = self._dependencies.hold_audio
        if source is None:
            return
        try:
            clip = await source.get(url)
        except MediaError as error:
            self._live.timeline.add("transfer.hold_audio_failed", detail=error.detail)
            return
        self._live.timeline.add("transfer.hold_audio", name=clip.name, seconds=round(clip.seconds, 1))
        self._caller.change_music(clip)

    # --- REFER --------------------------------------------------------------------------------------------

    def _refer(self, *, replacing: bool) -> None:
        plan, sip = self.machine.plan, self._caller.sip
        sip.on_referral = lambda event: self.receive(told_by(event))
        try:
            if replacing:
                target = self._colleague.refer_to
            else:
                target = refer_target(plan.destination, sip.refer_to.uri)
            sip.refer(target, self._colleague.headers())
        except (LocalProtocolError, ParseError) as error:
            self._live.timeline.add("transfer.refer_failed", detail=error.detail)
            self._start(self._later, ReferAnswered(None))

    async def _later(self, event: TransferInput) -> None:
        """An input that follows from an action comes after it."""
        await trio.lowlevel.checkpoint()
        self.receive(event)

    def _keep(self) -> None:
        self._changed(self.record)

    def _recorded_ms(self) -> int:
        """How much the call's own recording will hold of what was sent up to now."""
        return self._caller.leg.timeline // 8
