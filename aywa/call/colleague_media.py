"""A colleague's leg that the assistant does not listen to: only whether it still lives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio

from aywa.call.media_port import LegPort
from aywa.media.events import MediaTimeout, PcmReady
from aywa.transfer.events import MediaLost, TransferInput


@asynccontextmanager
async def watch_media(leg: LegPort, say: Callable[[TransferInput], None]) -> AsyncIterator[None]:
    """Read the leg's events, and say when its media is lost, for as long as the block runs."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_serve, leg, say, name="colleague: media")
        yield
        nursery.cancel_scope.cancel()


async def _serve(leg: LegPort, say: Callable[[TransferInput], None]) -> None:
    while True:
        match await leg.next_event():
            case MediaTimeout():
                say(MediaLost())
            case PcmReady():
                while leg.read_uplink():
                    pass
            case _:
                pass
