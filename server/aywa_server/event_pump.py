"""From a listener to a client: messages as they come, words in between, and an end when the key ends."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

import trio

from aywa.errors import RateLimitedError, RequestError, StoreError
from aywa.events.listener import Listener
from aywa.events.subscription import Closed, CloseReason, Item

HEARTBEAT_S = 15.0  # proxies cut what is silent for 30 s or a minute
RECHECK_S = 0.8  # of the second within which a revoked key is refused
TOGETHER = 100  # messages in one piece


@dataclass(frozen=True, slots=True)
class Pump:
    """`recheck` raises `RequestError` when the key is no longer good."""

    listener: Listener
    recheck: Callable[[], Awaitable[object]]
    follow: bool = True

    async def pieces(self) -> AsyncGenerator[list[Item], None]:
        """Messages in their order, as many as there are; an empty list when it was silent for a while.

        Ends after `Closed`, or, when it does not follow, with what there is.
        """
        silent_since = trio.current_time()
        rechecked = silent_since
        while self.follow or self.listener.has_more():
            piece: list[Item] = []
            with trio.move_on_after(RECHECK_S):
                piece.append(await self.listener.receive())
            while piece and len(piece) < TOGETHER and not isinstance(piece[-1], Closed):
                if not self.listener.is_ready():
                    break
                piece.append(await self.listener.receive())
            if trio.current_time() - rechecked >= RECHECK_S:
                if not await self._good():
                    yield [Closed(self.listener.position, CloseReason.REFUSED)]
                    return
                rechecked = trio.current_time()
            if piece or trio.current_time() - silent_since >= HEARTBEAT_S:
                yield piece
                silent_since = trio.current_time()
            if piece and isinstance(piece[-1], Closed):
                return

    async def _good(self) -> bool:
        """What cannot be known now is taken to be as it was."""
        try:
            await self.recheck()
        except (RateLimitedError, StoreError):
            return True
        except RequestError:
            return False
        return True
