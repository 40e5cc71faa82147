"""A colleague's leg that the assistant does not listen to: only whether it still lives, and its keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio

from aywa.call.colleague_timeline import ColleagueTimeline
from aywa.call.dial import Dialled
from aywa.call.keys import KeyPresses, KeyWay
from aywa.call.media_port import LegPort
from aywa.call.timeline import Timeline
from aywa.media.events import Digit, MediaTimeout, PcmReady
from aywa.transfer.events import MediaLost, TransferInput
from aywa.turn.events import KeyPressed


@asynccontextmanager
async def watch_media(
    dialled: Dialled, timeline: Timeline, say: Callable[[TransferInput], None]
) -> AsyncIterator[KeyPresses]:
    """Read the leg's events, and say when its media is lost, for as long as the block runs.

    What it gives are the keys of the colleague, which go nowhere but where somebody diverts them to.
    """
    keys = KeyPresses(_Nobody(), ColleagueTimeline(timeline))
    dialled.sip.on_key = keys.by_info
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_serve, dialled.leg, keys, say, name="colleague: media")
            yield keys
            nursery.cancel_scope.cancel()
    finally:
        dialled.sip.on_key = None


class _Nobody:
    """Listens to no key."""

    def receive(self, event: KeyPressed, /) -> None:
        """Nothing follows from it."""


async def _serve(leg: LegPort, keys: KeyPresses, say: Callable[[TransferInput], None]) -> None:
    while True:
        match await leg.next_event():
            case MediaTimeout():
                say(MediaLost())
            case Digit(digit, duration_ms):
                keys.pressed(digit, duration_ms, KeyWay.RTP)
            case PcmReady():
                while leg.read_uplink():
                    pass
            case _:
                pass
