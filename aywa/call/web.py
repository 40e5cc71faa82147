"""A call without a telephone: it is made first, and answered when somebody connects to its websocket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import trio

from aywa.call.dependencies import CallDependencies
from aywa.call.inbound import Inbound
from aywa.call.live import LiveCall
from aywa.call.plan import CallPlan
from aywa.call.sip_port import IncomingPort
from aywa.errors import AywaError, EndCode, EndReason, EndSide
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.store import CallType

JOIN_S = 60.0  # from the order to the connection; a token that nobody uses opens nothing any more


@dataclass(frozen=True, slots=True)
class WebOrder:
    """What the API asks for. `caller`: who it is, as a From header's value. `owner`: as in `LiveView`."""

    type: CallType
    transport: dict[str, object]  # as the API shows it
    caller: str
    owner: str
    title: str = ""
    plan: CallPlan | None = None
    org_id: UUID = DEFAULT_ORGANIZATION


class NobodyJoinedError(AywaError):
    """Nobody has connected in time."""

    code = "nobody-joined"

    def end_reason(self) -> EndReason:
        """Nobody was there to talk to."""
        return EndReason(EndCode.JOIN_TIMED_OUT, EndSide.CALLER, detail=self.detail)


class WebDoor(Protocol):
    """Where the other side comes in, once."""

    async def wait_joined(self) -> None:
        """Until somebody has connected."""

    async def carry(self, take: Callable[[IncomingPort], Awaitable[None]]) -> None:
        """Have the audio carried for as long as `take` has the call."""

    async def close(self) -> None:
        """Nobody may come in any more, and who is there is told to go."""


class WebCall:
    """One call by websocket."""

    def __init__(self, live: LiveCall, dependencies: CallDependencies, door: WebDoor) -> None:
        self._live = live
        self._dependencies = dependencies
        self._door = door

    async def run(self) -> None:
        """Wait, converse, hang up. Raises what prevented it: every error has its EndReason."""
        try:
            if await self._joined():
                await self._door.carry(self._take)
        finally:
            with trio.move_on_after(1.0, shield=True):
                await self._door.close()

    async def refuse(self, reason: EndReason) -> None:
        """It never was up."""

    async def _take(self, call: IncomingPort) -> None:
        await Inbound(call, self._live, self._dependencies).run()

    async def _joined(self) -> bool:
        """False when an operator has ended the call. Raises NobodyJoinedError."""
        with trio.move_on_after(JOIN_S) as bound:
            async with trio.open_nursery() as nursery:

                async def until_ended() -> None:
                    await self._live.ending.wait()
                    nursery.cancel_scope.cancel()

                nursery.start_soon(until_ended, name="operator")
                await self._door.wait_joined()
                nursery.cancel_scope.cancel()
        if bound.cancelled_caught:
            raise NobodyJoinedError(f"Nobody has connected to the websocket within {JOIN_S:.0f} s")
        return self._live.ending.reason is None
