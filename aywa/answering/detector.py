"""Who has answered: one verdict for each call, at the latest when its time is over.

```
            speech          speech stops
  SILENT ────────► SPEAKING ────────────► PAUSING      and from each of them: DECIDED
    ▲                  ▲ │ it was a tone      │
    └──────────────────┼─┘                    │
                       └──────────────────────┘ speech again
```

A person is only assumed while nobody speaks: whoever still speaks may yet say that he is a machine.
"""

from __future__ import annotations

from enum import Enum

from aywa.answering.evidence import evidence_of, probabilities
from aywa.answering.heard import Heard
from aywa.answering.outcomes import SAMPLES_PER_S, AnsweringVerdict, Cause, Evidence, Outcome
from aywa.answering.settings import AnsweringSettings
from aywa.answering.tones import ToneKind

TICK = SAMPLES_PER_S // 20  # samples between two looks while something changes
FAX_HZ = 2100.0
_LIKELY = 0.75  # of what it is, when it is certain that it is no person
_CERTAIN = 0.98  # the same while it speaks
_LONG_S = 12.0  # of speech: greetings are shorter
_FAX_LEAST = SAMPLES_PER_S * 9 // 10  # of that tone: longer than most beeps, and CED lasts 2.6 s and more


class DetectorState(Enum):
    """What is heard."""

    SILENT = "nobody has spoken yet"
    SPEAKING = "somebody or something speaks"
    PAUSING = "it spoke and has stopped"
    DECIDED = "the verdict is there and stays"


TRANSITIONS: tuple[tuple[DetectorState, str, DetectorState], ...] = (
    (DetectorState.SILENT, "speech", DetectorState.SPEAKING),
    (DetectorState.SPEAKING, "speech stops", DetectorState.PAUSING),
    (DetectorState.SPEAKING, "it was a tone", DetectorState.SILENT),
    (DetectorState.SILENT, "speech between two looks", DetectorState.PAUSING),
    (DetectorState.PAUSING, "speech again", DetectorState.SPEAKING),
    (DetectorState.PAUSING, "it was a tone", DetectorState.SILENT),
    (DetectorState.SILENT, "fax, network, key, silence, timeout, evidence", DetectorState.DECIDED),
    (DetectorState.SPEAKING, "fax, network, key, timeout, evidence", DetectorState.DECIDED),
    (DetectorState.PAUSING, "fax, network, key, timeout, evidence", DetectorState.DECIDED),
)


class AnsweringDetector:
    """Reads its verdict off what was heard; call `look` after every input and at the deadline."""

    def __init__(self, settings: AnsweringSettings, heard: Heard) -> None:
        self.state = DetectorState.SILENT
        self.verdict: AnsweringVerdict | None = None
        self._settings = settings
        self._heard = heard
        self._ends_at = heard.started_at + round(settings.detection_timeout_s * SAMPLES_PER_S)
        self._silent_until = heard.started_at + round(settings.silence_timeout_s * SAMPLES_PER_S)

    @property
    def deadline(self) -> int | None:
        """The sample at which to look again; None once it is decided."""
        if self.state is DetectorState.DECIDED:
            return None
        if self.state is DetectorState.SILENT and self._heard.tone is None:
            return min(self._ends_at, self._silent_until)
        return min(self._ends_at, self._heard.at + TICK)

    def look(self) -> AnsweringVerdict | None:
        """The verdict, once what was heard is enough."""
        if self.state is DetectorState.DECIDED:
            return self.verdict
        self._enter(self._state_now())
        if self._heard.elapsed_s < min(self._settings.start_at_s, self._settings.detection_timeout_s):
            return None
        if (cause := self._tone()) is not None:
            outcome = Outcome.FAX if cause is Cause.FAX_TONE else Outcome.UNKNOWN
            self._decide(outcome, cause, 1.0, ())
        elif self._heard.keys:
            self._decide(Outcome.HUMAN, Cause.KEY, 1.0, ())
        else:
            self._weigh()
        return self.verdict

    def _state_now(self) -> DetectorState:
        heard = self._heard
        if heard.speaks:
            return DetectorState.SPEAKING
        return DetectorState.PAUSING if heard.speech() else DetectorState.SILENT

    def _tone(self) -> Cause | None:
        """What a tone says on its own."""
        heard = self._heard
        sounding = heard.tone
        if sounding is not None and sounding.near(FAX_HZ, 30) and heard.at - sounding.start >= _FAX_LEAST:
            return Cause.FAX_TONE
        kinds = [kind for _, kind in heard.tones]
        if ToneKind.FAX_ANSWERS in kinds or any(kind is ToneKind.FAX_ANSWERS for _, kind in heard.before):
            return Cause.FAX_TONE
        if ToneKind.BUSY in kinds or ToneKind.INFORMATION in kinds:
            return Cause.NETWORK_TONE
        if ToneKind.RINGING in kinds or sounding is not None:
            self._silent_until = heard.at + round(self._settings.silence_timeout_s * SAMPLES_PER_S)
        return None

    def _weigh(self) -> None:
        heard, settings = self._heard, self._settings
        evidence = tuple(evidence_of(heard, settings))
        chances = probabilities(evidence)
        best = max(chances, key=lambda outcome: chances[outcome])
        known = len(evidence) > 1
        if known and self._enough(best, chances):
            self._decide(best, Cause.EVIDENCE, chances[best], evidence)
        elif heard.at >= self._ends_at:
            self._decide(best if known else Outcome.UNKNOWN, Cause.TIMEOUT, chances[best], evidence)
        elif self.state is DetectorState.SILENT and heard.at >= self._silent_until:
            self._decide(Outcome.UNKNOWN, Cause.SILENCE, 1.0, evidence)
        elif self.state is DetectorState.PAUSING and self._pause_s() >= settings.silence_timeout_s:
            self._decide(best, Cause.SILENCE, chances[best], evidence)

    def _enough(self, best: Outcome, chances: dict[Outcome, float]) -> bool:
        heard, settings = self._heard, self._settings
        pauses = self.state is not DetectorState.SPEAKING and heard.tone is None
        if best is Outcome.HUMAN:
            enough = pauses and self._pause_s() >= settings.least_pause_s
            return enough and chances[best] >= settings.probability
        if heard.words and sum(span.seconds for span in heard.speech()) < _LONG_S:
            # It is in no hurry: more words may tell a machine, an assistant and a menu apart.
            return chances[best] >= (_LIKELY if pauses else _CERTAIN) and self._no_person(chances)
        return chances[best] > 0.5 and self._no_person(chances)

    def _pause_s(self) -> float:
        """Since the last speech and the last tone; 0 while there was none or one goes on."""
        heard = self._heard
        ends = [span.end for span in heard.speech()[-1:]] + [tone.end for tone, _ in heard.tones[-1:]]
        return (heard.at - max(ends)) / SAMPLES_PER_S if ends and heard.tone is None else 0.0

    def _no_person(self, chances: dict[Outcome, float]) -> bool:
        return 1 - chances[Outcome.HUMAN] >= self._settings.probability

    def _decide(
        self, outcome: Outcome, cause: Cause, probability: float, evidence: tuple[Evidence, ...]
    ) -> None:
        heard = self._heard
        self.verdict = AnsweringVerdict(
            outcome, cause, heard.at, heard.elapsed_s, probability, evidence, heard.words
        )
        self._enter(DetectorState.DECIDED)

    def _enter(self, state: DetectorState) -> None:
        self.state = state
