"""A recogniser that is reached by a websocket: opens one session a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType

import trio

from aywa.providers.listening.ear import Ear
from aywa.providers.listening.wire import Wire
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor

CONNECT_S = 1.25  # a recogniser that takes longer to open is not there for this call


class StreamingTranscriber:
    """See `aywa.ports.stt.Transcriber`. `wire` makes the codec of one session."""

    def __init__(
        self,
        door: ProviderDoor,
        access: Access,
        path: str,
        headers: Mapping[str, str],
        wire: Callable[[], Wire],
        *,
        confidence_threshold: float = 0.0,
        connect_s: float = CONNECT_S,
    ) -> None:
        self.name = access.provider
        self._door = door
        self._access = access
        self._path = path
        self._headers = headers
        self._wire = wire
        self._threshold = confidence_threshold
        self._connect_s = connect_s

    def fault(self) -> str | None:
        """See the port: whether it can be reached shows when it is opened."""
        return None

    def open(self) -> StreamingSession:
        """See the port."""
        return StreamingSession(self)

    async def _enter(self, stack: AsyncExitStack) -> Ear:
        socket = await stack.enter_async_context(
            self._door.socket(
                self._access,
                stage="stt",
                path=self._path,
                headers=self._headers,
                connect_s=self._connect_s,
            )
        )
        ear = Ear(self._wire(), self.name, self._threshold)
        nursery = await stack.enter_async_context(trio.open_nursery())
        stack.callback(nursery.cancel_scope.cancel)
        stack.push_async_callback(ear.farewell, socket)
        stack.callback(ear.close)
        nursery.start_soon(ear.talk, socket)
        nursery.start_soon(ear.listen, socket)
        nursery.start_soon(ear.watch)
        return ear


class StreamingSession:
    """The block of one session. No exception of the block becomes part of a group."""

    def __init__(self, transcriber: StreamingTranscriber) -> None:
        self._transcriber = transcriber
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Ear:
        return await self._transcriber._enter(self._stack)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
