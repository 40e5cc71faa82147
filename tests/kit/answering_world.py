"""A far side for the answering machines: what it says and plays, on a clock of samples."""

from __future__ import annotations

from collections.abc import Mapping

from aywa.answering.handling import Handling, HandlingAction
from aywa.answering.plan import AnsweringPlan
from aywa.answering.tones import Tone

RATE = 8000
MESSAGE = "Please call us back."


class FarSide:
    """Whoever has answered; every method moves the time on and keeps what was done about it."""

    def __init__(self, plan: AnsweringPlan | None = None) -> None:
        self.handling = Handling(plan or AnsweringPlan(message=MESSAGE), 0)
        self.at = 0
        self.done: list[tuple[float, HandlingAction]] = []

    @property
    def outcome(self) -> str | None:
        """What was decided."""
        return None if self.handling.verdict is None else self.handling.verdict.outcome.name

    def quiet(self, seconds: float) -> FarSide:
        """Time passes; the machine is woken every 100 ms and at its deadlines."""
        end = self.at + round(seconds * RATE)
        while self.at < end:
            deadline = self.handling.deadline
            step = min(end, self.at + RATE // 10)
            self.at = min(step, deadline) if deadline is not None and deadline > self.at else step
            self.handling.advance(self.at)
            self._keep()
        return self

    def says(self, seconds: float, words: str = "") -> FarSide:
        """Speech, and its final 0.3 s after it if there are words."""
        begin = self.at
        self.quiet(0.05)
        self.handling.speech_started(begin, self.at)
        self.quiet(seconds - 0.05)
        end = self.at
        self.quiet(0.3)
        if words:
            self.handling.transcribed(words, self.at, final=True)
        self.handling.speech_stopped(end, self.at)
        self._keep()
        return self

    def plays(self, hz: float, seconds: float, second_hz: float = 0.0, voiced: bool = True) -> FarSide:
        """A tone, which the voice detector takes for speech unless told otherwise."""
        begin = self.at
        if voiced:
            self.handling.speech_started(begin, begin)
        self.quiet(min(0.1, seconds))
        if hz >= 500 or second_hz:
            self.handling.tone_began(Tone(begin, self.at, hz, hz, second_hz), self.at)
        self.quiet(seconds - min(0.1, seconds))
        end = self.at
        self.quiet(0.05)
        self.handling.tone_ended(Tone(begin, end, hz, hz, second_hz), self.at)
        if voiced:
            self.handling.speech_stopped(end, self.at)
        self._keep()
        return self

    def kinds(self) -> list[str]:
        """What was done, by name."""
        return [type(action).__name__ for _, action in self.done]

    def when(self, kind: type[HandlingAction]) -> float:
        """Seconds at which an action of this kind was done first."""
        return next(at for at, action in self.done if isinstance(action, kind))

    def _keep(self) -> None:
        self.done += [(self.at / RATE, action) for action in self.handling.actions()]


def plan(**values: object) -> AnsweringPlan:
    """A plan that leaves a message, with these fields."""
    fields: Mapping[str, object] = {"message": MESSAGE, **values}
    return AnsweringPlan(**fields)  # type: ignore[arg-type]
