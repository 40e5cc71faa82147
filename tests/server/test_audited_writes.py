"""Every write of a resource is a row of the audit log, in one transaction with it, and holds no secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.runtime.allow_list import ACTION, audit_allow_list
from aywa.store.audit import PostgresAudit
from tests.kit.postgres import postgres_url
from tests.kit.tenant_world import ENV, open_tenant_world

__all__ = ["postgres_url"]
pytestmark = pytest.mark.live

SECRET = "a-secret-that-is-nowhere"
SCHEMA = {"type": "object"}
MADE: dict[str, dict[str, Any]] = {
    "/assistant": {"name": "A", "serverUrl": "https://a.example", "serverUrlSecret": SECRET},
    "/phone-number": {"provider": "byo-phone-number", "number": "+493012345", "serverUrlSecret": SECRET},
    "/tool": {"type": "function", "function": {"name": "book"}},
    "/credential": {"provider": "openai", "apiKey": SECRET},
    "/webhook-endpoint": {"name": "W", "url": "https://a.example/hook", "secret": SECRET},
    "/structured-output": {"name": "S", "schema": SCHEMA},
}
CHANGES: dict[str, dict[str, Any]] = {"/tool": {"metadata": {"a": SECRET}}}


async def test_every_write_is_in_the_chain(postgres_url: str, tmp_path: Path) -> None:
    async with open_tenant_world(postgres_url) as world:
        ours = await world.found("ours", tmp_path)
        before = await world.ask("GET", "/audit-log/verification", ours.headers)
        expected = []
        for path, body in MADE.items():
            noun = path[1:].replace("-", "_")
            row = await world.ask("POST", path, ours.headers, 201, body)
            change = CHANGES.get(path, {"name": "changed"})
            await world.ask("PATCH", f"{path}/{row['id']}", ours.headers, 200, change)
            await world.ask("DELETE", f"{path}/{row['id']}", ours.headers)
            for verb, data in (
                ("create", {"fields": sorted(body), "version": 1}),
                ("change", {"fields": sorted(change), "version": 2}),
                ("delete", {}),
            ):
                expected.append((f"{noun}.{verb}", noun, row["id"], data))
        rows = await world.ask("GET", "/audit-log?limit=18", ours.headers)
        said = [(row["action"], row["targetType"], row["targetId"], row["data"]) for row in reversed(rows)]
        assert said == expected
        assert {row["actor"] for row in rows} == {f"key:{ours.key_id}"}
        assert all(row["requestId"] for row in rows)
        assert SECRET not in str(rows)
        verdict = await world.ask("GET", "/audit-log/verification", ours.headers)
        assert (verdict["rows"], verdict.get("firstBroken")) == (before["rows"] + 18, None)
        await world.ask("PATCH", f"/assistant/{ours.resources['assistant']}", ours.headers, 400, {"name": 5})
        await world.ask("DELETE", f"/assistant/{DEFAULT_ORGANIZATION}", ours.headers, 404)
        after = await world.ask("GET", "/audit-log/verification", ours.headers)
        assert after["rows"] == verdict["rows"], "what fails leaves no row"


async def test_the_allow_list_is_audited_when_it_changes(postgres_url: str) -> None:
    async with open_tenant_world(postgres_url) as world:
        for listed, told in (
            ((), False),
            (("n8n", "10.0.0.0/8"), True),
            (("10.0.0.0/8", "n8n"), False),
            (("n8n",), True),
            ((), True),
        ):
            assert await audit_allow_list(world.postgres, listed, "worker") is told
        rows = [row for row in await world.ask("GET", "/audit-log", ENV) if row["action"] == ACTION]
        assert [row["data"]["entries"] for row in rows] == [[], ["n8n"], ["10.0.0.0/8", "n8n"]]
        verdict = await PostgresAudit(world.postgres).verify(DEFAULT_ORGANIZATION)
        assert verdict.first_broken is None
