"""Keys of the database: made once, seen once, ended for good; what they may do and how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import trio

from aywa.model.key_token import KeyKind, make_token
from aywa.settings import HttpSettings
from tests.kit.postgres import postgres_url
from tests.kit.tenant_world import ENV, TenantWorld, open_tenant_world

__all__ = ["postgres_url"]
pytestmark = pytest.mark.live
UNKNOWN = "b0000000-0000-4000-8000-000000000000"


async def make(world: TenantWorld, headers: dict[str, str] | None = None, **body: object) -> dict[str, Any]:
    made: dict[str, Any] = await world.ask("POST", "/api-key", headers or ENV, 201, {"name": "k"} | body)
    return made


def using(key: dict[str, Any]) -> dict[str, str]:
    return {"X-API-Key": key["key"]}


async def test_a_key_is_seen_once_and_kept_as_a_hash(postgres_url: str) -> None:
    async with open_tenant_world(postgres_url) as world:
        key = await make(world, name="console")
        assert key["key"].startswith("aywa_rt_")
        assert key["key"].startswith(key["hint"])
        assert key["scopes"] == ["read", "write", "calls", "control"]
        await world.ask("GET", "/call", using(key))
        for told in (
            await world.ask("GET", "/api-key", ENV),
            await world.ask("GET", f"/api-key/{key['id']}", ENV),
            await world.ask("GET", "/audit-log", ENV),
            await world.dump(key["orgId"]),
        ):
            assert key["key"] not in str(told)
            assert key["key"][len(key["hint"]) :] not in str(told)
        shown = await world.ask("GET", f"/api-key/{key['id']}", ENV)
        assert "key" not in shown
        assert shown["lastUsedAt"]


async def test_what_is_no_key_gets_401_and_a_typing_mistake_is_told(postgres_url: str) -> None:
    async with open_tenant_world(postgres_url) as world:
        key = await make(world)
        await world.ask("DELETE", f"/api-key/{key['id']}", ENV)
        unknown = {"X-API-Key": make_token(KeyKind.RUNTIME, bytes(32))}
        revoked = await world.ask("GET", "/call", using(key), 401)
        assert revoked == await world.ask("GET", "/call", unknown, 401), "nobody learns which keys there were"
        last = "0" if key["key"][-1] != "0" else "1"
        mistyped = await world.ask("GET", "/call", {"X-API-Key": key["key"][:-1] + last}, 401)
        assert "mistyped" in mistyped["message"]


async def test_a_revoked_key_is_refused_within_a_second_on_every_node(postgres_url: str) -> None:
    async with open_tenant_world(postgres_url) as world:
        other = TenantWorld(world.postgres)
        key = await make(world)
        for node in (world, other):
            await node.ask("GET", "/call", using(key))
        ended = await world.ask("DELETE", f"/api-key/{key['id']}", ENV)
        assert ended["revokedAt"]
        with trio.move_on_after(1.0):
            while True:
                answers = [await node.client.get("/call", headers=using(key)) for node in (world, other)]
                if {answer.status_code for answer in answers} == {401}:
                    break
                await trio.lowlevel.checkpoint()
        for node in (world, other):
            await node.ask("GET", "/call", using(key), 401)
        again = await world.ask("DELETE", f"/api-key/{key['id']}", ENV)
        assert again["revokedAt"] == ended["revokedAt"]
        assert (
            len([row for row in await world.ask("GET", "/audit-log", ENV) if "revoke" in row["action"]]) == 1
        )


async def test_an_expired_key_is_refused(postgres_url: str) -> None:
    async with open_tenant_world(postgres_url) as world:
        soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        key = await make(world, expiresAt=soon)
        await world.postgres.system().execute("update api_keys set expires_at = now() - interval '1 s'")
        await world.ask("GET", "/call", using(key), 401)
        past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
        told = await world.ask("POST", "/api-key", ENV, 400, {"name": "k", "expiresAt": past})
        assert told["field"] == "expiresAt"


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/call", "read"),
        ("POST", "/call", "calls"),
        ("POST", "/call/phone", "calls"),
        ("POST", f"/call/{UNKNOWN}/control", "control"),
        ("GET", "/metrics", "metrics"),
        ("GET", "/api-key", "admin"),
        ("POST", "/api-key", "admin"),
        ("GET", "/organization", "admin"),
        ("PATCH", f"/organization/{UNKNOWN}", "admin"),
        ("GET", "/audit-log", "admin"),
        ("GET", "/audit-log/verification", "admin"),
    ],
)
async def test_each_route_needs_its_scope(method: str, path: str, scope: str, postgres_url: str) -> None:
    async with open_tenant_world(postgres_url) as world:
        every = ["read", "write", "calls", "control", "metrics", "admin"]
        without = await make(world, kind="admin", scopes=[each for each in every if each != scope])
        told = await world.ask(method, path, using(without), 403, {} if method != "GET" else None)
        assert (told["code"], scope in told["message"]) == ("scope-missing", True)
        kind = "admin" if scope == "admin" else "runtime"
        only = await make(world, kind=kind, scopes=[scope])
        answer = await world.client.open(path, method=method, headers=using(only), json={})
        assert answer.status_code != 403


async def test_a_rotated_key_works_on_for_its_grace(postgres_url: str) -> None:
    async with open_tenant_world(postgres_url) as world:
        old = await make(world, scopes=["read"], name="console")
        path = f"/api-key/{old['id']}/rotate"
        new = await world.ask("POST", path, ENV, 201, {"graceSeconds": 3600})
        assert (new["name"], new["scopes"]) == ("console", ["read"])
        for key in (old, new):
            await world.ask("GET", "/call", using(key))
        newest = await world.ask("POST", f"/api-key/{new['id']}/rotate", ENV, 201)
        shown = await world.ask("GET", f"/api-key/{new['id']}", ENV)
        assert shown["revokedAt"]
        await world.ask("GET", "/call", using(newest))
        told = await world.ask("POST", f"/api-key/{new['id']}/rotate", ENV, 409)
        assert told["code"] == "key-not-valid"
        assert (await world.ask("GET", f"/api-key/{old['id']}", ENV))["expiresAt"]


async def test_an_administrator_of_one_organisation_stays_in_it(postgres_url: str, tmp_path: Path) -> None:
    async with open_tenant_world(postgres_url) as world:
        ours = await world.found("ours", tmp_path)
        theirs = await world.found("theirs", tmp_path)
        key = await make(world, ours.headers)
        assert key["orgId"] == ours.id
        await world.ask("GET", "/call", using(key) | {"X-Organization-Id": ours.id})
        for wanted in (theirs.id, str(uuid4())):
            told = await world.ask("GET", "/call", using(key) | {"X-Organization-Id": wanted}, 404)
            assert told["code"] == "organization-not-found"
        for method, path, body in (
            ("POST", "/organization", {"name": "mine"}),
            ("POST", "/api-key", {"name": "k", "kind": "admin", "allOrganizations": True}),
            ("GET", "/api-key?unbound=1", None),
        ):
            told = await world.ask(method, path, ours.headers, 403, body)
            assert told["code"] == "organization-bound"
        assert [each["id"] for each in await world.ask("GET", "/organization", ours.headers)] == [ours.id]


async def test_an_unbound_key_chooses_its_organisation(postgres_url: str, tmp_path: Path) -> None:
    async with open_tenant_world(postgres_url) as world:
        ours = await world.found("ours", tmp_path)
        key = await make(world, kind="admin", allOrganizations=True)
        assert key["orgId"] is None
        assert len(await world.ask("GET", "/organization", using(key))) == 2
        assert await world.ask("GET", "/call", using(key)) == []
        assert len(await world.ask("GET", "/call", using(key) | {"X-Organization-Id": ours.id})) == 2
        told = await world.ask("GET", "/call", using(key) | {"X-Organization-Id": "mine"}, 400)
        assert told["field"] == "X-Organization-Id"
        await world.ask("GET", "/call", using(key) | {"X-Organization-Id": str(uuid4())}, 404)
        assert [each["id"] for each in await world.ask("GET", "/api-key?unbound=1", ENV)] == [key["id"]]
        assert key["id"] not in str(await world.ask("GET", "/api-key", ENV))
        await world.ask("DELETE", f"/api-key/{key['id']}?unbound=1", ENV)
        renamed = await world.ask("PATCH", f"/organization/{ours.id}", ENV, 200, {"name": "new"})
        assert renamed["name"] == "new"


async def test_too_many_failures_are_429_and_good_keys_go_on(postgres_url: str) -> None:
    async with open_tenant_world(postgres_url, frozen=True) as world:
        known, cold = await make(world), await make(world)
        await world.ask("GET", "/call", using(known))
        for number in range(HttpSettings().wrong_keys_per_minute):
            await world.ask("GET", "/call", {"X-API-Key": f"guess-{number}"}, 401)
        wrong = await world.client.get("/call", headers={"X-API-Key": "guess"})
        assert wrong.status_code == 429
        assert wrong.headers["Retry-After"] == "3"
        await world.ask("GET", "/call", using(known))
        await world.ask("GET", "/call", ENV)
        await world.ask("GET", "/call", using(cold), 429)


async def test_a_key_that_asks_too_often_waits(postgres_url: str) -> None:
    async with open_tenant_world(postgres_url, rate_per_key=1, frozen=True) as world:
        one, two = await make(world), await make(world)
        statuses = [(await world.client.get("/call", headers=using(one))).status_code for _ in range(4)]
        assert statuses == [200, 200, 429, 429]
        answer = await world.client.get("/call", headers=using(one))
        assert answer.headers["Retry-After"] == "1"
        await world.ask("GET", "/call", using(two))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a\0"}, "name"),
        ({"name": "k", "scopes": []}, "scopes"),
        ({"name": "k", "scopes": ["admin"]}, "scopes"),
        ({"name": "k", "scopes": ["all"]}, "scopes.0"),
        ({"name": "k", "allOrganizations": True}, "allOrganizations"),
        ({"name": "k", "allOrganizations": 0}, "allOrganizations"),
        ({"name": "k", "kind": "root"}, "kind"),
        ({"name": "k", "expiresAt": "2030-01-01T00:00:00"}, "expiresAt"),
        ({"name": "k", "key": "mine"}, "key"),
    ],
)
async def test_a_fault_names_its_field(body: dict[str, object], field: str, postgres_url: str) -> None:
    async with open_tenant_world(postgres_url) as world:
        assert (await world.ask("POST", "/api-key", ENV, 400, body))["field"] == field
