"""Drives one transfer: what the machine asks for is done, and what happens is told to it.

```
  CallSession's nursery ── Transfer.run ──┬── time
                                          ├── the caller is told something
                                          └── the colleague: dial → room → consultation → bridge
```
The colleague's leg lives in this one block and nowhere else: however the block is left, `dial` hangs up.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from math import inf

import trio

from aywa.call.briefing import briefing_for, summary_header, summary_of
from aywa.call.caller_side import CallerSide
from aywa.call.colleague_media import watch_media
from aywa.call.colleague_recording import ColleagueRecording
from aywa.call.consult import Consult, open_consult
from aywa.call.dependencies import CallDependencies
from aywa.call.dial import DialFailed as NotReached
from aywa.call.dial import Dialled, DialRequest, dial
from aywa.call.keys import KeyPresses
from aywa.call.live_view import LiveView
from aywa.call.refer_target import refer_target, told_by
from aywa.call.transfer_ends import end_reason, hangup_reason, not_reached
from aywa.call.transfer_record import TransferRecord
from aywa.call.transfer_room import TransferRoom, open_transfer_room
from aywa.dialling.numbers import BadNumber
from aywa.dialling.usage import LimitReached
from aywa.errors import AywaError, EndReason, LocalProtocolError, MediaError, ParseError
from aywa.log import get_logger, places
from aywa.transfer.events import (
    BriefColleague,
    Broken,
    CallerHungUp,
    CallerTold,
    CallOver,
    ColleagueAnswered,
    ColleagueGone,
    ColleagueHungUp,
    ColleagueRings,
    Connect,
    Decided,
    Dial,
    DialFailed,
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
from aywa.transfer.outcome import Outcome
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
        self._colleague = trio.CancelScope()  # dialling, and all that is done with the leg
        self._released = trio.Event()
        self._room: TransferRoom | None = None
        self._keys: KeyPresses | None = None  # of the colleague
        self._consult: Consult | None = None
        self._dialled: Dialled | None = None

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
                self._start(self._call_colleague)
            case BriefColleague() if not self.machine.plan.colleague_first:
                if self._consult is not None:
                    self._consult.begin()
            case Connect():
                self._connect()
            case ReleaseColleague():
                self._released.set()
                if self._dialled is None:
                    self._colleague.cancel()
            case DropColleague():
                self._colleague.cancel()
            case ReturnCaller(outcome, text):
                self._silence_room()
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
        try:
            if source is None:
                raise MediaError("no URLs are fetched here")
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
        headers = plan.destination.headers
        if plan.adds_summary:
            headers = (*headers, summary_header(self._summary()))
        try:
            if replacing:
                assert self._dialled is not None, "only who answered is replaced"
                target = self._dialled.sip.refer_to
            else:
                target = refer_target(plan.destination, sip.refer_to.uri)
            sip.refer(target, headers)
        except (LocalProtocolError, ParseError) as error:
            self._live.timeline.add("transfer.refer_failed", detail=error.detail)
            self._start(self._later, ReferAnswered(None))

    async def _later(self, event: TransferInput) -> None:
        """An input that follows from an action comes after it."""
        await trio.lowlevel.checkpoint()
        self.receive(event)

    # --- the colleague ------------------------------------------------------------------------------------

    async def _call_colleague(self) -> None:
        """From the INVITE to the closed leg; a blast wall: what breaks in between ends this, not the call."""
        plan = self.machine.plan
        headers = plan.destination.headers
        if plan.adds_summary:
            headers = (*headers, summary_header(self._summary()))
        request = DialRequest(
            str(plan.destination),
            from_number=plan.destination.caller_id or None,
            headers=headers,
            ring_timeout_s=plan.dial_timeout_s,
            owner=self._live.owner,
            inbound=self._live.inbound,
        )
        failed: TransferInput | None = None
        try:
            with self._colleague:
                async with trio.open_nursery() as keeper:  # of the recording, which ends after the leg
                    async with dial(
                        request,
                        self._dependencies,
                        timeline=self._live.timeline,
                        capture=self._live.capture,
                        on_ringing=lambda status: self.receive(ColleagueRings()),
                    ) as dialled:
                        recording = ColleagueRecording(self.record, self._caller.leg, self._keep)
                        recording.begin(dialled.leg, self._dependencies, self._live.timeline, keeper)
                        failed = await self._talk(dialled)
                    keeper.cancel_scope.cancel()
        except* NotReached as group:
            error = group.exceptions[0]
            assert isinstance(error, NotReached), "dial raises them bare, nurseries in groups of one"
            failed = not_reached(error)
        except* (BadNumber, LimitReached) as group:
            failed = DialFailed(Outcome.FORBIDDEN)
            detail = ", ".join(error.detail for error in group.exceptions if isinstance(error, AywaError))
            self._live.timeline.add("transfer.dial_failed", detail=detail)
        except* Exception as group:  # noqa: BLE001 - the blast wall of the colleague's leg: the caller stays
            self._broken(group)
        self._dialled = None
        self.receive(failed or ColleagueGone())

    def _keep(self) -> None:
        self._changed(self.record)

    def _recorded_ms(self) -> int:
        """How much the call's own recording will hold of what was sent up to now."""
        return self._caller.leg.timeline // 8

    async def _talk(self, dialled: Dialled) -> TransferInput | None:
        """Until either side lets go; returns what the machine must know of the end."""
        self._dialled = dialled
        if self.machine.over or self._released.is_set():
            return None
        async with AsyncExitStack() as stack:
            engine, timeline = self._dependencies.engine, self._live.timeline
            room = open_transfer_room(engine, self._caller.leg, dialled.leg, timeline)
            self._room = await stack.enter_async_context(room)
            stack.callback(self._leave_room)
            plan = self.machine.plan
            for key in plan.destination.extension:
                dialled.leg.send_digit(key)
            if plan.mode.warm:
                self._consult = await stack.enter_async_context(self._open_consult(dialled))
                self._keys = self._consult.keys
            else:
                watched = watch_media(dialled, timeline, self.receive)
                self._keys = await stack.enter_async_context(watched)
            self.receive(ColleagueAnswered())
            if self._consult is not None and plan.colleague_first:
                self._consult.begin()
            return await self._until_released(dialled)

    def _open_consult(self, dialled: Dialled) -> AbstractAsyncContextManager[Consult]:
        plan = self.machine.plan
        return open_consult(
            dialled,
            self._dependencies,
            self._live.timeline,
            self._briefing(),
            asks=plan.needs_consent,
            speaks_first=not plan.colleague_first,
            say=self.receive,
            keep=self.record.keep,
        )

    async def _until_released(self, dialled: Dialled) -> TransferInput | None:
        by_colleague = False

        async def hang_up_comes() -> None:
            nonlocal by_colleague
            await dialled.sip.wait_ended()
            by_colleague = True
            nursery.cancel_scope.cancel()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(hang_up_comes)
            await self._released.wait()
            nursery.cancel_scope.cancel()
        return ColleagueHungUp() if by_colleague else None

    def _connect(self) -> None:
        assert self._room is not None, "both sit in the room since the answer"
        self.record.away_from(self._recorded_ms())
        if self._consult is not None:
            self._consult.end()
        assert self._keys is not None, "likewise"
        self._room.connect(self._caller.keys, self._keys)
        self._caller.connected()

    def _silence_room(self) -> None:
        """At once, not when the leg is closed: the caller talks with the assistant from now on."""
        if self._room is not None:
            self._room.part()

    def _leave_room(self) -> None:
        self._room = self._consult = self._keys = None

    def _broken(self, group: BaseExceptionGroup[Exception]) -> None:
        detail = next(
            (error.detail for error in group.exceptions if isinstance(error, AywaError)),
            type(group.exceptions[0]).__name__,
        )
        _log.error("transfer.broken", places=places(group))
        self.receive(Broken(detail))

    # --- what is said of the call -------------------------------------------------------------------------

    def _summary(self) -> str:
        live = self._live
        return summary_of(live.tools.slots(), live.transcript.latest, self._dependencies.scenario.name)

    def _briefing(self) -> str:
        live = self._live
        return briefing_for(
            self.machine.plan, live.tools.slots(), live.transcript.latest, self._dependencies.scenario.name
        )
