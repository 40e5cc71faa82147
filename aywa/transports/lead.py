"""How much of what was sent waits at the far side, and what is done about it, pure.

Nobody says what he holds all the time, so it is reckoned: what is sent plays one after another from when it
came. The engine sends a packet every 20 ms, so nothing heaps up by itself. But where this process or the
network stood still for a second, that second comes at once, and would then be heard late for the rest of the
call: each interruption would come a second late. Silence is what can be left out, and put in, without being
heard.
"""

from __future__ import annotations

ROUNDING_MS = 0.5
SLACK_MS = 40.0  # above what is aimed at: jitter is no heap


class Lead:
    """What one far side holds.

    `target_ms`: a cushion to keep there, against jitter; 0: the far side passes on what comes at once.
    `limit_ms`: above it, even speech is left out. `dropped_ms` counts that speech.
    """

    def __init__(self, target_ms: float, limit_ms: float) -> None:
        self.dropped_ms = 0.0
        self._target_ms = target_ms
        self._limit_ms = limit_ms
        self._empty_at = 0.0

    def held_ms(self, now: float) -> float:
        """What it still has to play."""
        return max(0.0, (self._empty_at - now) * 1000)

    def copies(self, now: float, length_ms: float, *, silent: bool) -> int:
        """How often to send the next packet: 0, 1, or 2 to widen the cushion with silence."""
        held = self.held_ms(now)
        copies = 1
        if held + length_ms > self._limit_ms + ROUNDING_MS:
            copies = 0
            self.dropped_ms += 0.0 if silent else length_ms
        elif silent and held > self._target_ms + SLACK_MS:
            copies = 0
        elif silent and held + length_ms <= self._target_ms:
            copies = 2
        self._empty_at = now + (held + copies * length_ms) / 1000
        return copies

    def correct(self, now: float, held_ms: float) -> None:
        """The far side has said what it holds."""
        self._empty_at = now + held_ms / 1000
