"""Where the other side of a call by websocket comes in: once, and its audio is carried to a leg."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random

import trio

from aywa.errors import RequestError
from aywa.settings import TrunkSettings
from aywa.settings.trunks import TrunkCredentials
from aywa.transports.carrier import Carrier
from aywa.transports.counters import StreamCounters
from aywa.transports.rtp_side import RtpSide
from aywa.transports.session import StreamCall
from aywa.transports.web_link import WebLink

# Whoever has come has shown the call's token.
_TRUNK = TrunkSettings("websocket", (), (TrunkCredentials("websocket"),))


class WebDoor:
    """One call's. `media_host`: an IPv4 address of this host from which legs are reached."""

    def __init__(self, media_host: str, rng: Random, counters: StreamCounters) -> None:
        self._media_host = media_host
        self._rng = rng
        self._counters = counters
        self._link: WebLink | None = None
        self._source = ("", 0)
        self._joined = trio.Event()
        self._closed = False

    def join(self, link: WebLink, source: tuple[str, int]) -> None:
        """The other side is there. Raises RequestError (409) for a second one, and when the call is over."""
        if self._closed:
            raise RequestError("the call has ended", http_status=409, code="call-not-live")
        if self._link is not None:
            raise RequestError("somebody is connected", http_status=409, code="already-connected")
        self._link, self._source = link, source
        self._joined.set()

    async def wait_joined(self) -> None:
        """Until somebody has connected."""
        await self._joined.wait()

    async def carry(self, take: Callable[[StreamCall], Awaitable[None]]) -> None:
        """Have the audio carried as long as `take` has the call. Raises OverloadedError without a port."""
        link = self._link
        assert link is not None, "joined before"
        rtp = RtpSide(self._media_host, link.coding, self._rng)
        self._counters.accepted += 1
        self._counters.open += 1
        try:
            call = StreamCall(link, rtp, _TRUNK, self._source, self._rng)
            await Carrier(call, link, rtp, self._counters).run(take)
        finally:
            self._counters.open -= 1
            rtp.close()

    async def close(self) -> None:
        """Nobody comes in any more, and who is there is told to go."""
        self._closed = True
        if self._link is not None:
            await self._link.aclose()
