"""Where messages go: the most specific server that somebody named, looked up anew for every attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from aywa.errors import OutboundError, OutboundFault
from aywa.model.assistant import Assistant
from aywa.model.server import BearerAuthentication, HmacAuthentication, OAuth2Authentication, Server
from aywa.model.server_body import ServerBody

ASSISTANT, ACCOUNT = "assistant", "account"  # sources, as `WebhookJob` has them


@dataclass(frozen=True, slots=True)
class Target:
    """A server as it is now. `secret`: for receivers that compare it. `keys`: that sign its messages, in
    place of the runtime's.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_s: float = 20.0
    secret: str | None = field(default=None, repr=False)
    authentication: BearerAuthentication | HmacAuthentication | OAuth2Authentication | None = None
    keys: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def endpoint(self) -> str:
        """See `endpoint_of`."""
        return endpoint_of(self.url)


def endpoint_of(url: str) -> str:
    """The URL without its query, which may hold a secret."""
    return url.partition("#")[0].partition("?")[0]


class TargetError(OutboundError):
    """A server is named, and cannot be asked as it is named: its credential is gone, for one."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, OutboundFault.REFUSED)


class Targets(Protocol):
    """Knows the servers. Both raise `StoreError` and `TargetError`."""

    async def find(self, org_id: UUID, source: str) -> Target | None:
        """The server that this source names now; None when it names none."""

    async def resolve(self, org_id: UUID, server: ServerBody) -> Target:
        """This server, with what its credential holds now."""


class ConfiguredTargets:
    """Servers of the assistant's file and of the environment: the same for everybody."""

    def __init__(self, assistant: Assistant | None, account: Target | None) -> None:
        own = None if assistant is None else assistant_target(assistant)
        known = {ASSISTANT: own, ACCOUNT: account}
        self._known = {source: target for source, target in known.items() if target is not None}

    def get(self, source: str) -> Target | None:
        """The server of this source; None when it names none."""
        return self._known.get(source)

    async def find(self, org_id: UUID, source: str) -> Target | None:
        """See `Targets`; no checkpoint."""
        return self._known.get(source)

    async def resolve(self, org_id: UUID, server: ServerBody) -> Target:
        """See `Targets`; a file's servers have no credentials."""
        return body_target(server)


def body_target(server: ServerBody) -> Target:
    """A server object of the API, without its credential."""
    secret = None if server.secret is None else server.secret.get_secret_value()
    return Target(server.url, server.headers, server.timeout_seconds, secret)


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
