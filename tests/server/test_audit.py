"""The audit log: every change of an administrator's, in one chain, with no secret in it."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from aywa.clock import wall_now
from aywa.model.audit import AuditEntry
from aywa.model.organization import DEFAULT_ORGANIZATION
from tests.kit.postgres import postgres_url
from tests.kit.tenant_world import ENV, TenantWorld, open_tenant_world

__all__ = ["postgres_url"]
pytestmark = pytest.mark.live

_WITHOUT_TRIGGERS = (
    "set local session_replication_role = replica"  # as somebody with the database's own keys may
)


async def tamper(world: TenantWorld, statement: str) -> None:
    async with world.postgres.system().transaction() as session:
        await session.execute(_WITHOUT_TRIGGERS)
        await session.execute(statement)


async def test_a_change_and_its_row_are_one(postgres_url: str, tmp_path: Path) -> None:
    async with open_tenant_world(postgres_url) as world:
        ours = await world.found("ours", tmp_path)
        key = await world.ask("POST", "/api-key", ours.headers, 201, {"name": "console"})
        await world.ask("POST", f"/api-key/{key['id']}/rotate", ours.headers, 201)
        await world.ask("PATCH", f"/organization/{ours.id}", ours.headers, 200, {"name": "renamed"})
        await world.ask("DELETE", f"/api-key/{ours.key_id}", ours.headers)
        chosen = ENV | {"X-Organization-Id": ours.id, "X-Request-Id": "req_mine"}
        rows = await world.ask("GET", "/audit-log", chosen)
        assert [row["action"] for row in rows] == [
            "api_key.revoke",
            "organization.rename",
            "api_key.rotate",
            "api_key.create",
            "api_key.create",
            "organization.create",
        ]
        assert [row["seq"] for row in rows] == [6, 5, 4, 3, 2, 1]
        assert {row["actor"] for row in rows[:4]} == {f"key:{ours.key_id}"}
        assert rows[-1]["actor"].startswith("environment:")
        assert (rows[0]["targetId"], rows[0]["targetType"]) == (ours.key_id, "api_key")
        assert rows[2]["data"]["replaces"] == key["id"]
        assert all(row["requestId"] for row in rows)
        assert [row["seq"] for row in await world.ask("GET", "/audit-log?limit=2&seqLt=4", chosen)] == [3, 2]
        verdict = await world.ask("GET", "/audit-log/verification", chosen)
        assert (verdict["rows"], verdict["head"], verdict.get("firstBroken")) == (6, rows[0]["hash"], None)
        assert "aywa_ad_" + "x" not in str(rows)
        assert await world.ask("GET", "/audit-log", ENV) == [], "another organisation's chain"


async def test_a_change_that_fails_leaves_no_row(postgres_url: str) -> None:
    async with open_tenant_world(postgres_url) as world:
        entry = AuditEntry("key:1", "x.y", "x", "1", wall_now())
        with pytest.raises(RuntimeError):
            async with world.tenancy.changing(DEFAULT_ORGANIZATION, entry):
                raise RuntimeError
        assert await world.tenancy.audit.list(DEFAULT_ORGANIZATION, limit=9) == []


async def test_writers_at_once_make_one_chain(postgres_url: str) -> None:
    async with open_tenant_world(postgres_url) as world:

        async def write(number: int) -> None:
            entry = AuditEntry("key:1", "x.y", "x", str(number), wall_now(), data={"n": number})
            async with world.tenancy.changing(DEFAULT_ORGANIZATION, entry):
                await trio.lowlevel.checkpoint()

        async with trio.open_nursery() as nursery:
            for number in range(40):
                nursery.start_soon(write, number)
        verdict = await world.tenancy.audit.verify(DEFAULT_ORGANIZATION)
        assert (verdict.rows, verdict.first_broken) == (40, None)
        rows = await world.tenancy.audit.list(DEFAULT_ORGANIZATION, limit=100)
        assert sorted(int(row.entry.target_id) for row in rows) == list(range(40))


@pytest.mark.parametrize(
    ("statement", "broken", "why"),
    [
        ("update audit set actor = 'nobody' where seq = 3", 3, "changed"),
        ("""update audit set data = '{"name": "other"}' where seq = 2""", 2, "changed"),
        ("update audit set at = at + interval '1 us' where seq = 1", 1, "changed"),
        ("delete from audit where seq = 2", 3, "missing"),
        ("update audit set hash = sha256('x') where seq = 2", 2, "changed"),
        ("update audit set previous = sha256('x') where seq = 4", 4, "follow"),
    ],
)
async def test_verification_names_the_first_broken_row(
    statement: str, broken: int, why: str, postgres_url: str
) -> None:
    async with open_tenant_world(postgres_url) as world:
        for number in range(5):
            await world.ask("POST", "/api-key", ENV, 201, {"name": f"k{number}"})
        await tamper(world, statement)
        verdict = await world.ask("GET", "/audit-log/verification", ENV)
        assert (verdict["firstBroken"], why in verdict["why"]) == (broken, True)
        # who walks on from there finds that new rows do not mend it
        await world.ask("POST", "/api-key", ENV, 201, {"name": "later"})
        assert (await world.ask("GET", "/audit-log/verification", ENV))["firstBroken"] == broken


async def test_rows_taken_from_the_end_are_missed_by_who_kept_the_newest_hash(postgres_url: str) -> None:
    async with open_tenant_world(postgres_url) as world:
        for number in range(3):
            await world.ask("POST", "/api-key", ENV, 201, {"name": f"k{number}"})
        head = (await world.ask("GET", "/audit-log/verification", ENV))["head"]
        path = f"/audit-log/verification?head={head}"
        await world.ask("POST", "/api-key", ENV, 201, {"name": "later"})
        assert (await world.ask("GET", path, ENV))["headFound"]
        await tamper(world, "delete from audit where seq > 2")
        verdict = await world.ask("GET", path, ENV)
        assert (verdict["rows"], verdict.get("firstBroken"), verdict["headFound"]) == (2, None, False)
        for query in ("head=xyz", "tail=1"):
            await world.ask("GET", f"/audit-log/verification?{query}", ENV, 400)
