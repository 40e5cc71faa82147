"""A room that remembers who sat in it and who was to hear whom."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aywa.media.routing import PLANS, Plan, Role, Routing


class FakeRoom:
    """Legs by role, and the plans in their order."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.seated: list[object] = []
        self.plans: list[Routing] = []
        self.open = True

    @property
    def plan(self) -> Routing | None:
        """What holds now; None once it is closed."""
        return self.plans[-1] if self.open and self.plans else None

    @asynccontextmanager
    async def seat(self, leg: object) -> AsyncIterator[object]:
        self.seated.append(leg)
        try:
            yield leg
        finally:
            self.seated.remove(leg)

    def arrange(self, plan: Plan, seats: Mapping[Role, object]) -> None:
        assert set(seats) == {Role.CALLER, Role.COLLEAGUE}
        assert all(seat in self.seated for seat in seats.values())
        self.plans.append(next(name for name, known in PLANS.items() if known is plan))
