"""The colleague of one transfer, from the INVITE to the closed leg, and what is done with him meanwhile.

```
  run: dial ──▶ room ──▶ consultation, or only his keys ──▶ released
```
His leg lives in this one block and nowhere else: however the block is left, `dial` hangs up.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

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
from aywa.call.transfer_ends import not_reached
from aywa.call.transfer_record import TransferRecord
from aywa.call.transfer_room import TransferRoom, open_transfer_room
from aywa.dialling.numbers import BadNumber
from aywa.dialling.usage import LimitReached
from aywa.errors import AywaError
from aywa.log import get_logger, places
from aywa.proto.sip.refer import ReferTo
from aywa.transfer.events import (
    Broken,
    ColleagueAnswered,
    ColleagueGone,
    ColleagueHungUp,
    ColleagueRings,
    DialFailed,
    TransferInput,
)
from aywa.transfer.outcome import Outcome

_log = get_logger("transfers")


class ColleagueSide:
    """Whom the caller is to get to. `run` once; the others do nothing while he is not there."""

    def __init__(
        self,
        record: TransferRecord,
        caller: CallerSide,
        live: LiveView,
        dependencies: CallDependencies,
        say: Callable[[TransferInput], None],
        keep: Callable[[], None],
    ) -> None:
        """`say` hears what becomes of him; `keep` is called when the record of his recording has changed."""
        self._record = record
        self._plan = record.plan
        self._caller = caller
        self._live = live
        self._dependencies = dependencies
        self._say = say
        self._keep = keep
        self._scope = trio.CancelScope()  # dialling, and all that is done with the leg
        self._released = trio.Event()
        self._room: TransferRoom | None = None
        self._keys: KeyPresses | None = None
        self._consult: Consult | None = None
        self._dialled: Dialled | None = None

    @property
    def refer_to(self) -> ReferTo:
        """Whose session the caller's side is to take the place of: his, who has answered."""
        assert self._dialled is not None, "only who answered is replaced"
        return self._dialled.sip.refer_to

    def headers(self) -> tuple[tuple[str, str], ...]:
        """What an INVITE or a REFER tells him."""
        headers = self._plan.destination.headers
        if not self._plan.adds_summary:
            return headers
        live = self._live
        summary = summary_of(live.tools.slots(), live.transcript.latest, self._dependencies.scenario.name)
        return (*headers, summary_header(summary))

    def brief(self) -> None:
        """The assistant speaks to him now."""
        if self._consult is not None:
            self._consult.begin()

    def connect(self) -> None:
        """He and the caller hear each other from now on, and the assistant neither."""
        assert self._room is not None, "both sit in the room since the answer"
        assert self._keys is not None, "likewise"
        if self._consult is not None:
            self._consult.end()
        self._room.connect(self._caller.keys, self._keys)

    def part(self) -> None:
        """At once, not when the leg is closed: the caller talks with the assistant from now on."""
        if self._room is not None:
            self._room.part()

    def release(self) -> None:
        """Let him go, politely."""
        self._released.set()
        if self._dialled is None:
            self._scope.cancel()

    def drop(self) -> None:
        """Let him go whatever he says."""
        self._scope.cancel()

    def close(self) -> None:
        """The transfer is over: let go of it, which holds this."""
        self._say, self._keep = _nobody_hears, _nobody_keeps

    async def run(self) -> None:
        """From the INVITE to the closed leg; a blast wall: what breaks in between ends this, not the call."""
        plan = self._plan
        request = DialRequest(
            str(plan.destination),
            from_number=plan.destination.caller_id or None,
            headers=self.headers(),
            ring_timeout_s=plan.dial_timeout_s,
            owner=self._live.owner,
            inbound=self._live.inbound,
        )
        failed: TransferInput | None = None
        try:
            with self._scope:
                async with trio.open_nursery() as keeper:  # of the recording, which ends after the leg
                    async with dial(
                        request,
                        self._dependencies,
                        timeline=self._live.timeline,
                        capture=self._live.capture,
                        on_ringing=lambda status: self._say(ColleagueRings()),
                    ) as dialled:
                        recording = ColleagueRecording(self._record, self._caller.leg, self._keep)
                        recording.begin(dialled.leg, self._dependencies, self._live, keeper)
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
        self._say(failed or ColleagueGone())

    async def _talk(self, dialled: Dialled) -> TransferInput | None:
        """Until either side lets go; returns what the machine must know of the end."""
        self._dialled = dialled
        if self._released.is_set():
            return None
        async with AsyncExitStack() as stack:
            engine, timeline = self._dependencies.engine, self._live.timeline
            room = open_transfer_room(engine, self._caller.leg, dialled.leg, timeline)
            self._room = await stack.enter_async_context(room)
            stack.callback(self._leave_room)
            plan = self._plan
            for key in plan.destination.extension:
                dialled.leg.send_digit(key)
            if plan.mode.warm:
                self._consult = await stack.enter_async_context(self._open_consult(dialled))
                self._keys = self._consult.keys
            else:
                watched = watch_media(dialled, timeline, self._say)
                self._keys = await stack.enter_async_context(watched)
            self._say(ColleagueAnswered())
            if self._consult is not None and plan.colleague_first:
                self._consult.begin()
            return await self._until_released(dialled)

    def _open_consult(self, dialled: Dialled) -> AbstractAsyncContextManager[Consult]:
        plan = self._plan
        return open_consult(
            dialled,
            self._dependencies,
            self._live.timeline,
            self._briefing(),
            asks=plan.needs_consent,
            speaks_first=not plan.colleague_first,
            say=self._say,
            keep=self._record.keep,
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

    def _leave_room(self) -> None:
        self._room = self._consult = self._keys = None

    def _broken(self, group: BaseExceptionGroup[Exception]) -> None:
        detail = next(
            (error.detail for error in group.exceptions if isinstance(error, AywaError)),
            type(group.exceptions[0]).__name__,
        )
        _log.error("transfer.broken", places=places(group))
        self._say(Broken(detail))

    def _briefing(self) -> str:
        live = self._live
        scenario = self._dependencies.scenario.name
        return briefing_for(self._plan, live.tools.slots(), live.transcript.latest, scenario)


def _nobody_hears(event: TransferInput) -> None:
    pass


def _nobody_keeps() -> None:
    pass
