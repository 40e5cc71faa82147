"""A database of each earlier version, with rows in it, becomes one of this version with the same rows."""

from __future__ import annotations

import pytest
import trio

from aywa.bridge.postgres import open_postgres
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.store.audit import PostgresAudit
from aywa.store.calls import PostgresCallStore
from aywa.store.migrations import load_migrations, migrate
from aywa.store.wall import check_wall
from tests.kit.call_store_contract import call_row
from tests.kit.postgres import open_clean_postgres

pytestmark = pytest.mark.live

CALL = call_row(1, name="")  # names came later, and are not changed by saving
CALLS = 300
FILL = f"""
insert into calls (id, type, status, scenario, from_uri, to_uri, sip_call_id, created_at, updated_at)
select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'inboundPhoneCall', 'ended',
       'hotel_booking', 'sip:a@b', 'sip:c@d', n || '@pbx', now() - n * interval '1 min', now()
from generate_series(1, {CALLS}) n;
insert into timeline (call_id, seq, at_ms, kind)
select id, seq, seq * 10, 'turn' from calls, generate_series(1, 3) seq;
insert into transcript (call_id, seq, role, text, start_ms, end_ms)
select id, 1, 'user', 'hello', 0, 10 from calls;
"""
USAGE = "insert into dial_usage values ('key:a', 20000, 3, 60.5)"
BEFORE_TENANTS = 6


@pytest.mark.parametrize("version", range(1, BEFORE_TENANTS + 1))
async def test_rows_of_an_earlier_version_belong_to_the_default_organisation(
    version: int, postgres_url: str
) -> None:
    async with open_clean_postgres(postgres_url, migrated=False) as (loop, postgres):
        known = load_migrations()
        await migrate(postgres, known[:version])
        await postgres.system().execute(FILL)
        if version >= 4:
            await postgres.system().execute(USAGE)
        applied: list[str] = []

        async def start() -> None:
            async with open_postgres(loop, postgres_url, max_connections=1) as worker:
                applied.extend(await migrate(worker))

        async with trio.open_nursery() as workers:
            for _ in range(2):
                workers.start_soon(start)
        assert applied == [each.name for each in known[version:]]
        await postgres.renew()
        await check_wall(postgres)
        reader = PostgresCallStore(postgres).of(DEFAULT_ORGANIZATION)
        rows = await reader.list_calls(limit=1000)
        assert len(rows) == CALLS
        assert {row.org_id for row in rows} == {DEFAULT_ORGANIZATION}
        for row in (rows[0], rows[-1]):
            assert [entry.seq for entry in await reader.timeline(row.id)] == [1, 2, 3]
            assert [line.text for line in await reader.transcript(row.id)] == ["hello"]
        if version >= 4:
            (usage,) = await postgres.system().fetch("select * from dial_usage")
            assert (usage["calls"], usage["seconds"], usage["org_id"]) == (3, 60.5, DEFAULT_ORGANIZATION)
        assert (await PostgresAudit(postgres).verify(DEFAULT_ORGANIZATION)).rows == 0
        await PostgresCallStore(postgres).save_call(CALL)
        assert await reader.get_call(CALL.id) == CALL
