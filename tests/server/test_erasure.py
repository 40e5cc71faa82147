"""`DELETE /call/:id`, `POST /erasure` and `aywa erase`."""

from __future__ import annotations

from pathlib import Path

import pytest

from aywa.store import queries
from aywa_server.app import create_app
from aywa_server.cli_erase import text_of
from tests.kit.api_parts import AUTH, make_parts
from tests.kit.postgres import postgres_url
from tests.kit.tenant_world import open_tenant_world

__all__ = ["postgres_url"]
pytestmark = pytest.mark.live


async def test_a_call_is_erased_once_and_a_live_one_is_not(postgres_url: str, tmp_path: Path) -> None:
    queries.load_queries.cache_clear()
    async with open_tenant_world(postgres_url) as world:
        ours = await world.found("ours", tmp_path)
        refused = await world.ask("DELETE", f"/call/{ours.live_call_id}", ours.headers, 409)
        assert refused["code"] == "call-live"
        report = await world.ask("DELETE", f"/call/{ours.call_id}", ours.headers)
        assert report["calls"] == 1
        assert (report["erased"]["calls"], report["erased"]["files"], report["underWay"]) == (1, 1, [])
        for _ in range(2):
            gone = await world.ask("DELETE", f"/call/{ours.call_id}", ours.headers, 404)
            assert gone["code"] == "call-not-found"
        assert (await world.ask("DELETE", "/call/nonsense", ours.headers, 404)) == gone
        assert not (tmp_path / f"{ours.canary}.wav").exists()
        log = await world.ask("GET", "/audit-log", ours.headers)
        assert log[0]["action"] == "call.erase"
        assert "firstBroken" not in await world.ask("GET", "/audit-log/verification", ours.headers)
        assert "1 in calls" in text_of(report)


async def test_a_number_is_judged_and_erased(postgres_url: str, tmp_path: Path) -> None:
    async with open_tenant_world(postgres_url) as world:
        ours = await world.found("ours", tmp_path)
        for body in (
            {},
            {"phoneNumber": "anna"},
            {"phoneNumber": "1"},
            {"phoneNumber": "+493012", "more": 1},
        ):
            await world.ask("POST", "/erasure", ours.headers, 400, body)
        report = await world.ask("POST", "/erasure", ours.headers, 200, {"phoneNumber": "+4930123456"})
        assert report == {"calls": 0, "erased": {}, "underWay": []}


async def test_without_a_database_nothing_is_erased() -> None:
    client = create_app(make_parts()).test_client()
    answer = await client.delete("/call/00000000-0000-4000-8000-000000000001", headers=AUTH)
    assert answer.status_code == 503
