"""The transfers of one call: one at a time, each with its record."""

from __future__ import annotations

from collections.abc import Callable

import trio

from aywa.call.caller_side import CallerSide
from aywa.call.dependencies import CallDependencies
from aywa.call.live_view import LiveView
from aywa.call.transfer import Transfer
from aywa.call.transfer_record import TransferRecord
from aywa.errors import EndReason, MediaError, RequestError
from aywa.transfer.events import CallOver, VoicemailSuspected
from aywa.transfer.plan import TransferPlan

MAX_TRANSFERS = 20  # of one call; a model that wants more goes round in circles
_MUSIC_FIELD = "destination.transferPlan.holdAudioUrl"


class Transfers:
    """Begins and remembers them. `attach` it when the call is up."""

    def __init__(
        self,
        live: LiveView,
        dependencies: CallDependencies,
        save: Callable[[tuple[dict[str, object], ...]], None],
    ) -> None:
        """`save` hears all records whenever one has changed."""
        self._live = live
        self._dependencies = dependencies
        self._save: Callable[[tuple[dict[str, object], ...]], None] | None = save
        self._records: list[TransferRecord] = []
        self._active: Transfer | None = None
        self._caller: CallerSide | None = None
        self._nursery: trio.Nursery | None = None

    def attach(self, caller: CallerSide, nursery: trio.Nursery) -> None:
        """The call talks; transfers run in its nursery."""
        self._caller, self._nursery = caller, nursery

    def detach(self) -> None:
        """The call is over."""
        self._caller = self._nursery = None

    def close(self) -> None:
        """Its record is closed: let go of the call, which holds this."""
        self.detach()
        self._save = None

    @property
    def active(self) -> bool:
        """Whether one is under way."""
        return self._active is not None

    def start(self, plan: TransferPlan) -> None:
        """Begin one. Raises RequestError: 409 when the call is not up or on hold, or one is under way, 400
        for music that the caller will not get.
        """
        self._check_music(plan)
        if self._caller is None or self._nursery is None or self._caller.ending.reason is not None:
            raise RequestError("The call is not up", http_status=409, code="call-not-live")
        if self._active is not None:
            raise RequestError("A transfer is under way", http_status=409, code="transfer-under-way")
        if self._caller.on_hold:
            raise RequestError("The caller is on hold", http_status=409, code="on-hold")
        if len(self._records) >= MAX_TRANSFERS:
            raise RequestError(
                "The call was transferred too often", http_status=409, code="too-many-transfers"
            )
        name = f"{self._live.id}-colleague-{len(self._records) + 1}"
        record = TransferRecord(plan, name)
        transfer = Transfer(record, self._caller, self._live, self._dependencies, self._changed)
        self._records.append(record)
        self._active = transfer
        self._live.timeline.add("transfer.requested", mode=plan.mode.value, destination=str(plan.destination))
        self._nursery.start_soon(self._run, transfer, name="transfer")

    def _check_music(self, plan: TransferPlan) -> None:
        """Refuse at once what the rules for such URLs forbid; whether it is there turns out in the call."""
        source = self._dependencies.hold_audio
        try:
            if plan.hold_audio and source is not None:
                source.check(plan.hold_audio)
        except MediaError as error:
            raise RequestError(
                f"{_MUSIC_FIELD}: {error.detail}", code="invalid-field", field=_MUSIC_FIELD
            ) from None

    def voicemail_suspected(self) -> None:
        """What the colleague's line answered with is a machine."""
        if self._active is not None:
            self._active.receive(VoicemailSuspected())

    def hangup_reason(self) -> EndReason | None:
        """The caller's side has hung up: what that is called while a transfer is under way."""
        return None if self._active is None else self._active.caller_hung_up()

    def call_over(self, detail: str) -> None:
        """The call is being ended: whatever is under way lets the colleague go."""
        if self._active is not None:
            self._active.receive(CallOver(detail))

    async def _run(self, transfer: Transfer) -> None:
        try:
            await transfer.run()
        finally:
            outcome = transfer.machine.outcome
            self._live.timeline.add(
                "transfer.ended",
                mode=transfer.machine.plan.mode.value,
                outcome="" if outcome is None else outcome.value,
                status="" if outcome is None else outcome.status,
            )
            self._active = None

    def _changed(self, record: TransferRecord) -> None:
        if self._save is not None:
            self._save(tuple(known.data() for known in self._records))
