"""Several recognisers as one: whoever is lost is replaced, and its successor hears what has no final yet.

```
  audio ──► replay (since the last final)
    └─────► the session that hears ── breaks ──► another one: all of the replay, then what comes
               │ speech, and no sign of life
               ▼
            a second one beside it hears the replay: if it finds words the first was deaf, else it was noise
```
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aywa.ports.routes import RouteReport, Stage
from aywa.ports.stt import SettlingTranscriber, Transcriber
from aywa.providers.failover.attempts import Journey
from aywa.providers.failover.chain_ear import ChainEar
from aywa.providers.failover.route import Health, Route
from aywa.providers.failover.wall import open_ungrouped_nursery


class HearingChain:
    """Implements `ports.stt.Transcriber`. Made once for many calls: each has its view by `of_call`."""

    def __init__(self, journey: Journey[Transcriber]) -> None:
        self.name = journey.routes[0].name
        self._journey = journey

    def of_call(self, report: RouteReport) -> HearingChain:
        """The same for one call, whose listener hears what happens."""
        return _chain(Journey(Stage.HEARING, self._journey.routes, self._journey.health, report))

    def fault(self) -> str | None:
        """See the port: one route that can be used is enough."""
        faults = [route.provider.fault() for route in self._journey.routes]
        return faults[0] if all(faults) else None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ChainEar]:
        """See the port. Raises `ProviderError`, not retryable, when no route opens."""
        async with open_ungrouped_nursery() as nursery:
            ear = ChainEar(self._journey, nursery)
            try:
                await ear.start()
                yield ear
            finally:
                ear.close()


class SettlingChain(HearingChain):
    """One whose first route wants whole sentences: see `SettlingTranscriber`."""

    def __init__(self, journey: Journey[Transcriber], settle_s: float) -> None:
        super().__init__(journey)
        self.settle_s = settle_s


def _chain(journey: Journey[Transcriber]) -> HearingChain:
    first = journey.routes[0].provider
    if isinstance(first, SettlingTranscriber):
        return SettlingChain(journey, first.settle_s)
    return HearingChain(journey)


def transcriber_chain(routes: Sequence[Route[Transcriber]], health: Health) -> HearingChain:
    """Recognisers as one, the preferred one first."""
    return _chain(Journey(Stage.HEARING, routes, health))
