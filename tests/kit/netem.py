"""A network that loses, delays, reorders and duplicates datagrams: seeded, without sockets, without a clock.

The same shape as the protocols it carries: `send` in, `deadline` out, `deliver(now)` gives what has arrived.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import TypeAlias

Address: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad the network is. Shares are 0 to 1, times in seconds; enough jitter reorders."""

    loss: float = 0.0
    duplicate: float = 0.0
    delay_s: float = 0.01
    jitter_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Datagram:
    """One datagram on its way."""

    data: bytes
    source: Address
    destination: Address


class Network:
    """Carries datagrams between addresses."""

    def __init__(self, weather: Weather, rng: Random) -> None:
        self.weather = weather
        self.sent = 0
        self.lost = 0
        self._rng = rng
        self._order = count()
        self._flying: list[tuple[float, int, Datagram]] = []

    def send(self, data: bytes, source: Address, destination: Address, now: float) -> None:
        """Put a datagram on the wire; it may be lost, or arrive more than once."""
        self.sent += 1
        if self._rng.random() < self.weather.loss:
            self.lost += 1
            return
        copies = 2 if self._rng.random() < self.weather.duplicate else 1
        for _ in range(copies):
            arrival = now + self.weather.delay_s + self._rng.random() * self.weather.jitter_s
            heappush(self._flying, (arrival, next(self._order), Datagram(data, source, destination)))

    @property
    def deadline(self) -> float | None:
        """When the next datagram arrives."""
        return self._flying[0][0] if self._flying else None

    def deliver(self, now: float) -> Iterator[Datagram]:
        """The datagrams that have arrived by `now`, in the order of their arrival."""
        while self._flying and self._flying[0][0] <= now:
            yield heappop(self._flying)[2]
