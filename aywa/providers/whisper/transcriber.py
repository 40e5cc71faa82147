"""A Whisper-compatible server as a recogniser: whole utterances by HTTP, or WhisperLive's websocket."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from types import TracebackType
from uuid import uuid4

import trio

from aywa.model.transcribers.whisper import WhisperTranscriber
from aywa.providers.listening.addresses import base_of
from aywa.providers.listening.streaming import StreamingTranscriber
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor
from aywa.providers.whisper.live_wire import WhisperLiveWire
from aywa.providers.whisper.post_ear import PATH, PostEar


def transcriber(
    door: ProviderDoor, access: Access, plan: WhisperTranscriber
) -> StreamingTranscriber | PostTranscriber:
    """The recogniser of a plan, at the plan's own address or the account's."""
    if plan.url is not None:
        access = replace(access, base_url=base_of(plan.url, PATH))
    if plan.transport == "http":
        return PostTranscriber(door, access, plan)
    headers = {"Authorization": f"Bearer {access.key}"} if access.key else {}
    return LiveTranscriber(door, access, "/", headers, lambda: WhisperLiveWire(plan, str(uuid4())))


class LiveTranscriber(StreamingTranscriber):
    """It is told of an end of speech only when a pause is one: what is said then counts as it is."""

    settle_s = 0.3


class PostTranscriber:
    """See `aywa.ports.stt.Transcriber`. It is told of an end of speech only when a pause is one."""

    settle_s = 0.3

    def __init__(self, door: ProviderDoor, access: Access, plan: WhisperTranscriber) -> None:
        self.name = access.provider
        self._door = door
        self._access = access
        self._plan = plan

    def fault(self) -> str | None:
        """See the port: whether it can be reached shows when it is asked."""
        return None

    def open(self) -> PostSession:
        """See the port."""
        path = PATH.removeprefix("/v1") if self._access.base_url.endswith("/v1") else PATH
        return PostSession(PostEar(self._door, self._access, self._plan, path))


class PostSession:
    """The block of one session. No exception of the block becomes part of a group."""

    def __init__(self, ear: PostEar) -> None:
        self._ear = ear
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> PostEar:
        nursery = await self._stack.enter_async_context(trio.open_nursery())
        self._stack.callback(nursery.cancel_scope.cancel)
        self._stack.callback(self._ear.close)
        nursery.start_soon(self._ear.serve)
        return self._ear

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
