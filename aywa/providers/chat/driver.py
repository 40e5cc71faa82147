"""One generation over HTTP: the request, its deadlines, and the events as they come.

```
  request ──► head of the answer ──► first word or tool call ──► … ──► complete ──► end of the stream
  ├──────────── first_token_s ──────────────────┤├ token_gap_s ┤     ├ TAIL_S ┤
```
A vendor that opens and stays silent, or that only sends signs of life, is given up at the deadline all the
same: what counts is what brings the caller nearer to something.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from aywa.errors import ParseError, ProviderError, ProviderFault
from aywa.ports.llm import ChatEvent, ChatRequest, Done, Purpose
from aywa.providers.chat.exchange import ChatReader, ChatWire
from aywa.providers.chat.mistakes import protocol_error
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor
from aywa.providers.web.sse import SseParser

MAX_ANSWER = 16 * 1024 * 1024  # bytes of one answer's stream
WHOLE_S = 300.0
TAIL_S = 0.3  # for figures, once the answer is complete; the turn waits for its end
DRAIN_S = 0.05  # for the end of the stream: a connection that is read to it is used again
_UNHURRIED = 60.0, 30.0  # nobody is on the line: until the first token, and between two


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: until the first token, and between two."""

    first_token_s: float = 8.0
    token_gap_s: float = 5.0

    def of(self, purpose: Purpose) -> Pace:
        """Nobody waits on the line for what is asked after a call."""
        if purpose is Purpose.CONVERSE:
            return self
        return Pace(max(self.first_token_s, _UNHURRIED[0]), max(self.token_gap_s, _UNHURRIED[1]))


class StreamedModel:
    """Implements `ports.llm.ChatModel` for every vendor that streams by server-sent events."""

    def __init__(self, door: ProviderDoor, access: Access, wire: ChatWire, pace: Pace) -> None:
        self.name = access.provider
        self._door = door
        self._access = access
        self._wire = wire
        self._pace = pace

    @asynccontextmanager
    async def stream(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatEvent]]:
        """See `ChatModel`. Leaving the block closes the connection, unless the stream was over."""
        pace = self._pace.of(request.purpose)
        first = trio.current_time() + pace.first_token_s
        ask = self._wire.ask(request)
        async with self._door.request(
            self._access,
            stage="llm",
            path=ask.path,
            headers=ask.headers,
            body=ask.body,
            first_byte_s=pace.first_token_s,
            whole_s=WHOLE_S,
            max_bytes=MAX_ANSWER,
        ) as answer:
            yield _Events(self.name, answer.pieces, self._wire.reader(request), first, pace.token_gap_s)


class _Events:
    """The events of one answer. No cancel scope is left open between two of them."""

    def __init__(
        self, provider: str, pieces: AsyncIterator[bytes], reader: ChatReader, first: float, gap_s: float
    ) -> None:
        self._provider = provider
        self._pieces = pieces
        self._reader = reader
        self._parser = SseParser(strict=True)
        self._deadline = first
        self._gap_s = gap_s
        self._ready: deque[ChatEvent] = deque()
        self._over = False

    def __aiter__(self) -> _Events:
        return self

    async def __anext__(self) -> ChatEvent:
        while not self._ready:
            if self._over:
                raise StopAsyncIteration
            await self._more()
        event = self._ready.popleft()
        if isinstance(event, Done):
            self._over = True
            self._ready.clear()
            await self._drain()
        return event

    async def _more(self) -> None:
        """What the next piece of the stream tells."""
        reader = self._reader
        piece: bytes | None = None
        with trio.CancelScope(deadline=self._deadline) as bound:
            piece = await anext(self._pieces, None)
        if bound.cancelled_caught:
            if not reader.settled:
                raise self._late()
            self._pieces = _nothing()
        before = reader.substance
        try:
            events = self._parser.finish() if piece is None else self._parser.feed(piece)
        except ParseError as error:
            raise protocol_error(self._provider, f"The stream: {error.detail}") from error
        for event in events:
            self._ready += reader.receive(event)
        if piece is None and not (self._ready and isinstance(self._ready[-1], Done)):
            self._ready += reader.finish()
        if reader.settled:
            self._deadline = min(self._deadline, trio.current_time() + TAIL_S)
        elif reader.substance > before:
            self._deadline = trio.current_time() + self._gap_s

    async def _drain(self) -> None:
        """Read to the end, if it is near."""
        with trio.move_on_after(DRAIN_S):
            try:
                async for _ in self._pieces:
                    pass
            except ProviderError:
                return  # the answer was complete

    def _late(self) -> ProviderError:
        detail = "The model fell silent" if self._reader.substance else "The model did not begin in time"
        return ProviderError(detail, provider=self._provider, stage="llm", fault=ProviderFault.TIMEOUT)


async def _nothing() -> AsyncIterator[bytes]:
    for piece in tuple[bytes, ...]():
        yield piece
