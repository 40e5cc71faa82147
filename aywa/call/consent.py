"""Asks whether the call may be recorded, and does what follows from the answer.

```
  stay-on-line   message ──────────────────────────▶ the conversation begins
                        └─ waitSeconds ─▶ recorded
  verbal, key    message ─▶ his answer, heard by nobody else ─▶ recorded, or not ─▶ the conversation begins
```
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import trio

from aywa.call.call_recording import CallRecording
from aywa.call.capture import CallCapture
from aywa.call.conversation import Conversation
from aywa.call.keys import KeyPresses
from aywa.call.pauses import Pauses, Why
from aywa.call.timeline import Timeline
from aywa.call.transfers import Transfers
from aywa.errors import RequestError
from aywa.model.compliance_plan import ConsentPlan, KeyConsentPlan, StayConsentPlan
from aywa.ports.stt import Final, TranscriptEvent
from aywa.transfer.plan import Destination, Mode, TransferPlan
from aywa.turn.events import EndTurn, Hushed, SayRequest, Trigger
from aywa.turn.heard import SAMPLES_PER_MS
from aywa.turn.recording_consent import (
    AskAgain,
    ConsentKind,
    ConsentSettings,
    ConsentState,
    RecordingConsent,
    Settled,
)
from aywa.turn.words import heard_words

TICK_S = 0.05
DECLINED = {
    "en": "All right, this call is not recorded.",
    "de": "In Ordnung, dieses Gespräch wird nicht aufgezeichnet.",
    "es": "De acuerdo, esta llamada no se graba.",
    "fr": "D'accord, cet appel n'est pas enregistré.",
    "it": "Va bene, questa chiamata non viene registrata.",
    "pt": "Tudo bem, esta chamada não será gravada.",
    "ru": "Хорошо, этот разговор не записывается.",
}
STOPPED = {
    "en": "The recording has been stopped.",
    "de": "Die Aufzeichnung ist beendet.",
    "es": "La grabación se ha detenido.",
    "fr": "L'enregistrement est arrêté.",
    "it": "La registrazione è stata interrotta.",
    "pt": "A gravação foi interrompida.",
    "ru": "Запись остановлена.",
}


def in_language(sentences: dict[str, str], language: str) -> str:
    """The sentence in the language of a tag; in English for others."""
    return sentences.get(language.partition("-")[0].lower(), sentences["en"])


def consent_settings(plan: ConsentPlan) -> ConsentSettings:
    """The plan's, for the machine."""
    kind = ConsentKind(plan.type)
    if isinstance(plan, StayConsentPlan):
        return ConsentSettings(kind, wait_s=plan.wait_seconds)
    key = plan.key if isinstance(plan, KeyConsentPlan) else "1"
    return ConsentSettings(kind, answer_s=plan.answer_seconds, key=key)


@dataclass(frozen=True, slots=True)
class ConsentParts:
    """What of a call has to do with it."""

    conversation: Conversation
    recording: CallRecording
    capture: CallCapture
    pauses: Pauses
    transfers: Transfers
    timeline: Timeline
    told: Callable[[dict[str, object]], None]  # what the record says
    language: str
    transfer_mode: str
    machine: Callable[[], bool]  # no person has answered


class Asking:
    """One call's. `begin` says the message; `greet` follows when the conversation may begin."""

    def __init__(self, plan: ConsentPlan, parts: ConsentParts, greet: Callable[[], None]) -> None:
        self.machine = RecordingConsent(consent_settings(plan))
        self._plan = plan
        self._parts = parts
        self._greet = greet
        self._waits = not isinstance(plan, StayConsentPlan)  # the conversation does, for the answer
        self._attempt = 0
        self._message = heard_words(plan.message)

    def begin(self, keys: KeyPresses) -> None:
        """Say the message; the call has begun and nobody speaks."""
        conversation = self._parts.conversation
        conversation.turn_over.append(self._turn_over)
        conversation.asking = self._transcribed
        keys.asking = self._pressed
        self._ask()
        if not self._waits:
            self._greet()

    async def serve(self) -> None:
        """Keep the time until it is settled."""
        while self.machine.open:
            await trio.sleep(TICK_S)
            sample = self._parts.recording.sample
            if self._parts.machine():
                self.machine.withdraw(sample)
            self.machine.handle_timers(trio.current_time(), sample)
            self._act()

    def _ask(self) -> None:
        self._attempt += 1
        self._parts.timeline.add(
            "consent.asked", type=self._plan.type, message=self._plan.message, attempt=self._attempt
        )
        self._hush(False)
        self._parts.conversation.receive(SayRequest(self._plan.message, protected=True))

    def _hush(self, on: bool) -> None:
        """While his answer is waited for nothing is said, and silence is not the conversation's."""
        if self._waits:
            if not on:  # what he said was for us: the endpointer begins anew, and nobody waits for its words
                self._parts.conversation.receive(Hushed(True))
                self._parts.conversation.receive(Hushed(False))
            self._parts.pauses.hold(Why.CONSENT, on)
            self._parts.pauses.hush(Why.CONSENT, on)

    def _turn_over(self, turn: EndTurn) -> None:
        """Synchronously behind the last sample: who answers at once is heard by us."""
        if self.machine.state is not ConsentState.ANNOUNCING:
            return
        heard = heard_words(turn.heard)
        if turn.interrupted and heard and heard == self._message[: len(heard)]:
            self.machine.message_over(trio.current_time(), self._parts.recording.sample, heard=False)
        elif heard == self._message:
            self.machine.message_over(trio.current_time(), self._parts.recording.sample, heard=True)
            self._hush(True)
        elif not heard and turn.trigger is Trigger.OPERATOR:
            self.machine.message_over(trio.current_time(), self._parts.recording.sample, heard=False)

    def _transcribed(self, event: TranscriptEvent) -> bool:
        """What is said; True: it is ours, and not the conversation's."""
        if not self.machine.open:
            return False
        if isinstance(event, Final):
            self.machine.words(event.text, trio.current_time(), self._parts.recording.sample)
            settled = not self.machine.open
            self._act()
            return self._waits or settled
        return self._waits

    def _pressed(self, key: str) -> bool:
        if not self.machine.open:
            return False
        self.machine.key(key, self._parts.recording.sample)
        self._act()
        return self._waits

    def _act(self) -> None:
        for action in self.machine.actions():
            match action:
                case AskAgain():
                    self._ask()
                case Settled():
                    self._settled(action)

    def _settled(self, settled: Settled) -> None:
        parts, given = self._parts, settled.state is ConsentState.GIVEN
        offset_ms = settled.sample // SAMPLES_PER_MS
        proof: dict[str, object] = {"type": self._plan.type, "status": settled.state.name.lower()}
        said: dict[str, object] = {"offsetMs": offset_ms}
        if settled.phrase:
            said["phrase"] = settled.phrase
        if settled.key:
            said["key"] = settled.key
        if given:
            parts.capture.bare(Why.CONSENT, False)
            parts.recording.consent(settled.sample)
        else:
            parts.recording.refused()
        parts.told({**proof, **said, "message": self._plan.message, "granted": given})
        parts.timeline.add(
            f"consent.{settled.state.name.lower()}",
            type=self._plan.type,
            offset_ms=offset_ms,
            phrase=settled.phrase,
            key=settled.key,
        )
        self._hush(False)
        if given or parts.machine():
            self._go_on()
        else:
            self._declined()

    def _go_on(self) -> None:
        if self._waits:
            self._greet()

    def _declined(self) -> None:
        plan, parts = self._plan.decline_plan, self._parts
        text = in_language(DECLINED, parts.language) if plan.message is None else plan.message.strip()
        if plan.action == "end-call":
            parts.conversation.receive(SayRequest(text or DECLINED["en"], interrupt=True, end_call=True))
            return
        if text and plan.action == "continue":
            parts.conversation.receive(SayRequest(text))
        if plan.action == "transfer" and self._transfer(plan.destination or "", plan.message or ""):
            return
        self._go_on()

    def _transfer(self, whom: str, text: str) -> bool:
        destination = Destination(number=whom) if whom.startswith("+") else Destination(sip_uri=whom)
        plan = TransferPlan(destination, Mode(self._parts.transfer_mode), announcement=text.strip())
        try:
            self._parts.transfers.start(plan)
        except RequestError as error:
            self._parts.timeline.add("consent.transfer_failed", detail=error.detail)
            return False
        return True
