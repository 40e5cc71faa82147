"""Key presses as one utterance: complete at a delimiter, or when no other key follows in time."""

from __future__ import annotations

from dataclasses import dataclass

_FORGOTTEN_S = 30.0  # a delimiter that has not come by then will not: what was pressed is taken


@dataclass(frozen=True, slots=True)
class KeypadSettings:
    """How keys become an utterance."""

    enabled: bool = True  # False: keys mean nothing
    wait_s: float = 2.0  # people type with pauses of up to about 1.5 s; 0: the delimiter alone ends it
    delimiter: str = "#"  # or `*`; "": none


class Keypad:
    """The keys of one utterance. `now` is monotonic seconds."""

    def __init__(self, settings: KeypadSettings) -> None:
        self.deadline: float | None = None
        self._settings = settings
        self._keys = ""

    @property
    def idle(self) -> bool:
        """Whether no key waits for another."""
        return self.deadline is None

    def press(self, digit: str, now: float) -> str:
        """Take a key; the complete utterance if it ends one, else ""."""
        settings = self._settings
        if digit == settings.delimiter:
            return self.take()
        self._keys += digit
        if not settings.wait_s and not settings.delimiter:
            return self.take()
        self.deadline = now + (settings.wait_s or _FORGOTTEN_S)
        return ""

    def due(self, now: float) -> str:
        """The utterance, if its pause is over at `now`."""
        return self.take() if self.deadline is not None and now >= self.deadline else ""

    def take(self) -> str:
        """What was pressed so far, which is done with."""
        keys, self._keys, self.deadline = self._keys, "", None
        return keys
