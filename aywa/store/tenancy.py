"""Organisations, their keys and what their administrators did, as one part of the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from aywa.bridge.postgres import Postgres, Session
from aywa.model.audit import AuditEntry
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.store.api_keys import PostgresApiKeys
from aywa.store.audit import PostgresAudit
from aywa.store.organizations import PostgresOrganizations


class Tenancy:
    """All of it on one database."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self.keys = PostgresApiKeys(postgres)
        self.organizations = PostgresOrganizations(postgres)
        self.audit = PostgresAudit(postgres)

    @asynccontextmanager
    async def changing(self, org_id: UUID | None, entry: AuditEntry) -> AsyncIterator[Session]:
        """A transaction of this organisation's that ends with this row of the audit log.

        None is for what belongs to no organisation: that is told in the default one's log.
        """
        scope = self._postgres.system() if org_id is None else self._postgres.tenant(org_id)
        async with scope.transaction() as session:
            yield session
            await self.audit.append(session, org_id or DEFAULT_ORGANIZATION, entry)

    @asynccontextmanager
    async def founding(self, org_id: UUID, entry: AuditEntry) -> AsyncIterator[Session]:
        """A transaction of the system's that begins the new organisation's log."""
        async with self._postgres.system().transaction() as session:
            yield session
            await self.audit.append(session, org_id, entry)
