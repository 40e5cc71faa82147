"""Whose account a provider is asked with: the assistant's credential, the organisation's, the operator's."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import trio

from aywa.errors import StoreError
from aywa.log import get_logger
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.model.secret_parts import fill
from aywa.ports.resources import ResourceKind, ResourcePage, ResourceRow, ResourceStore
from aywa.providers.web.access import Access
from aywa.settings import VendorSettings
from aywa.settings.vendors import BY_NAME
from aywa.store.sealing import SealedRow, Sealer

FRESH_S = 1.0  # how long another worker's change may go unseen; this worker's own are seen at once
LOOK_UP_S = 0.8  # a caller hears nothing meanwhile
MAX_KEPT = 10_000  # organisations
MAX_CREDENTIALS = 1000  # of one
_log = get_logger("runtime.accounts")


@dataclass(frozen=True, slots=True)
class Account:
    """`source`: where it was found, as people read it. `url`: "" for the vendor's own address.

    `operators`: it is of the settings.
    """

    provider: str
    key: str = field(repr=False)
    url: str
    source: str
    operators: bool = False

    def access(self, address: str, usual: str) -> Access:
        """At the account's own address, else at the one that a plan says, else at the `usual` one.

        An operator's key goes only where the operator says: whoever writes a plan may be somebody else.
        """
        elsewhere = bool(address) and address.rstrip("/") != self.url
        key = "" if elsewhere and self.operators else self.key
        return Access(self.provider, (self.url or address or usual).rstrip("/"), key)


@dataclass(slots=True)
class _Kept:
    rows: Sequence[ResourceRow]
    until: float


class Accounts:
    """Secrets are opened when a call asks for them. The operator's keys are the default organisation's, and
    serve others only where the settings say so.
    """

    def __init__(self, store: ResourceStore | None, sealer: Sealer | None, settings: VendorSettings) -> None:
        """`store` None: only the settings' accounts."""
        self._store = store
        self._sealer = sealer
        self._settings = settings
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()

    def forget(self) -> None:
        """Something was changed here. What is kept serves in need."""
        for kept in self._kept.values():
            kept.until = 0.0

    async def find(self, org_id: UUID, provider: str, named: Sequence[UUID] = ()) -> Account | None:
        """For a call of this organisation; `named`: credentials of the assistant, which go before.

        Raises `StoreError` when a credential's secret does not open.
        """
        rows = [row for row in await self._rows(org_id) if row.body.get("provider") == provider]
        chosen = next((row for row in rows if row.id in named), rows[0] if rows else None)
        if chosen is not None:
            return self._opened(chosen)
        return self.of_settings(provider) if self._serves(org_id) else None

    def of_settings(self, provider: str) -> Account | None:
        """The operator's own."""
        vendor, said = BY_NAME.get(provider), self._settings.keys.get(provider)
        if vendor is None or said is None:
            return None
        if not said.key and not vendor.keyless:
            return None
        return Account(provider, said.key, said.base_url, f"{vendor.variable}_API_KEY", operators=True)

    async def all(self, org_id: UUID) -> list[Account]:
        """Every account that a call of this organisation may be led by, each provider's best first."""
        found = [self._opened(row) for row in await self._rows(org_id) if "apiKey" in row.body]
        if self._serves(org_id):
            found += [account for name in BY_NAME if (account := self.of_settings(name)) is not None]
        return found

    def _serves(self, org_id: UUID) -> bool:
        return self._settings.shared or org_id == DEFAULT_ORGANIZATION

    def _opened(self, row: ResourceRow) -> Account:
        assert self._sealer is not None, "comes with the store"
        secrets = self._sealer.open(SealedRow(row.org_id, row.kind.value, row.id), row.sealed)
        body: Mapping[str, Any] = fill(row.body, secrets)
        url = body.get("apiUrl")
        return Account(
            str(body["provider"]),
            str(body.get("apiKey", "")),
            url.rstrip("/") if isinstance(url, str) else "",
            f"credential {row.id}",
        )

    async def _rows(self, org_id: UUID) -> Sequence[ResourceRow]:
        """The organisation's credentials, the newest first."""
        if self._store is None:
            return ()
        kept = self._kept.get(org_id)
        if kept is not None and trio.current_time() < kept.until:
            return kept.rows
        page = ResourcePage(limit=MAX_CREDENTIALS)
        try:
            with trio.fail_after(LOOK_UP_S):
                rows: Sequence[ResourceRow] = await self._store.page(org_id, ResourceKind.CREDENTIAL, page)
        except (StoreError, trio.TooSlowError) as error:
            _log.warning("credentials cannot be looked up", error=type(error).__name__)
            return () if kept is None else kept.rows
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[org_id] = _Kept(rows, trio.current_time() + FRESH_S)
        return rows
