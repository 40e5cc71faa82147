"""What a model thinks aloud in its text before it answers: `<think>…</think>`. It is never spoken. Pure."""

from __future__ import annotations

from enum import Enum

_OPEN = ("<think>", "<thinking>")


class _State(Enum):
    BEFORE = "nothing but space has come, or the beginning of a mark"
    INSIDE = "it thinks"
    AFTER = "it answers"


class ThoughtFilter:
    """For one answer. Servers that tell thoughts apart do not need it, and are not hindered by it."""

    def __init__(self) -> None:
        self._state = _State.BEFORE
        self._held = ""
        self._close = ""

    def take(self, text: str) -> str:
        """What of the answer's text so far is to be spoken, and has not been given before."""
        if self._state is _State.AFTER:
            return text
        self._held += text
        if self._state is _State.BEFORE:
            return self._begin()
        return self._inside()

    def finish(self) -> str:
        """What is left when the text is over."""
        left = self._held if self._state is _State.BEFORE else ""
        self._held = ""
        return left

    def _begin(self) -> str:
        start = self._held.lstrip()
        for mark in _OPEN:
            if start.startswith(mark):
                self._close = f"</{mark[1:]}"
                self._held = start[len(mark) :]
                self._enter(_State.INSIDE)
                return self._inside()
        if any(mark.startswith(start) for mark in _OPEN):
            self._held = self._held if start else ""  # space before nothing yet is of no use
            return ""
        self._enter(_State.AFTER)
        held, self._held = self._held, ""
        return held

    def _inside(self) -> str:
        _, mark, rest = self._held.partition(self._close)
        if not mark:
            self._held = self._held[-(len(self._close) - 1) :]
            return ""
        self._held = rest.lstrip()
        if not self._held:
            self._close = ""
            self._enter(_State.BEFORE)  # space goes, and so does another thought
            return ""
        self._enter(_State.BEFORE)
        return self._begin()

    def _enter(self, state: _State) -> None:
        self._state = state
