"""Requests to servers that are named by an organisation, and their answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias
from uuid import UUID

from aywa.model.server_body import ServerBody

# Who is asked: a source as `WebhookJob` has it, or a server object.
Whom: TypeAlias = str | ServerBody


class ServerRequests(Protocol):
    """For all calls of a process; signed and authenticated as messages are.

    Both raise `OutboundError` in words without the URL, and `StoreError` where it is not known who is asked.
    """

    async def ask(
        self,
        org_id: UUID,
        whom: Whom,
        message: Mapping[str, object],
        *,
        bound_s: float,
        only_200: bool = False,
    ) -> Mapping[str, object]:
        """The JSON object that is answered within so many seconds in all. Without `only_200` any 2xx does."""

    def stream(
        self, org_id: UUID, whom: Whom, message: Mapping[str, object], *, bound_s: float
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The body of a 2xx as it comes, which is no JSON."""
