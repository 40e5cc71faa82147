"""Whom each call tells of itself: the most specific server that its organisation has named.

```
assistant: server > serverUrl > number: server > serverUrl > /webhook-endpoint > settings
```
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import trio

from aywa.call.news_plan import Listener, NewsPlan, wanted
from aywa.call.plan import Leader
from aywa.errors import StoreError
from aywa.ids import new_call_id
from aywa.log import get_logger
from aywa.model.assistant import Assistant
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.model.secret_parts import part
from aywa.outbox.targets import ACCOUNT, ASSISTANT, ConfiguredTargets, endpoint_of
from aywa.ports.resources import ResourceKind, ResourcePage, ResourceRow, ResourceStore
from aywa.store.sealing import SealedRow, Sealer

FRESH_S = 1.0  # how long another worker's change may go unseen; this worker's own are seen at once
LOOK_UP_S = 0.8  # a caller hears nothing meanwhile; after a failure nobody asks for `FRESH_S`
MAX_KEPT = 10_000  # organisations
MAX_ENDPOINTS = 1000  # of one
_SERVER_FIELDS = ("server", "serverUrl", "serverUrlSecret")
_log = get_logger("runtime.news_desk")
# Sources, the most specific first, with the types that each lets through; None: all.
Cascade = tuple[tuple[str, frozenset[str] | None], ...]


@dataclass(frozen=True, slots=True)
class _Named:
    """A server somebody has named. `events`: what it lets through; None: everything."""

    source: str
    endpoint: str
    events: frozenset[str] | None = None


@dataclass(slots=True)
class _Kept:
    rows: Sequence[ResourceRow]
    until: float


class NewsDesk:
    """Servers of the settings are the default organisation's: no other's calls ever tell them."""

    def __init__(
        self,
        store: ResourceStore,
        sealer: Sealer,
        configured: ConfiguredTargets,
        usual: Assistant | None,
        blank: NewsPlan,
        *,
        also: Callable[[], None] = lambda: None,
    ) -> None:
        """`usual`: the assistant of the settings; `blank`: a plan without listeners; `also` is told of what
        `forget` is.
        """
        self._also = also
        self._store = store
        self._sealer = sealer
        self._configured = configured
        self._usual = usual
        self._blank = blank
        self._kept: dict[UUID, _Kept] = {}

    @property
    def rng(self) -> Random:
        """Where ids come from."""
        return self._blank.rng

    def now(self) -> datetime:
        """Aware UTC."""
        return self._blank.clock()

    def forget(self) -> None:
        """Something was changed here. What is kept serves in need."""
        self._also()
        for kept in self._kept.values():
            kept.until = 0.0

    async def about(self, leader: Leader) -> tuple[NewsPlan, Cascade]:
        """Whom a call tells, and whom it asks. Raises `StoreError` where a server cannot be kept that was
        named for this call alone.
        """
        assistant, own = leader.assistant, leader.org_id == DEFAULT_ORGANIZATION
        if assistant is None and own:
            assistant = self._usual
        named = [each for each in await self._named(leader, assistant) if each is not None]
        endpoints = await self._endpoints(leader)
        account = self._configured.get(ACCOUNT) if own else None
        if not endpoints and account is not None:
            endpoints = [_Named(ACCOUNT, account.endpoint)]
        told = named[:1] or endpoints
        messages = None if assistant is None else assistant.server_messages
        plan = replace(
            self._blank,
            listeners=tuple(
                Listener(each.source, each.endpoint, wanted(messages, each.events)) for each in told
            ),
            assistant=_assistant(assistant, leader.assistant_id),
            phone_number=_number(leader.number),
        )
        return plan, tuple((each.source, each.events) for each in (*named, *endpoints))

    async def _named(self, leader: Leader, assistant: Assistant | None) -> list[_Named | None]:
        """By the assistant, then by the number."""
        found: list[_Named | None] = []
        url = "" if assistant is None else _url(assistant)
        if url:
            source = ASSISTANT
            if leader.assistant is not None and leader.assistant_id:
                source = f"{ResourceKind.ASSISTANT}:{leader.assistant_id}"
            elif leader.assistant is not None:
                source = await self._keep_server(leader.org_id, leader.assistant)
            found.append(_Named(source, endpoint_of(url)))
        if leader.number is not None and (url := _url_of(leader.number.body)):
            found.append(_Named(f"{ResourceKind.PHONE_NUMBER}:{leader.number.id}", endpoint_of(url)))
        return found

    async def _keep_server(self, org_id: UUID, assistant: Assistant) -> str:
        """Where an assistant has its server that is no resource: sealed, until the last message is sent."""
        body, secrets = part(assistant)
        below = tuple(f"/{name}" for name in _SERVER_FIELDS)
        id, at = UUID(new_call_id(self.rng)), self.now()
        kind = ResourceKind.CALL_SERVER
        sealed = self._sealer.seal(
            SealedRow(org_id, kind.value, id),
            {path: secret for path, secret in secrets.items() if path.startswith(below)},
        )
        server = {name: body[name] for name in _SERVER_FIELDS if name in body}
        await self._store.create(ResourceRow(org_id, kind, id, server, at, at, sealed))
        return f"{kind}:{id}"

    async def _endpoints(self, leader: Leader) -> list[_Named]:
        """The organisation's enabled ones that are meant for this call."""
        found = []
        for row in reversed(await self._rows(leader.org_id)):  # the oldest first
            body = row.body
            if body.get("enabled", True) and _meant(body.get("target"), leader):
                events = body.get("events")
                through = frozenset(events) if isinstance(events, list) else None
                endpoint = endpoint_of(str(body.get("url")))
                found.append(_Named(f"{ResourceKind.WEBHOOK_ENDPOINT}:{row.id}", endpoint, through))
        return found

    async def _rows(self, org_id: UUID) -> Sequence[ResourceRow]:
        kept = self._kept.get(org_id)
        if kept is not None and trio.current_time() < kept.until:
            return kept.rows
        page = ResourcePage(limit=MAX_ENDPOINTS)
        try:
            with trio.fail_after(LOOK_UP_S):
                rows: Sequence[ResourceRow] = await self._store.page(
                    org_id, ResourceKind.WEBHOOK_ENDPOINT, page
                )
        except (StoreError, trio.TooSlowError) as error:
            _log.warning("webhook endpoints cannot be looked up", error=type(error).__name__)
            if kept is None:
                return ()
            rows = kept.rows
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[org_id] = _Kept(rows, trio.current_time() + FRESH_S)
        return rows


def _url(assistant: Assistant) -> str:
    return assistant.server_url if assistant.server is None else assistant.server.url


def _url_of(body: Mapping[str, Any]) -> str:
    server = body.get("server")
    url = server.get("url") if isinstance(server, Mapping) else body.get("serverUrl")
    return url if isinstance(url, str) else ""


def _meant(target: object, leader: Leader) -> bool:
    if not isinstance(target, Mapping):
        return True
    match target.get("type", "account"):
        case "account":
            return True
        case "assistant":
            return bool(leader.assistant_id) and target.get("assistantId") == leader.assistant_id
        case "phone-number":
            return leader.number is not None and target.get("phoneNumberId") == str(leader.number.id)
        case _:
            return False


def _assistant(assistant: Assistant | None, id: str) -> dict[str, object] | None:
    if assistant is None:
        return None
    said = {"id": id, "name": assistant.name}
    return {name: value for name, value in said.items() if value} or None


def _number(row: ResourceRow | None) -> dict[str, object] | None:
    if row is None:
        return None
    shown = {name: row.body[name] for name in ("number", "sipUri", "name") if row.body.get(name)}
    return {"id": str(row.id), **shown}
