"""Whether one call is recorded: what the gate decides, told to recorders, timeline and the call's record."""

from __future__ import annotations

from collections.abc import Callable

import trio

from aywa.call.media_port import LegPort
from aywa.call.timeline import Timeline
from aywa.errors import RequestError
from aywa.model.assistant import Assistant
from aywa.settings import RecordCalls
from aywa.turn.heard import SAMPLES_PER_MS
from aywa.turn.recording_gate import Pause, RecordingGate, RecordingState

_NS_PER_SAMPLE = 125_000


def wants_recording(rule: RecordCalls, assistant: Assistant | None) -> bool:
    """By the settings, and what the assistant says, with what the call says otherwise."""
    if rule is RecordCalls.NONE:
        return False
    plan = None if assistant is None else assistant.artifact_plan
    said = None if plan is None else plan.recording_enabled
    return rule is RecordCalls.EACH if said is None else said


def _nobody() -> None:
    """Nobody keeps a record any more."""


class CallRecording:
    """One call's. `attach` it to the leg whose samples positions are."""

    def __init__(
        self, timeline: Timeline, changed: Callable[[], None], *, wanted: bool, waits: bool = False
    ) -> None:
        """`changed`: the record of the call has. `waits`: for consent."""
        self.gate = RecordingGate(wanted=wanted, waits=waits)
        self.begun = trio.Event()
        self.ended = trio.Event()
        if self.gate.begun:
            self.begun.set()
        self._timeline = timeline
        self._changed = changed
        self._leg: LegPort | None = None
        self._stopped: dict[str, object] = {}

    def attach(self, leg: LegPort) -> None:
        """The caller's leg."""
        self._leg = leg

    def forget(self) -> None:
        """The record is closed: let go of the call, which holds this."""
        self._changed, self._leg = _nobody, None

    @property
    def sample(self) -> int:
        """Where the call is; 0 before it has media."""
        return 0 if self._leg is None else self._leg.timeline

    @property
    def leg_start_ns(self) -> int:
        """When sample 0 is, on the engine's clock; 0 while that is not known."""
        return 0 if self._leg is None else self._leg.start_ns

    def consent(self, sample: int) -> None:
        """He has agreed: record from this sample on."""
        if self.gate.consent(sample):
            self._timeline.add("recording.started", sample=sample, offset_ms=sample // SAMPLES_PER_MS)
            self.begun.set()
            self._changed()

    def refused(self) -> None:
        """Nothing is recorded."""
        if self.gate.no_consent():
            self.ended.set()
            self._changed()

    def pause(self, why: Pause) -> bool:
        """Silence from now on; False if it was for this reason already, or nothing is recorded."""
        sample = self.sample
        if not self.gate.goes_on or not self.gate.pause(why, sample):
            return False
        self._timeline.add(
            "recording.paused", why=why.value, sample=sample, offset_ms=sample // SAMPLES_PER_MS
        )
        self._changed()
        return True

    def resume(self, why: Pause) -> bool:
        """Go on, unless somebody else wants silence."""
        sample = self.sample
        if not self.gate.resume(why, sample):
            return False
        self._timeline.add(
            "recording.resumed", why=why.value, sample=sample, offset_ms=sample // SAMPLES_PER_MS
        )
        self._changed()
        return True

    def stop(self, by: str, phrase: str = "") -> bool:
        """End the recording here, for good; False when none is made."""
        sample = self.sample
        if not self.gate.stop(sample):
            return False
        self._stopped = {"by": by, "offsetMs": sample // SAMPLES_PER_MS}
        if phrase:
            self._stopped["phrase"] = phrase
        self._timeline.add(
            "recording.stopped", by=by, phrase=phrase, sample=sample, offset_ms=sample // SAMPLES_PER_MS
        )
        self.ended.set()
        self._changed()
        return True

    def obey(self, action: str) -> None:
        """An operator's stop, pause or resume, as in `LineAction`. Raises RequestError (409)."""
        if not self.gate.goes_on:
            raise RequestError("The call is not being recorded", http_status=409, code="not-recorded")
        if action == "stop-recording":
            self.stop("operator")
        elif action == "pause-recording":
            if not self.pause(Pause.OPERATOR):
                raise RequestError("The recording is paused", http_status=409, code="recording-paused")
        elif not self.resume(Pause.OPERATOR):
            raise RequestError("The recording is not paused", http_status=409, code="recording-not-paused")

    def record(self) -> dict[str, object]:
        """For the call's record; {} where there is nothing to say."""
        gate = self.gate
        told: dict[str, object] = {}
        if gate.pauses:
            told["pauses"] = [
                {
                    "startMs": pause.start // SAMPLES_PER_MS,
                    "endMs": None if pause.end is None else pause.end // SAMPLES_PER_MS,
                    "why": pause.why,
                }
                for pause in gate.pauses
            ]
        if gate.begun and gate.start:
            told["startMs"] = gate.start // SAMPLES_PER_MS
        if self._stopped:
            told["stopped"] = self._stopped
        return told

    @property
    def wanted(self) -> bool:
        """Whether it is, or may still be, recorded."""
        return self.gate.state is not RecordingState.OFF


class RecordingView:
    """What a recorder of one leg needs to know; of the caller's own, or of a colleague's beside it."""

    def __init__(self, recording: CallRecording, leg: LegPort) -> None:
        self.begun = recording.begun
        self.ended = recording.ended
        self._recording = recording
        self._leg = leg

    def kept(self, frames: bytes, first: int, scale: int) -> bytes:
        """The frames as they may be kept, the first at frame `first` of this leg."""
        return self._recording.gate.kept(frames, first + self._offset * scale, scale)

    def over(self, first: int, scale: int) -> bool:
        """Whether nothing from this frame on is kept."""
        end = self._recording.gate.end
        return end is not None and first + self._offset * scale >= end * scale

    @property
    def _offset(self) -> int:
        """The caller's sample where this leg's sample 0 is."""
        if not self._leg.start_ns:
            return 0
        return round((self._leg.start_ns - self._recording.leg_start_ns) / _NS_PER_SAMPLE)
