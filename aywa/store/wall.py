"""Row-level security stands only where somebody is bound by it: looked at before the first call."""

from __future__ import annotations

from aywa.bridge.postgres import Postgres
from aywa.errors import StoreError
from aywa.model.organization import DEFAULT_ORGANIZATION

_RULE = (
    "the database user passes row-level security and may not take the role aywa_tenant: as an administrator "
    "of the database run `create role aywa_tenant nologin` and `grant aywa_tenant to` that user, or take "
    "BYPASSRLS from it"
)


async def check_wall(postgres: Postgres) -> None:
    """Raises `StoreError` when the policies of 007_tenants.sql do not bind a tenant's session."""
    rows = await postgres.tenant(DEFAULT_ORGANIZATION).fetch("select row_security_active('calls') as stands")
    if not rows[0]["stands"]:
        raise StoreError(_RULE)
