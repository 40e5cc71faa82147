"""Row-level security: what a session sees that has named an organisation, the system, or nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from aywa.bridge.asyncio_loop import AsyncioLoop
from aywa.bridge.postgres import Postgres, open_postgres
from aywa.errors import StoreError
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.store.calls import PostgresCallStore
from aywa.store.migrations import migrate
from aywa.store.wall import check_wall
from tests.kit.call_store_contract import call_row
from tests.kit.postgres import open_clean_postgres

pytestmark = pytest.mark.live

OTHER = UUID("0aaa0000-0000-4000-8000-000000000002")
ROW = (
    "insert into timeline (org_id, call_id, seq, at_ms, kind) "
    "values ($1, '00000000-0000-0000-0000-0000000000aa', $2, 0, 'x')"
)
COUNT = "select count(*) as n from timeline"
# each a way in which somebody runs the database: what the runtime's user may do there
USERS = {"may make roles": "createrole", "may not make roles": "nocreaterole"}


async def count(scope: object) -> int:
    rows = await scope.fetch(COUNT)  # type: ignore[attr-defined]
    return int(rows[0]["n"])


@asynccontextmanager
async def open_as(loop: AsyncioLoop, admin: Postgres, url: str, rights: str) -> AsyncIterator[Postgres]:
    """A database of its own in the same cluster, and a user with these rights who owns it."""
    system = admin.system()
    await system.execute("drop schema public cascade; create schema public")
    async with admin.session() as session:  # databases are not made in a transaction
        await session.execute("reset role")
        for statement in (
            "drop database if exists managed with (force)",
            "drop role if exists manager",
            "drop role if exists aywa_tenant",
            f"create role manager login nosuperuser {rights}",
            "create database managed owner manager",
        ):
            await session.execute(statement)
        session.abandon()  # it began with a role that is gone
    own = url.replace("postgres@/postgres", "manager@/managed")
    async with open_postgres(loop, own, max_connections=3) as postgres:
        yield postgres


async def check_apart(postgres: Postgres) -> None:
    """Two organisations with a row each."""
    ours, theirs, system = postgres.tenant(DEFAULT_ORGANIZATION), postgres.tenant(OTHER), postgres.system()
    await check_wall(postgres)
    await ours.execute(ROW, DEFAULT_ORGANIZATION, 1)
    await theirs.execute(ROW, OTHER, 2)
    assert (await count(ours), await count(theirs), await count(system)) == (1, 1, 2)
    assert await count(postgres) == 0, "who has named nobody sees nothing"
    with pytest.raises(StoreError, match="42501"):
        await ours.execute(ROW, OTHER, 3)
    with pytest.raises(StoreError, match="42501"):
        await postgres.execute(ROW, DEFAULT_ORGANIZATION, 3)
    assert await ours.execute("update timeline set at_ms = 7 where seq = 2") == "UPDATE 0"
    assert await ours.execute("delete from timeline") == "DELETE 1"
    assert (await count(theirs), await count(system)) == (1, 1)
    async with theirs.transaction() as session:
        assert await count(session) == 1
    assert await count(postgres) == 0, "nothing of a transaction stays with its connection"


async def test_tenants_see_their_own_rows(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        await check_apart(postgres)


@pytest.mark.parametrize("rights", USERS.values(), ids=USERS)
async def test_whoever_the_database_belongs_to(rights: str, postgres_url: str) -> None:
    async with (
        open_clean_postgres(postgres_url) as (loop, admin),
        open_as(loop, admin, postgres_url, rights) as postgres,
    ):
        await migrate(postgres)
        await check_apart(postgres)


async def test_a_user_that_passes_the_wall_is_not_worked_with(postgres_url: str) -> None:
    async with (
        open_clean_postgres(postgres_url) as (loop, admin),
        open_as(loop, admin, postgres_url, "nocreaterole bypassrls") as postgres,
    ):
        await migrate(postgres)
        with pytest.raises(StoreError, match="create role aywa_tenant"):
            await check_wall(postgres)


async def test_every_table_with_an_organisation_is_behind_the_wall(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        rows = await postgres.system().fetch(
            """
            select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as walled,
                   array(select polname::text from pg_policy where polrelid = c.oid order by 1) as policies
            from pg_class c
            where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
              and (c.relname = 'organizations'
                   or exists (select from pg_attribute where attrelid = c.oid and attname = 'org_id'))
            """
        )
        assert {"calls", "timeline", "transcript", "dial_usage", "api_keys", "audit"} <= {
            row["name"] for row in rows
        }
        for row in rows:
            assert row["walled"], row["name"]
            assert row["policies"] == ["system_rows", "tenant_rows"], row["name"]


async def test_a_worker_of_the_version_before_goes_on(postgres_url: str) -> None:
    """It names nobody, has no role of ours and knows no organisation."""
    async with (
        open_clean_postgres(postgres_url) as (loop, admin),
        open_as(loop, admin, postgres_url, "nocreaterole") as postgres,
    ):
        await migrate(postgres)
        before = (
            "insert into timeline (call_id, seq, at_ms, kind) values "
            "('00000000-0000-0000-0000-0000000000aa', 1, 0, 'x')"
        )
        async with postgres.session() as session:
            await session.execute("set aywa.org_id = ''")
            await session.execute(before)
            assert await count(session) == 1
        assert await count(postgres.tenant(DEFAULT_ORGANIZATION)) == 1


async def test_rows_of_audit_stay_as_they_are(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        system = postgres.system()
        await system.execute(
            "insert into audit values ($1, 1, now(), 'a', 'b', 'c', 'd', 'e', '{}', $2, $2)",
            DEFAULT_ORGANIZATION,
            bytes(32),
        )
        for statement in ("update audit set seq = 2", "delete from audit", "truncate audit"):
            with pytest.raises(StoreError, match="42501"):
                await system.execute(statement)


async def test_the_store_of_calls_writes_for_every_organisation(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_loop, postgres):
        await PostgresCallStore(postgres).save_call(call_row())
        rows = await postgres.tenant(DEFAULT_ORGANIZATION).fetch("select id from calls")
        assert [str(row["id"]) for row in rows] == [call_row().id]
