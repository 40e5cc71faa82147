"""What is said while a tool takes its time: at its start, after a while, or nothing when it is quick.

A filler goes behind what was said before and in front of what comes after, in the same turn: it is never over
the answer. When the tool has answered, those that were not said yet are dropped.
"""

from __future__ import annotations

from aywa.turn.speaking_settings import FillerSettings
from aywa.turn.tool_messages import MessageKind, ToolMessage


class Fillers:
    """Of one call. `now` is monotonic seconds."""

    def __init__(self, settings: FillerSettings, seed: int = 0) -> None:
        self._settings = settings
        self._seed = seed
        self._said = 0
        self._due: list[tuple[float, str]] = []
        self._turn = 0
        self._spent = False  # the usual filler, of this turn

    def tool_started(self, turn: int, messages: tuple[ToolMessage, ...], now: float) -> str | None:
        """A tool of this turn runs; what to say at once. Its own messages replace the usual filler."""
        if turn != self._turn:
            self._turn, self._spent = turn, False
        self._due = []
        begins = [message.text for message in messages if message.kind is MessageKind.START]
        delayed = [message for message in messages if message.kind is MessageKind.DELAYED]
        self._due = sorted((now + message.delay_s, message.text) for message in delayed)
        usual = self._settings
        if not (begins or delayed or self._spent) and usual.phrases and usual.delay_s is not None:
            self._due = [(now + usual.delay_s, "")]
        return self._choose(tuple(begins)) if begins else None

    def tool_finished(self) -> None:
        """It has answered: nothing need be said any more."""
        self._due = []

    @property
    def deadline(self) -> float | None:
        """When something is to be said next."""
        return self._due[0][0] if self._due else None

    def due(self, now: float, silent_from: float) -> str | None:
        """What is to be said now. Not before `silent_from`, when what was said before has been played."""
        if not self._due or now < self._due[0][0]:
            return None
        _, text = self._due.pop(0)
        wait_s = (self._settings.delay_s or 0.0) if not text else 0.0
        if now < silent_from + wait_s:
            self._due.insert(0, (silent_from + wait_s, text))
            return None
        if text:
            return text
        self._spent = True
        return self._choose(self._settings.phrases)

    def _choose(self, variants: tuple[str, ...]) -> str:
        """One of them, another than the last time."""
        chosen = variants[(self._seed + self._said) % len(variants)]
        self._said += 1
        return chosen
