"""Sends a message to a server: signed, with what its plan shows, through the one client for such URLs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aywa.model.server import OAuth2Authentication
from aywa.outbound.client import Answer, AnswerStream, Ask, OutboundClient
from aywa.outbox.sign import request_headers
from aywa.outbox.targets import Target
from aywa.outbox.tokens import Tokens

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
    ) -> Answer:
        """What the server answers, whatever its status. Raises `OutboundError`.

        `at_s`: Unix seconds; `bound_s`: at most, where it is less than what the target may take.
        """
        bound_s = target.timeout_s if bound_s is None else min(bound_s, target.timeout_s)
        plan = await self._presented(target)
        headers = request_headers(target, plan, self._keys, message_id, at_s, body)
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

    async def _presented(self, target: Target) -> object:
        plan = target.authentication
        if isinstance(plan, OAuth2Authentication):
            return await self._tokens.get(plan)
        return plan
