"""Where messages go: the most specific server that somebody named, looked up anew for every attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from aywa.model.assistant import Assistant
from aywa.model.server import Authentication, Server

ASSISTANT, ACCOUNT = "assistant", "account"  # sources, as `WebhookJob` has them


@dataclass(frozen=True, slots=True)
class Target:
    """A server as it is now. `secret`: for receivers that compare it."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_s: float = 20.0
    secret: str | None = field(default=None, repr=False)
    authentication: Authentication | None = None

    @property
    def endpoint(self) -> str:
        """The URL without its query, which may hold a secret."""
        return self.url.partition("#")[0].partition("?")[0]


class Targets(Protocol):
    """Knows the servers."""

    async def find(self, org_id: UUID, source: str) -> Target | None:
        """The server that this source names now; None when it names none. Raises `StoreError`."""


class ConfiguredTargets:
    """Servers of the assistant's file and of the environment: the same for everybody."""

    def __init__(self, assistant: Assistant | None, account: Target | None) -> None:
        own = None if assistant is None else assistant_target(assistant)
        known = {ASSISTANT: own, ACCOUNT: account}
        self._known = {source: target for source, target in known.items() if target is not None}

    def first(self) -> tuple[str, Target] | None:
        """The most specific one: of the assistant before the account's."""
        return next(iter(self._known.items()), None)

    async def find(self, org_id: UUID, source: str) -> Target | None:
        """See `Targets`; no checkpoint."""
        return self._known.get(source)


def assistant_target(assistant: Assistant) -> Target | None:
    """`server` stands before `serverUrl`."""
    if assistant.server is not None:
        return server_target(assistant.server)
    if assistant.server_url:
        return Target(assistant.server_url, secret=assistant.server_url_secret)
    return None


def server_target(server: Server) -> Target:
    """A server object."""
    return Target(
        server.url, server.headers, server.timeout_seconds, server.secret, server.authentication_plan
    )
