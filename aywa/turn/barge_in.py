"""The gate: who may speak while the caller does.

The engine closes the gate by itself on the confirmed speech frame; this machine knows the epoch it has seen
and judges, from the words that come, whether the caller meant it.

```
            the engine closed it (epoch n+1)
   OPEN ───────────────────────────────────► CLOSED
     ▲                                          │
     ├── Commit(n+1)  words: drop the rest  ────┤
     └── Resume(n+1)  a cough, "uh-huh": go on ─┘  from the exact sample
```
"""

from __future__ import annotations

from enum import Enum

from aywa.turn.endpointing import normalised
from aywa.turn.settings import TurnSettings


class GateState(Enum):
    """Whether audio that is written is played."""

    OPEN = "what is written is played"
    CLOSED = "the engine has cut the assistant"


class Verdict(Enum):
    """What the words mean for the assistant that was cut."""

    COMMIT = "the caller takes the floor"
    RESUME = "the caller only acknowledged"
    UNDECIDED = "no words yet"


TRANSITIONS: tuple[tuple[GateState, str, GateState], ...] = (
    (GateState.OPEN, "the engine closed it", GateState.CLOSED),
    (GateState.CLOSED, "the engine closed it", GateState.CLOSED),
    (GateState.CLOSED, "commit or resume", GateState.OPEN),
    (GateState.OPEN, "commit or resume", GateState.OPEN),
)


class Gate:
    """Follows the engine's gate by its epochs, which only grow."""

    def __init__(self, settings: TurnSettings) -> None:
        self.state = GateState.OPEN
        self.epoch = 0
        self.cause = ""
        self._backchannels = frozenset(normalised(text) for text in settings.backchannels)

    def closed(self, epoch: int) -> bool:
        """The engine reports its epoch; True when that means the gate closed since we last opened it."""
        if epoch <= self.epoch:
            return False
        self.epoch = epoch
        self._enter(GateState.CLOSED, "the engine closed it")
        return True

    def open(self) -> int:
        """We open it: the epoch to open."""
        self._enter(GateState.OPEN, "commit or resume")
        return self.epoch

    def judge(self, text: str, *, complete: bool, begun: bool) -> Verdict:
        """What `text` means; `complete`: it is all the caller said; `begun`: the assistant had been heard.

        Before a sample of the answer was heard there is nothing to acknowledge.
        """
        words = normalised(text)
        if not words:
            return Verdict.UNDECIDED
        if not begun or words not in self._backchannels:
            return Verdict.COMMIT
        return Verdict.RESUME if complete else Verdict.UNDECIDED

    def _enter(self, state: GateState, cause: str) -> None:
        self.state, self.cause = state, cause
