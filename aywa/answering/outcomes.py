"""What can answer a call, and a verdict with everything it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

SAMPLES_PER_S = 8000  # of a leg's timeline, in which all positions of this package count


class Outcome(Enum):
    """Who or what has answered. `FAX` and `UNKNOWN` are the two halves of "nobody to talk to"."""

    HUMAN = "a person"
    MACHINE = "an answering machine or a voicemail system"
    SCREENING = "a phone's assistant that asks who is calling"
    IVR = "a menu or a queue"
    FAX = "a fax machine or a modem"
    UNKNOWN = "nothing that could be told"


class Cause(Enum):
    """What settled a verdict."""

    EVIDENCE = "the odds reached what the settings ask for"
    FAX_TONE = "an answering fax's tone"
    NETWORK_TONE = "busy, or special information tones: the network speaks"
    KEY = "a key was pressed"
    SILENCE = "nothing was heard for too long"
    TIMEOUT = "the longest time was over: the likeliest so far"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for or against: `weights` are log-odds against a person, by outcome."""

    name: str
    value: float | str
    weights: tuple[tuple[Outcome, float], ...]

    def record(self) -> dict[str, object]:
        """As the timeline keeps it."""
        weights = {outcome.name.lower(): round(weight, 2) for outcome, weight in self.weights}
        value = round(self.value, 3) if isinstance(self.value, float) else self.value
        return {"name": self.name, "value": value, "weights": weights}


@dataclass(frozen=True, slots=True)
class AnsweringVerdict:
    """Who has answered, decided at `sample` of the leg's timeline. It never changes.

    `probability` of the outcome, 0..1, under the model of `evidence`; `words` is all that was understood.
    """

    outcome: Outcome
    cause: Cause
    sample: int
    elapsed_s: float
    probability: float
    evidence: tuple[Evidence, ...] = ()
    words: str = ""

    def record(self) -> dict[str, object]:
        """The decision with its inputs, as the timeline keeps it."""
        return {
            "outcome": self.outcome.name.lower(),
            "cause": self.cause.name.lower(),
            "sample": self.sample,
            "elapsed_s": round(self.elapsed_s, 3),
            "probability": round(self.probability, 3),
            "evidence": [each.record() for each in self.evidence],
            "words": self.words,
        }
