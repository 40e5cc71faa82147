"""Requests to servers that are named by an organisation, and their answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias
from uuid import UUID

from aywa.model.server_body import ServerBody

# Who is asked: a source as `WebhookJob` has it, or a server object.
Whom: TypeAlias = str | ServerBody


@dataclass(frozen=True, slots=True)
class WebRequest:
    """A request to a web service, complete but for what its credential adds.

    `headers`: the operator's; `key`: sent as `Idempotency-Key` unless it is "".
    """

    url: str
    method: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    credential_id: UUID | None = None
    bound_s: float = 20.0
    key: str = ""


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """What came back. Names of `headers` are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ServerRequests(Protocol):
    """For all calls of a process; signed and authenticated as messages are.

    All raise `OutboundError` in words without the URL, and `StoreError` where it is not known who is asked.
    """

    async def ask(
        self,
        org_id: UUID,
        whom: Whom,
        message: Mapping[str, object],
        *,
        bound_s: float,
        only_200: bool = False,
        key: str = "",
    ) -> Mapping[str, object]:
        """The JSON object that is answered within so many seconds in all. Without `only_200` any 2xx does.

        `key`: sent as `Idempotency-Key` unless it is "".
        """

    def stream(
        self, org_id: UUID, whom: Whom, message: Mapping[str, object], *, bound_s: float
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The body of a 2xx as it comes, which is no JSON."""

    async def fetch(self, org_id: UUID, request: WebRequest) -> WebAnswer:
        """What a web service answers, whatever its status; authenticated by the request's credential."""
