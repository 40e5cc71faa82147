"""What a session gives out, one after the other, until it is closed or lost."""

from __future__ import annotations

import trio

from aywa.errors import ProviderError
from aywa.ports.stt import TranscriptEvent


class TranscriptEvents:
    """The events of a session; an error among them is raised. A class, not a generator: nothing to close."""

    def __init__(self, receive: trio.MemoryReceiveChannel[TranscriptEvent | ProviderError]) -> None:
        self._receive = receive

    def __aiter__(self) -> TranscriptEvents:
        return self

    async def __anext__(self) -> TranscriptEvent:
        try:
            event = await self._receive.receive()
        except trio.EndOfChannel:
            raise StopAsyncIteration from None
        if isinstance(event, ProviderError):
            raise event
        return event
