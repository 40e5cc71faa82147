"""The gate: who may speak while the caller does.

The engine closes the gate by itself on the confirmed speech frame; this machine knows the epoch it has seen.
Whether the caller meant it is judged elsewhere (`judgement`, `interruption`).

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


class GateState(Enum):
    """Whether audio that is written is played."""

    OPEN = "what is written is played"
    CLOSED = "the engine has cut the assistant"


TRANSITIONS: tuple[tuple[GateState, str, GateState], ...] = (
    (GateState.OPEN, "the engine closed it", GateState.CLOSED),
    (GateState.CLOSED, "the engine closed it", GateState.CLOSED),
    (GateState.CLOSED, "commit or resume", GateState.OPEN),
    (GateState.OPEN, "commit or resume", GateState.OPEN),
)


class Gate:
    """Follows the engine's gate by its epochs, which only grow."""

    def __init__(self) -> None:
        self.state = GateState.OPEN
        self.epoch = 0
        self.cause = ""

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

    def _enter(self, state: GateState, cause: str) -> None:
        self.state, self.cause = state, cause
