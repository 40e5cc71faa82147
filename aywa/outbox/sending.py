"""Sends a message to a server: signed, with what its plan shows, through the one client for such URLs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aywa.model.server import OAuth2Authentication
from aywa.outbound.client import Answer, AnswerStream, Ask, OutboundClient
from aywa.outbox.sign import authentication_headers, request_headers
from aywa.outbox.targets import Target
from aywa.outbox.tokens import Tokens
from aywa.ports.server_requests import WebRequest

UNAUTHORIZED = 401


class Sender:
    """Many may send at once."""

    def __init__(self, client: OutboundClient, keys: Sequence[bytes]) -> None:
        """`keys` sign by Standard Webhooks; several while they are being changed, none in development."""
        self._client = client
        self._keys = keys
        self._tokens = Tokens(client)

    async def send(
        self,
        target: Target,
        message_id: str,
        at_s: int,
        body: bytes,
        *,
        bound_s: float | None = None,
        max_bytes: int = 65_536,
        cut: bool = False,
        besides: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        """What the server answers, whatever its status. Raises `OutboundError`.

        `at_s`: Unix seconds; `bound_s`: at most, where it is less than what the target may take. `besides`:
        fields of ours that no plan replaces.
        """
        bound_s = target.timeout_s if bound_s is None else min(bound_s, target.timeout_s)
        plan = await self._presented(target)
        headers = request_headers(target, plan, self._keys, message_id, at_s, body)
        ours = {name.lower() for name, _ in besides}
        headers = [*(field for field in headers if field[0].lower() not in ours), *besides]
        ask = Ask(target.url, "POST", headers, body, bound_s=bound_s, max_bytes=max_bytes, cut=cut)
        answer = await self._client.ask(ask)
        if answer.status == UNAUTHORIZED and isinstance(target.authentication, OAuth2Authentication):
            self._tokens.forget(target.authentication)  # the next attempt asks for another
        return answer

    @asynccontextmanager
    async def stream(
        self, target: Target, message_id: str, at_s: int, body: bytes, *, bound_s: float, max_bytes: int
    ) -> AsyncIterator[AnswerStream]:
        """The answer as it comes. Raises `OutboundError`, also from what is read."""
        plan = await self._presented(target)
        headers = request_headers(target, plan, self._keys, message_id, at_s, body)
        ask = Ask(target.url, "POST", headers, body, bound_s=bound_s, max_bytes=max_bytes)
        async with self._client.stream(ask) as answer:
            yield answer

    async def fetch(
        self, target: Target, request: WebRequest, message_id: str, at_s: int, max_bytes: int
    ) -> Answer:
        """What a web service answers, whatever its status. It is authenticated and not signed: it knows
        nothing of us. What the request says itself stands before its credential. Raises `OutboundError`.
        """
        plan = await self._presented(target)
        own = authentication_headers(plan, message_id, at_s, request.body, target.url)
        named = {name.lower() for name, _ in request.headers}
        headers = [*request.headers, *(field for field in own if field[0].lower() not in named)]
        ask = Ask(
            request.url, request.method, headers, request.body, bound_s=request.bound_s, max_bytes=max_bytes
        )
        answer = await self._client.ask(ask)
        if answer.status == UNAUTHORIZED and isinstance(target.authentication, OAuth2Authentication):
            self._tokens.forget(target.authentication)
        return answer

    async def credentials(self, target: Target) -> list[tuple[str, str]]:
        """The fields that authenticate, where no body is signed. Raises `OutboundError`."""
        return authentication_headers(await self._presented(target), "", 0, b"", target.url)

    async def _presented(self, target: Target) -> object:
        plan = target.authentication
        if isinstance(plan, OAuth2Authentication):
            return await self._tokens.get(plan)
        return plan
