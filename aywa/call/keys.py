"""Key presses, counted once though a far side may send each of them twice: in RTP and in an INFO.

A press in one way and the same key in the other, not longer apart than `APART_S` beside the press itself, are
one. Each is matched once, so `1 1` sent both ways is two presses, and a far side that changes its way in
mid-call loses none. To hear only one way would lose them; to pass over a key for some time would swallow the
second of two quick ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Protocol

import trio

from aywa.call.timeline import Timeline
from aywa.turn.events import KeyPressed

APART_S = 2.0  # an INFO that was lost twice comes after 1.5 s (T1, then twice T1)
_REMEMBERED = 32  # presses of a way that the other has not told yet


class KeyWay(Enum):
    """How a press came."""

    RTP = "rtp"  # RFC 4733, or heard in the audio
    INFO = "info"  # RFC 6086


class KeyListener(Protocol):
    """Who is told of each press: the conversation."""

    def receive(self, event: KeyPressed, /) -> None:
        """A key was pressed."""


class KeyPresses:
    """The presses of one call, whichever way they come."""

    def __init__(self, listener: KeyListener, timeline: Timeline) -> None:
        self.muted = False  # presses are noted and told to nobody
        self.asking: Callable[[str], bool] | None = None  # who is asked first, and may take it
        self.aside: Callable[[str], None] | None = (
            None  # who is told, and nobody else but `divert`; not noted
        )
        self.divert: Callable[[str, int, KeyWay], None] | None = None  # who is told instead, muted or not
        self._listener = listener
        self._timeline = timeline
        self._untold: dict[KeyWay, deque[tuple[str, float]]] = {
            way: deque(maxlen=_REMEMBERED) for way in KeyWay
        }

    def pressed(self, key: str, duration_ms: int, way: KeyWay) -> None:
        """A press came: told to the conversation, or known from the other way."""
        copy = self._is_copy(key, duration_ms, way, trio.current_time())
        if self.aside is not None:
            if not copy:
                self.aside(key)
            if not copy and self.divert is not None:
                self.divert(key, duration_ms, way)
            return
        if copy:
            self._timeline.add("media.digit_copy", digit=key, by=way.value)
            return
        self._timeline.add("media.digit", digit=key, duration_ms=duration_ms, by=way.value)
        if self.divert is not None:
            self.divert(key, duration_ms, way)
        elif self.asking is not None and self.asking(key):
            return
        elif not self.muted:
            self._listener.receive(KeyPressed(key))

    def by_info(self, key: str, duration_ms: int) -> None:
        """A press came in an INFO."""
        self.pressed(key, duration_ms, KeyWay.INFO)

    def _is_copy(self, key: str, duration_ms: int, way: KeyWay, now: float) -> bool:
        other = self._untold[KeyWay.INFO if way is KeyWay.RTP else KeyWay.RTP]
        for known in other:
            # One way may tell a press when it begins, the other when it ends.
            if known[0] == key and now - known[1] <= APART_S + duration_ms / 1000:
                other.remove(known)
                return True
        self._untold[way].append((key, now))
        return False
