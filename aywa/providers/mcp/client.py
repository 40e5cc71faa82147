"""Asks servers of the Model Context Protocol, by streamable HTTP or by the older HTTP with events.

Each invocation has a session of its own: initialize, the one request, and the end of the session. Everything
goes through the outbound guard. What fails before a tool was called is told apart from what fails after.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar
from urllib.parse import urljoin
from uuid import UUID

import trio

from aywa.errors import OutboundError, OutboundFault, ParseError
from aywa.outbound.client import AnswerStream, Ask, OutboundClient
from aywa.ports.llm import ToolCall, ToolSpec
from aywa.ports.tools import McpAccess
from aywa.proto.web_target import parse_web_target
from aywa.providers.mcp.mcp_wire import (
    MAX_TOOLS,
    VERSION,
    EventReader,
    McpWireError,
    answer_in,
    notification,
    opening,
    request,
    tools_in,
    value_of,
)

_T = TypeVar("_T")
FRESH_S = 30.0  # what a server offered is offered again for so long
MAX_KEPT = 1000
MAX_ANSWER_BYTES = 2 << 20
_GOODBYE_S = 1.0
_JSON = ("Content-Type", "application/json")
_BOTH = ("Accept", "application/json, text/event-stream")
Fields: TypeAlias = Sequence[tuple[str, str]]
# The fields that authenticate us: of an organisation, at this server. Raises `OutboundError`, `StoreError`.
Authenticate: TypeAlias = Callable[[UUID, McpAccess], Awaitable[Fields]]


class _Session(Protocol):
    async def ask(self, id: int, method: str, params: Mapping[str, object]) -> Mapping[str, object]: ...

    async def tell(self, method: str) -> None: ...


@dataclass(frozen=True, slots=True)
class _Kept:
    specs: tuple[ToolSpec, ...]
    until: float


class McpClient:
    """Implements `ports.tools.McpServers`, for all calls of a process."""

    def __init__(self, client: OutboundClient, authenticate: Authenticate) -> None:
        self._client = client
        self._authenticate = authenticate
        self._kept: dict[tuple[UUID, McpAccess], _Kept] = {}

    async def tools(self, org_id: UUID, access: McpAccess, call_id: str) -> tuple[ToolSpec, ...]:
        """See `McpServers`."""
        kept = self._kept.get((org_id, access))
        if kept is not None and trio.current_time() < kept.until:
            return kept.specs
        found: list[ToolSpec] = []
        async with self._session(org_id, access, call_id, access.bound_s, "") as session:
            params: dict[str, object] = {}
            id = 1
            while len(found) < MAX_TOOLS:
                id += 1
                page, cursor = tools_in(await _unsent(session.ask(id, "tools/list", params)))
                found += page
                if cursor is None:
                    break
                params = {"cursor": cursor}
        specs = tuple(found[:MAX_TOOLS])
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[org_id, access] = _Kept(specs, trio.current_time() + FRESH_S)
        return specs

    async def call(
        self, org_id: UUID, access: McpAccess, call_id: str, tool: ToolCall, *, bound_s: float, key: str
    ) -> object:
        """See `McpServers`."""
        params = {"name": tool.name, "arguments": dict(tool.arguments)}
        async with self._session(org_id, access, call_id, bound_s, key) as session:
            try:
                return value_of(await session.ask(2, "tools/call", params))
            except McpWireError as error:
                if error.answered:
                    return {"error": error.detail}
                raise OutboundError(error.detail, OutboundFault.PROTOCOL) from None

    @asynccontextmanager
    async def _session(
        self, org_id: UUID, access: McpAccess, call_id: str, bound_s: float, key: str
    ) -> AsyncIterator[_Session]:
        """Opened, within its time."""
        with trio.move_on_after(bound_s) as bound:
            own = await self._authenticate(org_id, access)
            fields = [*access.headers, *own, ("X-Call-Id", call_id)]
            if key:
                fields.append(("Idempotency-Key", key))
            if access.events:
                async with self._client.stream(_listening(access.url, fields, bound_s)) as stream:
                    session: _Session = await _unsent(_open_events(self._client, access, fields, stream))
                    yield session
            else:
                posted = _Posted(self._client, access.url, fields, bound_s)
                try:
                    await _unsent(_open(posted))
                    yield posted
                finally:
                    await posted.close()
        if bound.cancelled_caught:
            raise OutboundError(f"the server took longer than {bound_s:g} s", OutboundFault.TIMEOUT)


async def _unsent(step: Awaitable[_T]) -> _T:
    """Nothing was done that matters when this fails."""
    try:
        return await step
    except McpWireError as error:
        raise OutboundError(error.detail, OutboundFault.REFUSED) from None
    except OutboundError as error:
        raise OutboundError(error.detail, OutboundFault.UNREACHABLE) from None


async def _open(session: _Session) -> None:
    await session.ask(1, "initialize", opening())
    await session.tell("notifications/initialized")


class _Posted:
    """Streamable HTTP: each request is a POST, which is answered by JSON or by events."""

    def __init__(self, client: OutboundClient, url: str, fields: Fields, bound_s: float) -> None:
        self._client = client
        self._url = url
        self._fields = list(fields)
        self._bound_s = bound_s
        self._id = ""

    async def ask(self, id: int, method: str, params: Mapping[str, object]) -> Mapping[str, object]:
        async with self._client.stream(self._post(request(id, method, params))) as stream:
            _check(stream.status)
            if method == "initialize":
                self._id = stream.headers.get("mcp-session-id", "")
            if "text/event-stream" in stream.headers.get("content-type", "").lower():
                return await _from_events(stream.pieces, EventReader(), id)
            body = b"".join([piece async for piece in stream.pieces])
        answer = answer_in(body, id)
        if answer is None:
            raise McpWireError("the server answered something else")
        return answer

    async def tell(self, method: str) -> None:
        async with self._client.stream(self._post(notification(method))) as stream:
            _check(stream.status)

    async def close(self) -> None:
        """End the session, if the server has one."""
        if not self._id:
            return
        with trio.CancelScope(shield=True, deadline=trio.current_time() + _GOODBYE_S):
            try:
                await self._client.ask(Ask(self._url, "DELETE", self._headers(), bound_s=_GOODBYE_S))
            except OutboundError:
                return

    def _post(self, body: bytes) -> Ask:
        headers = [*self._headers(), _JSON]
        return Ask(self._url, "POST", headers, body, bound_s=self._bound_s, max_bytes=MAX_ANSWER_BYTES)

    def _headers(self) -> list[tuple[str, str]]:
        session = [("Mcp-Session-Id", self._id)] if self._id else []
        return [*self._fields, _BOTH, ("MCP-Protocol-Version", VERSION), *session]


class _Events:
    """HTTP with events: requests are posted where the server says, and answered in its stream."""

    def __init__(
        self,
        client: OutboundClient,
        url: str,
        fields: Fields,
        pieces: AsyncIterator[bytes],
        reader: EventReader,
    ) -> None:
        self._client = client
        self._url = url
        self._fields = list(fields)
        self._pieces = pieces
        self._reader = reader

    async def ask(self, id: int, method: str, params: Mapping[str, object]) -> Mapping[str, object]:
        await self._post(request(id, method, params))
        return await _from_events(self._pieces, self._reader, id)

    async def tell(self, method: str) -> None:
        await self._post(notification(method))

    async def _post(self, body: bytes) -> None:
        answer = await self._client.ask(Ask(self._url, "POST", [*self._fields, _JSON], body))
        _check(answer.status)


async def _open_events(
    client: OutboundClient, access: McpAccess, fields: Fields, stream: AnswerStream
) -> _Session:
    _check(stream.status)
    reader = EventReader()
    where = await _endpoint(stream.pieces, reader)
    url = urljoin(access.url, where)
    try:
        if parse_web_target(url).origin != parse_web_target(access.url).origin:
            raise McpWireError("the server names another one to be asked")
    except ParseError as error:
        raise McpWireError(error.detail) from None
    session = _Events(client, url, fields, stream.pieces, reader)
    await _open(session)
    return session


async def _endpoint(pieces: AsyncIterator[bytes], reader: EventReader) -> str:
    async for piece in pieces:
        for event in reader.feed(piece):
            if event.name == "endpoint":
                return event.data
    raise McpWireError("the server names nobody to be asked")


async def _from_events(pieces: AsyncIterator[bytes], reader: EventReader, id: int) -> Mapping[str, object]:
    async for piece in pieces:
        for event in reader.feed(piece):
            if event.name == "message" and (answer := answer_in(event.data, id)) is not None:
                return answer
    raise McpWireError("the server ended its answer early")


def _listening(url: str, fields: Fields, bound_s: float) -> Ask:
    headers = [*fields, ("Accept", "text/event-stream")]
    return Ask(url, "GET", headers, bound_s=bound_s, max_bytes=MAX_ANSWER_BYTES)


def _check(status: int) -> None:
    if not 200 <= status < 300:
        raise OutboundError(f"the server answered {status}", OutboundFault.STATUS, status=status)
