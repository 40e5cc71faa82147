"""Whose words they are, where the recogniser tells speakers apart: a voice in the room is not the caller.

```
  speaker 1   "I need a room"          "for two nights"
  speaker 2                   "ask her for breakfast"        "hello?"
  taken for   the caller      somebody else  the caller      the caller, after a long silence of 1
```
"""

from __future__ import annotations


class Speakers:
    """Of one call. `now` is monotonic seconds. Words without a label are the caller's."""

    def __init__(self, forgotten_s: float) -> None:
        """After so long without a word of the caller whoever speaks next is taken for him."""
        self.caller: str | None = None
        self._forgotten_s = forgotten_s
        self._heard_at = 0.0

    def is_caller(self, label: str | None, now: float, *, final: bool) -> bool:
        """Whether words with this label are the caller's. The first who has said something for certain is he;
        labels of partials may still change, and settle nothing.
        """
        if label is None:
            return True
        forgotten = self.caller is None or now - self._heard_at >= self._forgotten_s
        if not forgotten and label != self.caller:
            return False
        if final:
            self.caller, self._heard_at = label, now
        elif label == self.caller:
            self._heard_at = now
        return True
