"""Token buckets by name, in memory: how often somebody may do something."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

MAX_NAMES = 10_000  # the one that was seen longest ago is forgotten; it had a full bucket or soon will have


class Buckets:
    """`rate` a second, `burst` at once. A rate of 0 lets everything pass."""

    def __init__(self, rate: float, burst: float, now: Callable[[], float]) -> None:
        self._rate = rate
        self._burst = burst
        self._now = now
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when

    def take(self, name: str) -> float:
        """Take one: 0.0, or the seconds until there will be one."""
        if self._rate <= 0:
            return 0.0
        level = self._level(name)
        if level < 1:
            return (1 - level) / self._rate
        self._put(name, level - 1)
        return 0.0

    def wait(self, name: str) -> float:
        """The seconds until there will be one, and take none."""
        return 0.0 if self._rate <= 0 else max(0.0, (1 - self._level(name)) / self._rate)

    def _level(self, name: str) -> float:
        level, at = self._levels.get(name, (self._burst, self._now()))
        return min(self._burst, level + (self._now() - at) * self._rate)

    def _put(self, name: str, level: float) -> None:
        self._levels[name] = level, self._now()
        self._levels.move_to_end(name)
        if len(self._levels) > MAX_NAMES:
            self._levels.popitem(last=False)
