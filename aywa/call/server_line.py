"""One call's requests to its servers: each within its time, each in the timeline, none in the call's way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import trio

from aywa.call.news_events import Message
from aywa.call.news_plan import NewsPlan
from aywa.call.servers import CallServers
from aywa.call.timeline import Timeline
from aywa.errors import AywaError, OutboundError, OutboundFault
from aywa.ports.server_requests import ServerRequests, WebAnswer, WebRequest, Whom
from aywa.ports.store import CallRow

VOICE_S = 30.0  # for a phrase, from its text to its last sample


class ServerLine:
    """Of one call. `close` it when the call is over: it holds the call's row."""

    def __init__(
        self,
        requests: ServerRequests | None,
        plan: NewsPlan | None,
        servers: CallServers,
        row: Callable[[], CallRow],
        timeline: Timeline,
    ) -> None:
        self.servers = servers
        self._requests = requests
        self._plan = plan
        self._row: Callable[[], CallRow] | None = row
        self._timeline = timeline

    def close(self) -> None:
        """Nobody is asked any more."""
        self._row = None

    async def ask(
        self,
        whom: Whom | None,
        message: Message,
        bound_s: float,
        *,
        only_200: bool = False,
        key: str = "",
    ) -> Mapping[str, object]:
        """The answer of `whom`, or of the call's own server. Raises `AywaError`, in words without the URL."""
        began, kind = trio.current_time(), str(message["type"])
        try:
            requests, asked, row, whole = self._whole(whom, message)
            answer = await requests.ask(row.org_id, asked, whole, bound_s=bound_s, only_200=only_200, key=key)
        except AywaError as error:
            self._note("server.failed", kind, began, detail=error.detail)
            raise
        self._note("server.answered", kind, began)
        return answer

    async def fetch(self, request: WebRequest) -> WebAnswer:
        """What a web service answers, whatever its status. Raises as `ask` does."""
        began = trio.current_time()
        try:
            if self._requests is None or self._row is None:
                raise OutboundError("nobody can be asked", OutboundFault.REFUSED)
            answer = await self._requests.fetch(self._row().org_id, request)
        except AywaError as error:
            self._note("server.failed", "apiRequest", began, detail=error.detail)
            raise
        self._note("server.answered", "apiRequest", began, status=answer.status)
        return answer

    @property
    def owner(self) -> tuple[UUID, str]:
        """Organisation and id of the call. Raises `OutboundError` when it is over."""
        if self._row is None:
            raise OutboundError("the call is over", OutboundFault.REFUSED)
        row = self._row()
        return row.org_id, row.id

    def voice(
        self, message: Message, whom: Whom | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The sound that a `voice-request` is answered with, as it comes: by `whom`, or by whoever speaks for
        the assistant. Raises as `ask` does.
        """
        requests, asked, row, whole = self._whole(whom or self.servers.voice, message)
        return requests.stream(row.org_id, asked, whole, bound_s=VOICE_S)

    def whole(self, message: Message) -> dict[str, object]:
        """The message with what each one says of the call."""
        if self._plan is None or self._row is None:
            return dict(message)
        return self._plan.whole(message, self._row())

    def _whole(
        self, whom: Whom | None, message: Message
    ) -> tuple[ServerRequests, Whom, CallRow, dict[str, object]]:
        asked = self.servers.first(str(message["type"])) if whom is None else whom
        if self._requests is None or asked is None or self._row is None:
            raise OutboundError("no server is named for this", OutboundFault.REFUSED)
        return self._requests, asked, self._row(), self.whole(message)

    def note(self, kind: str, /, **data: object) -> None:
        """An entry of the call's timeline."""
        self._timeline.add(kind, **data)

    def _note(self, kind: str, asked: str, began: float, **more: object) -> None:
        self._timeline.add(kind, type=asked, took_ms=int((trio.current_time() - began) * 1000), **more)
