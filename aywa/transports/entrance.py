"""Connections that have not said their first word: so many and no more, and none of them counts as a call.

Whoever connects and is silent costs a place here, not one of those that speak. When the places are taken, the
one that has been silent longest makes room for who comes next, if it has had its time to speak.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import trio

MAX_SILENT = 32
SPEAKS_WITHIN_S = 1.0  # Asterisk's first frame follows its connection at once, TLS needs two round trips more


class Entrance:
    """One for all ports."""

    def __init__(self, places: int = MAX_SILENT) -> None:
        self._places = places
        self._silent: dict[trio.CancelScope, float] = {}  # since when, the oldest first

    def has_room(self) -> bool:
        """Whether one more may come in; whoever has been silent for too long is put out for it."""
        if len(self._silent) < self._places:
            return True
        oldest, since = next(iter(self._silent.items()))
        if trio.current_time() - since < SPEAKS_WITHIN_S:
            return False
        del self._silent[oldest]
        oldest.cancel()
        return True

    @contextmanager
    def waiting(self) -> Iterator[trio.CancelScope]:
        """Until the block is left nothing was said; it is cancelled when the place is needed."""
        with trio.CancelScope() as scope:
            self._silent[scope] = trio.current_time()
            try:
                yield scope
            finally:
                self._silent.pop(scope, None)
