"""The room a caller and a colleague share: apart while the assistant consults, connected afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aywa.call.key_passage import passage
from aywa.call.keys import KeyPresses
from aywa.call.media_port import EnginePort, LegPort, RoomPort
from aywa.call.timeline import Timeline
from aywa.media.routing import PLANS, Role, Routing


class TransferRoom:
    """Made by `open_transfer_room`: they sit apart."""

    def __init__(
        self, room: RoomPort, seats: dict[Role, Any], legs: tuple[LegPort, LegPort], timeline: Timeline
    ) -> None:
        self._room = room
        self._seats = seats
        self._caller, self._colleague = legs
        self._timeline = timeline
        self._connected: tuple[KeyPresses, ...] = ()

    def connect(self, caller_keys: KeyPresses, colleague_keys: KeyPresses) -> None:
        """They hear each other, and each other's keys."""
        self._room.arrange(PLANS[Routing.BRIDGE], self._seats)
        caller_keys.divert = passage(self._caller, self._colleague, self._timeline)
        colleague_keys.divert = passage(self._colleague, self._caller, self._timeline)
        self._connected = (caller_keys, colleague_keys)

    def part(self) -> None:
        """They hear nothing of each other."""
        self._room.arrange(PLANS[Routing.CONSULT], self._seats)
        self.keep_keys()

    def keep_keys(self) -> None:
        """Keys go where they went before."""
        for keys in self._connected:
            keys.divert = None
        self._connected = ()


@asynccontextmanager
async def open_transfer_room(
    engine: EnginePort[Any], caller: LegPort, colleague: LegPort, timeline: Timeline
) -> AsyncIterator[TransferRoom]:
    """Both in one room, apart, for as long as the block runs.

    Raises OverloadedError, and MediaError for a leg that sits in a room.
    """
    rate_hz = max(caller.rate_hz, colleague.rate_hz)
    async with (
        engine.open_room(rate_hz) as room,
        room.seat(caller) as caller_seat,
        room.seat(colleague) as colleague_seat,
    ):
        seats = {Role.CALLER: caller_seat, Role.COLLEAGUE: colleague_seat}
        shared = TransferRoom(room, seats, (caller, colleague), timeline)
        shared.part()
        try:
            yield shared
        finally:
            shared.keep_keys()
