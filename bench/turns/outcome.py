"""What is judged of each act. Milliseconds; None where there was nothing to measure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class PauseOutcome:
    """A pause inside a sentence, and whether the assistant began to speak before the sentence went on to its
    end.
    """

    ms: float
    cut_in: bool


@dataclass(slots=True)
class Outcome:
    """One act of one dialogue."""

    dialogue: str
    language: str
    act: int
    what: str  # "turn", "interruption", "idle", or the kind of the sound over the answer
    prompt: str
    begun: float
    pauses: list[PauseOutcome] = field(default_factory=list)
    spoke_over: bool = False  # began to speak while words came, not in a pause
    response_ms: float | None = None
    answered: bool = True
    complete: bool = True  # the model was given all words of the turn
    yield_ms: float | None = None
    missed: bool = False
    taken_back: bool = False  # the interrupted answer went on although the caller meant it
    echoed: bool = False  # the telephone returned our speech meanwhile
    cut: bool = False  # a sound stopped the answer
    resumed_after_ms: float | None = None  # from the sound's end; below 0 during it
    jump: int | None = None  # samples left out (above 0) or said twice where it went on
    stays: bool = False
    said: bool = False  # something was said into the silence
    heard_error: int | None = None  # words
    stale: int = 0  # samples of what had been dropped
    request_ms: float | None = None  # from the decision to the model's request
    out_ms: float | None = None  # from the first byte of speech to the first sample received
    loss: float = 0.0
    why: list[str] = field(default_factory=list)  # the trace of what went wrong

    @property
    def failures(self) -> list[str]:
        """What of it a caller would complain about."""
        told = {
            "cut in": any(pause.cut_in for pause in self.pauses),
            "spoke over": self.spoke_over,
            "no answer": not self.answered,
            "words left out": not self.complete,
            "slow answer": (self.response_ms or 0) > 1100,
            "missed interruption": self.missed,
            "slow yield": (self.yield_ms or 0) > 60,
            "taken back": self.taken_back,
            "stays interrupted": self.stays,
            "said into idle noise": self.said,
            "heard text": (self.heard_error or 0) > 1,
            "stale audio": self.stale > 0,
        }
        return [name for name, wrong in told.items() if wrong]
