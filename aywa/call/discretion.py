"""What one call may keep, and what its caller is told: recording, consent, disclosure, card data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import trio

from aywa.call.call_recording import CallRecording, wants_recording
from aywa.call.caller_side import CallerSide
from aywa.call.capture import CallCapture
from aywa.call.card_pause import CardPause, CardSide
from aywa.call.consent import STOPPED, Asking, ConsentParts, in_language
from aywa.call.control import LineAction
from aywa.call.dependencies import CallDependencies
from aywa.call.disclosing import Disclosing
from aywa.call.hearing import Hearing
from aywa.call.media_port import LegPort
from aywa.call.pauses import Pauses, Why
from aywa.call.private_tools import PrivateTools, takes_card_data
from aywa.call.timeline import Timeline
from aywa.call.transcript import Transcript
from aywa.call.transfers import Transfers
from aywa.model.base import iso_ms
from aywa.model.compliance_plan import CompliancePlan
from aywa.ports.tools import ToolBox
from aywa.turn.consent_phrases import stops_recording
from aywa.turn.events import Respond, SayRequest
from aywa.turn.recording_gate import RecordingState

RECORDING_ACTIONS = frozenset(
    {LineAction.STOP_RECORDING, LineAction.PAUSE_RECORDING, LineAction.RESUME_RECORDING}
)
CARD_ACTIONS = frozenset({LineAction.PAUSE_CARD, LineAction.RESUME_CARD})


@dataclass(frozen=True, slots=True)
class Opened:
    """The call talks: what there is then."""

    side: CallerSide
    hearing: Hearing
    nursery: trio.Nursery
    machine: Callable[[], bool]  # no person has answered


class Discretion:
    """One call's."""

    def __init__(
        self,
        dependencies: CallDependencies,
        timeline: Timeline,
        transcript: Transcript,
        capture: CallCapture,
        changed: Callable[[dict[str, object]], None],
    ) -> None:
        """`changed` gets what the record of the call says of all this."""
        assistant = dependencies.assistant
        found = None if assistant is None else assistant.compliance_plan
        self.plan = found or CompliancePlan.model_validate({})
        wanted = wants_recording(dependencies.settings.record, assistant)
        self._consent = self.plan.recording_consent_plan if wanted else None
        self._changed: Callable[[dict[str, object]], None] | None = changed
        self._told: dict[str, object] = {}
        self._timeline = timeline
        self._transcript = transcript
        self._capture = capture
        self._clock = dependencies.clock
        self._turn = dependencies.turn_settings()
        self._transfer_mode = dependencies.settings.transfer_mode
        self._opened: Opened | None = None
        self._box: ToolBox | None = None
        self.recording = CallRecording(
            timeline, self._recorded, wanted=wanted, waits=self._consent is not None
        )
        self.card = CardPause(
            self.plan.card_plan, self.recording, capture, timeline, lambda: self._takes_card_data
        )
        self.disclosing = Disclosing(self._turn, timeline, self._disclosed)
        timeline.veil = self.card.veil.over
        transcript.veil = self.card.vault.scrub_text
        if self._consent is not None:
            capture.bare(Why.CONSENT, True)
            self._withhold(self._consent.transcript_after_consent)

    @property
    def private(self) -> bool:
        """Whether nobody may listen to the call, or be shown what is said, at the moment."""
        return self.card.active

    def tools(self, box: ToolBox) -> ToolBox:
        """The call's tools, with what keeps card data out of them."""
        self._box = box
        offers = self._consent is not None
        return PrivateTools(box, self.card, self.recording, may_stop=lambda: offers)

    @property
    def _takes_card_data(self) -> bool:
        return self._box is not None and takes_card_data(self._box)

    def heard_on(self, leg: LegPort) -> None:
        """The caller's leg."""
        self.recording.attach(leg)

    def open(self, opened: Opened) -> None:
        """The call talks."""
        self._opened = opened
        self.card.attach(CardSide(opened.side, opened.hearing, opened.nursery))
        conversation = opened.side.conversation
        conversation.noticed = self._noticed
        conversation.turn_over.append(self.disclosing.turn_over)

    def close(self) -> None:
        """The call is over; what it has kept is on its way."""
        self.card.detach()
        self._opened = None

    def forget(self) -> None:
        """The record is closed: let go of the call, and of what nobody may read."""
        self.card.forget()
        self.recording.forget()
        self.disclosing.forget()
        self._changed = self._box = None

    def announce(self, transfers: Transfers, pauses: Pauses, *, greets: bool) -> bool:
        """Say what is to be said before the conversation; False when there is nothing.

        The conversation then begins when it may: with the greeting, if it `greets`.
        """
        opened = self._opened
        assert opened is not None, "open it first"
        conversation = opened.side.conversation

        def greet() -> None:
            if greets and self._turn.greet:
                conversation.receive(Respond(first_message=True))

        if self._consent is not None:
            self.disclosing.said(self._consent.message)
            parts = ConsentParts(
                conversation,
                self.recording,
                self._capture,
                pauses,
                transfers,
                self._timeline,
                self._consented,
                self._language,
                self._transfer_mode,
                opened.machine,
            )
            asking = Asking(self._consent, parts, greet)
            asking.begin(opened.side.keys)
            opened.nursery.start_soon(asking.serve, name="consent")
            return True
        first = [self.plan.recording_disclosure or ""] if self.recording.gate.begun else []
        for text in first:
            self.disclosing.said(text)
        if self._turn.speaking.first_recorded and greets:
            first.append(self.disclosing.due)
        said = [text for text in first if text]
        for text in said:
            conversation.receive(SayRequest(text, protected=True))
        if said:
            greet()
        return bool(said)

    @property
    def announces(self) -> bool:
        """Whether something is said before the conversation."""
        if self._consent is not None:
            return True
        discloses = bool(self.plan.recording_disclosure) and self.recording.gate.begun
        return discloses or (self._turn.speaking.first_recorded and bool(self.disclosing.due))

    def obey(self, action: LineAction) -> None:
        """An operator. Raises RequestError (409)."""
        if action in CARD_ACTIONS:
            self.card.obey(action.value)
        else:
            self.recording.obey(action.value)
        self._timeline.add("control.line", action=action.value)

    @property
    def _language(self) -> str:
        return self._turn.endpointing.language or self._turn.speaking.language

    def _noticed(self, text: str) -> None:
        """A caller who does not want to be recorded any more is obeyed at once, and told."""
        if self.recording.gate.state not in (RecordingState.ON, RecordingState.PAUSED):
            return
        phrase = stops_recording(text)
        if phrase and self.recording.stop("caller", phrase) and self._opened is not None:
            side = self._opened.side
            side.context.note("The caller asked for the recording to be stopped. It has been stopped.")
            side.conversation.receive(SayRequest(in_language(STOPPED, self._language)))

    def _withhold(self, on: bool) -> None:
        self.card.veil.words = on
        self._transcript.withheld = on

    # --- the record -----------------------------------------------------------------------------------------

    def _consented(self, proof: dict[str, object]) -> None:
        granted = bool(proof.pop("granted"))
        if granted:
            self._withhold(False)
        self._told["recordingConsent"] = {
            **proof,
            "grantedAt" if granted else "settledAt": iso_ms(self._clock()),
        }
        self._recorded()

    def _disclosed(self, told: dict[str, object]) -> None:
        self._told["aiDisclosure"] = told
        self._recorded()

    def _recorded(self) -> None:
        recording = self.recording.record()
        if recording:
            self._told["recording"] = recording
        if self._changed is not None:
            self._changed(dict(self._told))
