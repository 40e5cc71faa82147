"""While card data are said or pressed: nothing that is kept holds them.

```
              recording   silence in both tracks, the span marked        timeline, transcript,
  pause ────▶ recogniser  closed, or heard by the entry alone            webhooks, events: no key,
              keys        to the entry alone                             no word
              capture     headers                                 entry ─▶ vault ─▶ `card-1` ─▶ the model
```
The digits go to a tool's parameter that is marked for them, and where there is none nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import trio

from aywa.call.call_recording import CallRecording
from aywa.call.caller_side import CallerSide
from aywa.call.capture import CallCapture
from aywa.call.card_vault import CardVault
from aywa.call.hearing import Ear, Hearing
from aywa.call.pauses import Why
from aywa.call.timeline import Timeline
from aywa.call.veil import Veil
from aywa.errors import RequestError
from aywa.model.compliance_plan import CardPlan
from aywa.ports.stt import Final, TranscriptEvent
from aywa.turn.card_digits import CardEntry, EntryState
from aywa.turn.card_parameter import CardMark
from aywa.turn.events import FinalText
from aywa.turn.recording_gate import Pause

TICK_S = 0.05  # between two looks at the clock


def _nobody() -> bool:
    """No tool wants them."""
    return False


class PausedBy(Enum):
    """Who began it, and so who ends it."""

    OPERATOR = "operator"  # `resume-card`
    MODEL = "model"  # its tool, or the value's last digit
    QUESTION = "question"  # the value's last digit, or the longest pause


@dataclass(slots=True)
class CardSide:
    """The caller's side, as far as it is to be kept apart."""

    caller: CallerSide
    hearing: Hearing
    nursery: trio.Nursery


class CardPause:
    """One call's. `attach` it when the call talks."""

    def __init__(
        self,
        plan: CardPlan,
        recording: CallRecording,
        capture: CallCapture,
        timeline: Timeline,
        wants_digits: Callable[[], bool],
    ) -> None:
        """`wants_digits`: whether a tool has a parameter that is marked for them."""
        self.plan = plan
        self.vault = CardVault()
        self.veil = Veil(self.vault)
        self.by: PausedBy | None = None
        self.watchers: list[Callable[[bool], None]] = []  # who shows or plays the call to others
        self._recording = recording
        self._capture = capture
        self._timeline = timeline
        self._wants_digits = wants_digits
        self._entry: CardEntry | None = None
        self._side: CardSide | None = None
        self._scope = trio.CancelScope()

    @property
    def active(self) -> bool:
        """Whether nothing of what is heard may be kept, shown or passed on."""
        return self.by is not None

    def attach(self, side: CardSide) -> None:
        """The call talks."""
        self._side = side

    def detach(self) -> None:
        """The call is over: forget everything."""
        self._scope.cancel()
        if self._entry is not None:
            self._entry.wipe()
        self._side = self._entry = None

    def forget(self) -> None:
        """The record is closed."""
        self.vault.wipe()
        self.watchers.clear()
        self._wants_digits = _nobody

    def asked(self, parameter: str, mark: CardMark) -> None:
        """The assistant asks for a tool's parameter that is card data."""
        automatic = self.plan.automatic
        if automatic == "named" or (automatic == "marked" and mark is CardMark.MARKED):
            self.begin(PausedBy.QUESTION, parameter)

    def begin(self, by: PausedBy, parameter: str = "") -> bool:
        """Keep nothing from now on; False if that was so. Raises RequestError (409) before the call is up."""
        side = self._side
        if side is None:
            raise RequestError("The call is not up", http_status=409, code="call-not-live")
        if self.by is not None:
            return False
        self.by = by
        self.veil.card = True
        for watcher in self.watchers:
            watcher(True)
        self._recording.pause(Pause.CARD)
        self._capture.bare(Why.CARD, True)
        self._timeline.add("card.paused", by=by.value, parameter=parameter)
        entry = self._entry = CardEntry() if self._wants_digits() else None
        caller = side.caller
        caller.receiver.aside = entry is not None and self.plan.spoken_digits_enabled
        side.hearing.turn(Ear.ASIDE if caller.receiver.aside else Ear.CLOSED, self._transcribed)
        caller.keys.aside = self._pressed
        caller.receiver.deaf(True, Why.CARD)
        caller.pauses.hold(Why.CARD, True)
        side.nursery.start_soon(self._watch, by, name="card data")
        return True

    def end(self, by: str) -> bool:
        """Keep things again; False when nobody had paused."""
        side = self._side
        if self.by is None:
            return False
        self.by = None
        self._scope.cancel()
        if self._entry is not None:
            self._entry.wipe()
            self._entry = None
        if side is not None:
            caller = side.caller
            caller.keys.aside = None
            caller.receiver.aside = False
            side.hearing.turn(Ear.OPEN)
            caller.receiver.deaf(False, Why.CARD)
            caller.pauses.hold(Why.CARD, False)
        self.veil.card = False
        for watcher in self.watchers:
            watcher(False)
        self._capture.bare(Why.CARD, False)
        self._recording.resume(Pause.CARD)
        self._timeline.add("card.resumed", by=by)
        return True

    def obey(self, action: str) -> None:
        """An operator's `pause-card` or `resume-card`. Raises RequestError (409)."""
        if action == "pause-card":
            if not self.begin(PausedBy.OPERATOR):
                if self.by is PausedBy.OPERATOR:
                    raise RequestError("Card data are kept apart", http_status=409, code="card-paused")
                self.by = PausedBy.OPERATOR  # what began by itself ends now when he says so
        elif not self.end("operator"):
            raise RequestError("Card data are not kept apart", http_status=409, code="card-not-paused")

    # --- what comes meanwhile -----------------------------------------------------------------------------

    def _pressed(self, key: str) -> None:
        if self._entry is not None:
            self._entry.key(key, trio.current_time())
            self._look()

    def _transcribed(self, event: TranscriptEvent) -> None:
        if self._entry is not None and isinstance(event, Final):
            self._entry.words(event.text, trio.current_time())
            self._look()

    async def _watch(self, by: PausedBy) -> None:
        """Look at the clock; what nobody ends is over at its longest, unless an operator has asked for it."""
        longest = trio.current_time() + self.plan.max_pause_seconds
        with trio.CancelScope() as self._scope:
            while self.by is not None:
                await trio.sleep(TICK_S)
                if self._entry is not None:
                    self._entry.handle_timers(trio.current_time())
                    self._look()
                if self.by not in (None, PausedBy.OPERATOR) and trio.current_time() >= longest:
                    self.end("time")

    def _look(self) -> None:
        entry, side = self._entry, self._side
        if entry is None or side is None or entry.state is not EntryState.COMPLETE:
            return
        valid, value = entry.number, entry.wipe()
        reference = self.vault.keep(value)
        self._timeline.add("card.collected", reference=reference, digits=len(value), checks=valid)
        says = "it may be a card number: its check digit fits" if valid else "it is no whole card number"
        side.caller.context.note(
            f"[{reference}] stands for the {len(value)} digits that the caller has just entered, and {says}."
            f" Give it to a tool as {reference}. Never ask him to say the digits."
        )
        if self.by is not PausedBy.OPERATOR:
            self.end("entry")
        # The conversation goes on with it as with a turn of his.
        side.caller.conversation.receive(FinalText(f"[{reference}]"))
