"""Whether the artifact store answers: one attempt after the other finds out while it does not."""

from __future__ import annotations

from enum import Enum
from random import Random

_FIRST_S = 1.0
_MOST_S = 60.0  # after an hour away, the spool begins to empty within a minute of its return


class StoreState(Enum):
    """What the last attempt has shown."""

    ANSWERS = "answers"
    AWAY = "away"


class StoreHealth:
    """Counts; the times are given by who asks, in monotonic seconds."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.state = StoreState.ANSWERS
        self.failures = 0  # in a row
        self.detail = ""
        self._probe_at = 0.0

    def open_at(self) -> float:
        """When the next attempt may be made: at once, or one when a while has gone by."""
        return 0.0 if self.state is StoreState.ANSWERS else self._probe_at

    def answered(self) -> None:
        """An attempt has succeeded."""
        self._enter(StoreState.ANSWERS)
        self.failures, self.detail = 0, ""

    def failed(self, now: float, detail: str) -> None:
        """An attempt has failed."""
        self._enter(StoreState.AWAY)
        self._probe_at = now + backoff_s(self.failures, self._rng, _FIRST_S, _MOST_S)
        self.failures, self.detail = self.failures + 1, detail

    def hurry(self) -> None:
        """Somebody knows better: try at once."""
        self._probe_at = 0.0

    def _enter(self, state: StoreState) -> None:
        self.state = state


def backoff_s(failures: int, rng: Random, first_s: float, most_s: float) -> float:
    """Twice as long after each failure, up to `most_s`, less up to a half by chance."""
    return min(most_s, first_s * 2.0 ** min(failures, 32)) * rng.uniform(0.5, 1.0)
