"""Finds out whether a mailbox, or a fax, has answered where a colleague was expected.

The same verdict as for calls out (`aywa.answering`) on the colleague's leg, and the beep of a mailbox behind
speech even after it. To take a colleague for a machine is worse here than the other way round, as nobody
waits for the message: only what was heard counts, never a deadline, and long speech alone weighs less.
"""

from __future__ import annotations

from collections.abc import Callable

from aywa.answering.detector import AnsweringDetector
from aywa.answering.ear import ToneEar
from aywa.answering.heard import Heard
from aywa.answering.outcomes import AnsweringVerdict, Cause, Outcome
from aywa.answering.settings import AnsweringSettings
from aywa.answering.tones import Tone, ToneKind, kind_of
from aywa.ports.stt import Final, TranscriptEvent

_REMEMBERED = 8  # tones before: what comes again and again is the network's
_MACHINE_TONES = (ToneKind.BEEP, ToneKind.FAX_ANSWERS)
_MACHINES = (Outcome.MACHINE, Outcome.FAX)
_HEARD = (Cause.EVIDENCE, Cause.FAX_TONE)
_SETTINGS = AnsweringSettings(
    detection_timeout_s=59.0,
    silence_timeout_s=59.0,  # a colleague is silent while he is told about the call
    speech_threshold_s=4.0,  # a name, a department, a question: colleagues say more than "Hello?"
    probability=0.95,
)


def _ignore(verdict: AnsweringVerdict) -> None:
    """For those who do not keep it."""


class MachineEar:
    """Taps a leg's uplink and its transcripts; `suspect` is called once, synchronously."""

    def __init__(
        self,
        suspect: Callable[[], None],
        decided: Callable[[AnsweringVerdict], None] = _ignore,
        started_at: int = 0,
    ) -> None:
        """`decided` hears the verdict, whatever it is; `started_at`: the timeline sample of the answer."""
        self._suspect = suspect
        self._decided = decided
        self._ear = ToneEar()
        self._heard = Heard(started_at)
        self._detector = AnsweringDetector(_SETTINGS, self._heard)
        self._before: list[tuple[Tone, ToneKind]] = []
        self._spoken = False
        self._told = False

    def feed(self, pcm: bytes, end_sample: int) -> None:
        """Audio of 16 kHz, S16LE mono, up to this timeline sample (8 kHz)."""
        if self._told:
            return
        for heard in self._ear.feed_uplink(pcm, end_sample):
            if heard.ended and not heard.tone.second_hz:  # two tones at once are a key
                self._heard.tone_ended(heard.tone)
                self._take(heard.tone)
        for sample, mean_square in self._ear.levels():
            self._heard.level(sample, mean_square)
        self._look(end_sample)

    def speech_started(self, sample: int) -> None:
        """Speech began there; a beep before that is the network's."""
        self._spoken = True
        self._heard.speech_started(sample)
        self._look(sample)

    def speech_stopped(self, sample: int) -> None:
        """Speech ended there."""
        self._heard.speech_stopped(sample)
        self._look(sample)

    def transcribed(self, event: TranscriptEvent) -> None:
        """Words came. Tell them here before the conversation, which may take them for an answer."""
        self._heard.transcribed(event.text, final=isinstance(event, Final))
        self._look(self._heard.at)

    def _look(self, at: int) -> None:
        self._heard.advance(at)
        if self._detector.verdict is not None or self._told:
            return
        if (verdict := self._detector.look()) is not None:
            if verdict.outcome in _MACHINES and verdict.cause in _HEARD:
                self._tell()
            self._decided(verdict)

    def _take(self, tone: Tone) -> None:
        kind = kind_of(tone, self._before, spoken=self._spoken)
        self._before = [*self._before, (tone, kind)][-_REMEMBERED:]
        if kind in _MACHINE_TONES:
            self._tell()

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            self._suspect()
