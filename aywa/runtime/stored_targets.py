"""The servers that resources name, with their secrets, looked up when a message is sent."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import trio
from pydantic import ValidationError

from aywa.errors import StoreError
from aywa.model.credential import BearerPlan, HmacPlan, OAuth2, WebhookCredential
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.model.secret_parts import fill
from aywa.model.server import BearerAuthentication, HmacAuthentication, OAuth2Authentication
from aywa.model.server_body import ServerBody
from aywa.model.webhook_endpoint import WebhookEndpointBody
from aywa.outbox.sign import key_of
from aywa.outbox.targets import ConfiguredTargets, Target, TargetError, body_target
from aywa.ports.resources import ResourceKind, ResourceRow, ResourceStore
from aywa.store.sealing import SealedRow, Sealer

FRESH_S = 1.0  # how long another worker's change may go unseen; this worker's own are seen at once
MAX_KEPT = 10_000
GONE = "the credential of this server is gone: name another one"
NO_WEBHOOK = "the credential of this server is none for webhooks"
UNREADABLE = "the server cannot be read: it was written by another version, or its secret does not open"


@dataclass(frozen=True, slots=True)
class _Kept:
    target: Target | None
    until: float


class StoredTargets:
    """Implements `outbox.targets.Targets`. Servers of the settings are the default organisation's."""

    def __init__(self, store: ResourceStore, sealer: Sealer, configured: ConfiguredTargets) -> None:
        self._store = store
        self._sealer = sealer
        self._configured = configured
        self._kept: OrderedDict[tuple[UUID, str], _Kept] = OrderedDict()
        self._changes = 0

    def forget(self) -> None:
        """Something was changed here: the next message looks again."""
        self._changes += 1
        self._kept.clear()

    async def find(self, org_id: UUID, source: str) -> Target | None:
        """See `Targets`."""
        name, _, id = source.partition(":")
        if not id:
            own = org_id == DEFAULT_ORGANIZATION
            return await self._configured.find(org_id, source) if own else None
        kept = self._kept.get((org_id, source))
        if kept is not None and trio.current_time() < kept.until:
            return kept.target
        changes = self._changes
        target = await self._stored(org_id, ResourceKind(name), UUID(id))
        if changes != self._changes:
            return target  # what was read may be of before the change
        self._kept[org_id, source] = _Kept(target, trio.current_time() + FRESH_S)
        self._kept.move_to_end((org_id, source))
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return target

    async def resolve(self, org_id: UUID, server: ServerBody) -> Target:
        """See `Targets`."""
        return await self._authenticated(org_id, body_target(server), server.credential_id)

    async def _stored(self, org_id: UUID, kind: ResourceKind, id: UUID) -> Target | None:
        row = await self._store.get(org_id, kind, id)
        if row is None:
            return None
        body = self._opened(row)
        try:
            if kind is ResourceKind.WEBHOOK_ENDPOINT:
                return await self._endpoint(org_id, body)
            if (server := body.get("server")) is not None:
                return await self.resolve(org_id, ServerBody.model_validate(server))
        except ValidationError as error:
            raise TargetError(UNREADABLE) from error
        url, secret = body.get("serverUrl"), body.get("serverUrlSecret")
        return Target(url, secret=secret) if isinstance(url, str) and url else None

    async def _endpoint(self, org_id: UUID, body: Mapping[str, Any]) -> Target | None:
        endpoint = WebhookEndpointBody.model_validate(body)
        if not endpoint.enabled:
            return None
        target = Target(endpoint.url, endpoint.headers, endpoint.timeout_seconds)
        if endpoint.secret is not None:
            try:
                target = replace(target, keys=(key_of(endpoint.secret.get_secret_value()),))
            except ValueError as error:
                raise TargetError("the secret of this endpoint begins as whsec_ and is no base64") from error
        return await self._authenticated(org_id, target, endpoint.credential_id)

    async def _authenticated(self, org_id: UUID, target: Target, credential_id: UUID | None) -> Target:
        if credential_id is None:
            return target
        row = await self._store.get(org_id, ResourceKind.CREDENTIAL, credential_id)
        if row is None:
            raise TargetError(GONE)
        if row.body.get("provider") != "webhook":
            raise TargetError(NO_WEBHOOK)
        try:
            credential = WebhookCredential.model_validate(self._opened(row))
            return replace(target, authentication=_authentication(credential))
        except ValidationError as error:
            raise TargetError(UNREADABLE) from error

    def _opened(self, row: ResourceRow) -> Mapping[str, Any]:
        try:
            secrets = self._sealer.open(SealedRow(row.org_id, row.kind.value, row.id), row.sealed)
        except StoreError as error:
            raise TargetError(UNREADABLE) from error
        opened: Mapping[str, Any] = fill(row.body, secrets)
        return opened


def _authentication(
    credential: WebhookCredential,
) -> BearerAuthentication | HmacAuthentication | OAuth2Authentication:
    plan = credential.authentication_plan
    said: dict[str, Any] = plan.model_dump(exclude_none=True)
    match plan:
        case BearerPlan():
            return BearerAuthentication.model_validate({**said, "token": plan.token.get_secret_value()})
        case HmacPlan():
            secret = plan.secret_key.get_secret_value()
            return HmacAuthentication.model_validate({**said, "secret_key": secret})
        case OAuth2():
            secret = plan.client_secret.get_secret_value()
            return OAuth2Authentication.model_validate({**said, "client_secret": secret})
