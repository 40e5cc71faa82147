"""What is said to a caller who is silent, and how often."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IdleSettings:
    """Without messages of its own the assistant asks whether the caller is there."""

    messages: tuple[str, ...] | None = None  # said in turn; (): nothing is said
    max_spoken: int = 3  # 1 to 10
    reset_on_speech: bool = True  # who speaks again may be asked as often again


class IdleMessages:
    """Which message is said next."""

    def __init__(self, settings: IdleSettings, usual: str) -> None:
        self._settings = settings
        self._messages = (usual,) if settings.messages is None else settings.messages
        self._spoken = 0
        self._next = 0

    @property
    def left(self) -> bool:
        """Whether one more may be said."""
        return bool(self._messages) and self._spoken < self._settings.max_spoken

    def say(self) -> str:
        """The message to say now."""
        message = self._messages[self._next % len(self._messages)]
        self._spoken += 1
        self._next += 1
        return message

    def caller_heard(self) -> None:
        """The caller said words or pressed a key."""
        if self._settings.reset_on_speech:
            self._spoken = 0
