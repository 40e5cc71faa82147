"""When a machine's greeting is over and a message may be left: after its beep, quiet, or the longest wait.

A beep that ended before the machine was recognised counts: its sound may be what gave it away.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from aywa.answering.heard import Heard
from aywa.answering.outcomes import SAMPLES_PER_S
from aywa.answering.settings import AnsweringSettings


class GreetingState(Enum):
    """Where a greeting is."""

    GREETING = "the machine speaks"
    PAUSED = "it has stopped; more, or a beep, may follow"
    BEEPING = "a beep sounds"
    SETTLING = "a beep is over; another may follow"
    OVER = "a message may be left"


class EndedBy(Enum):
    """What ended the greeting."""

    BEEP = "a beep"
    QUIET = "quiet, and no beep in it"
    TIMEOUT = "the longest wait for a beep was over"


@dataclass(frozen=True, slots=True)
class GreetingEnd:
    """A message may be left from `sample` on. `beep_hz`, `beep_end`: of the beep, if there was one."""

    by: EndedBy
    sample: int
    beep_hz: float = 0.0
    beep_end: int | None = None


TRANSITIONS: tuple[tuple[GreetingState, str, GreetingState], ...] = (
    (GreetingState.GREETING, "speech stops", GreetingState.PAUSED),
    (GreetingState.PAUSED, "speech again", GreetingState.GREETING),
    (GreetingState.GREETING, "a tone begins", GreetingState.BEEPING),
    (GreetingState.PAUSED, "a tone begins", GreetingState.BEEPING),
    (GreetingState.BEEPING, "it was a beep", GreetingState.SETTLING),
    (GreetingState.BEEPING, "it was none", GreetingState.PAUSED),
    (GreetingState.SETTLING, "another tone", GreetingState.BEEPING),
    (GreetingState.SETTLING, "quiet", GreetingState.OVER),
    (GreetingState.PAUSED, "quiet for long", GreetingState.OVER),
    *((state, "the longest wait", GreetingState.OVER) for state in list(GreetingState)[:4]),
)


class Greeting:
    """Follows the greeting of a recognised machine; call `look` after every input and at the deadline."""

    def __init__(self, settings: AnsweringSettings, heard: Heard) -> None:
        self.state = GreetingState.GREETING
        self.end: GreetingEnd | None = None
        self._settings = settings
        self._heard = heard
        self._ends_at = heard.started_at + round(settings.beep_max_await_s * SAMPLES_PER_S)

    @property
    def deadline(self) -> int | None:
        """The sample at which to look again; None once it is over."""
        if self.state is GreetingState.OVER:
            return None
        return max(self._heard.at + 1, min([self._ends_at, *self._soon()]))

    def look(self) -> GreetingEnd | None:
        """The greeting's end, once it is there."""
        heard, settings = self._heard, self._settings
        if self.end is not None:
            return self.end
        beep = heard.beep()
        speech = heard.speech()
        last = speech[-1].end if speech else heard.started_at
        if heard.tone is not None:
            self._enter(GreetingState.BEEPING)
        elif beep is not None and last <= beep.end + settings.beep_settle_s * SAMPLES_PER_S:
            self._enter(GreetingState.SETTLING)
            if heard.at >= beep.end + settings.beep_settle_s * SAMPLES_PER_S:
                self._over(GreetingEnd(EndedBy.BEEP, heard.at, beep.last_hz, beep.end))
        elif heard.speaks:
            self._enter(GreetingState.GREETING)
        else:
            self._enter(GreetingState.PAUSED)
            if heard.at >= last + settings.greeting_silence_s * SAMPLES_PER_S:
                self._over(GreetingEnd(EndedBy.QUIET, heard.at))
        if self.end is None and heard.at >= self._ends_at:
            self._over(GreetingEnd(EndedBy.TIMEOUT, heard.at))
        return self.end

    def _soon(self) -> list[int]:
        heard, settings = self._heard, self._settings
        if self.state is GreetingState.SETTLING and (beep := heard.beep()) is not None:
            return [beep.end + round(settings.beep_settle_s * SAMPLES_PER_S)]
        if self.state is GreetingState.PAUSED:
            speech = heard.speech()
            last = speech[-1].end if speech else heard.started_at
            return [last + round(settings.greeting_silence_s * SAMPLES_PER_S)]
        return []

    def _over(self, end: GreetingEnd) -> None:
        self.end = end
        self._enter(GreetingState.OVER)

    def _enter(self, state: GreetingState) -> None:
        self.state = state
