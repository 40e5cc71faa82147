"""Every routed operation, asked with another organisation's ids: 404 word for word, and nothing happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from werkzeug.routing import Rule

from aywa.ports.resources import ResourceKind
from aywa.store import queries
from tests.kit.postgres import postgres_url
from tests.kit.tenant_world import (
    ENV,
    Organization,
    TenantWorld,
    open_tenant_world,
    switch_filter_off,
    switch_wall_off,
)

__all__ = ["postgres_url"]
pytestmark = pytest.mark.live

# What stands for each argument of a route. A route with an argument that is not here fails the sweep.
IDS: dict[str, Callable[[Organization], tuple[str, ...]]] = {
    "call_id": lambda owner: (owner.call_id, owner.live_call_id),
    "key_id": lambda owner: (owner.key_id,),
    "org_id": lambda owner: (owner.id,),
    "row_id": lambda owner: (owner.job_id, owner.attempt_id),
    "job_id": lambda owner: (owner.job_id,),
}
BODIES: dict[str, Callable[[Organization], object]] = {
    **{f"/{kind.value}/<resource_id>": lambda _owner: {"name": "taken over"} for kind in ResourceKind},
    "/call/<call_id>/control": lambda _owner: {"type": "end-call"},
    "/call/<call_id>": lambda _owner: {"name": "taken over"},
    "/organization/<org_id>": lambda _owner: {"name": "taken over"},
    "/logs/webhooks/replay": lambda owner: {"ids": [owner.job_id]},
    "/knowledge/search": lambda owner: {"query": "anything", "fileIds": [owner.resources["file"]]},
    "/artifact/retry": lambda owner: {"callId": owner.call_id},
}
_OWN = ("id", "canary", "key_id", "call_id", "live_call_id", "job_id", "attempt_id")
WALLS = {"both": (), "row-level security alone": (switch_filter_off,), "filters alone": (switch_wall_off,)}


@pytest.fixture(autouse=True)
def _fresh_queries() -> Iterator[None]:
    yield
    queries.load_queries.cache_clear()


@pytest.mark.parametrize("walls", WALLS.values(), ids=WALLS)
async def test_no_operation_knows_another_tenants_ids(
    walls: tuple[Callable[[pytest.MonkeyPatch], None], ...],
    postgres_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for switch in walls:
        switch(monkeypatch)
    async with open_tenant_world(postgres_url) as world:
        ours = await world.found("ours", tmp_path)
        theirs = await world.found("theirs", tmp_path)
        before = await world.dump(theirs.id)
        assert await sweep(world, ours, theirs) >= 30
        after = await world.dump(theirs.id)
        assert after == before
        assert any(theirs.canary in str(row) for row in after), "there was something to find"


async def sweep(world: TenantWorld, ours: Organization, theirs: Organization) -> int:
    """Ask every operation with our key and their ids; how many had an id to ask for."""
    unknown = replace(
        theirs,
        **{name: str(uuid4()) for name in _OWN},
        resources={kind: str(uuid4()) for kind in theirs.resources},
    )
    foreign = [*(getattr(theirs, name) for name in _OWN), *theirs.resources.values()]
    asked = 0
    for rule in world.app.url_map.iter_rules():
        if rule.websocket:
            continue  # test_listen.py
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            known = [await ask(world, method, rule, path, theirs, ours) for path in paths(rule, theirs)]
            for status, headers, data in known:
                assert not [each for each in foreign if each in headers + data], (method, rule.rule)
                assert status == 404 or not rule.arguments, (method, rule.rule, status)
            if rule.arguments:
                asked += 1
                same = [await ask(world, method, rule, path, unknown, ours) for path in paths(rule, unknown)]
                assert [(status, data) for status, _, data in known] == [
                    (status, data) for status, _, data in same
                ], (method, rule.rule)
    return asked


def paths(rule: Rule, owner: Organization) -> list[str]:
    """The rule's paths with this owner's ids."""
    found = [rule.rule]
    for name in rule.arguments:
        resource = owner.resources.get(rule.rule.split("/")[1])
        ids = (resource,) if name == "resource_id" and resource else IDS[name](owner)
        found = [path.replace(f"<{name}>", each) for path in found for each in ids]
    return found


async def ask(
    world: TenantWorld, method: str, rule: Rule, path: str, owner: Organization, asking: Organization
) -> tuple[int, str, str]:
    """Status, headers and body of an operation on the owner's ids."""
    body = BODIES.get(rule.rule) if method in ("POST", "PATCH", "PUT") else None
    options = {} if body is None else {"json": body(owner)}
    answer = await world.client.open(path, method=method, headers=asking.headers, **options)
    return answer.status_code, str(answer.headers), (await answer.get_data()).decode()


async def test_the_sweep_finds_what_is_open(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_filter_off(monkeypatch)
    switch_wall_off(monkeypatch)
    async with open_tenant_world(postgres_url) as world:
        ours = await world.found("ours", tmp_path)
        theirs = await world.found("theirs", tmp_path)
        with pytest.raises(AssertionError):
            await sweep(world, ours, theirs)


async def test_everybody_finds_their_own(postgres_url: str, tmp_path: Path) -> None:
    async with open_tenant_world(postgres_url) as world:
        ours = await world.found("ours", tmp_path)
        await world.found("theirs", tmp_path)
        for headers in (ours.headers, ENV | {"X-Organization-Id": ours.id}):
            calls = await world.ask("GET", "/call", headers)
            assert {call["id"] for call in calls} == {ours.call_id, ours.live_call_id}
            assert {call["orgId"] for call in calls} == {ours.id}
            assert (await world.ask("GET", f"/call/{ours.call_id}", headers))["orgId"] == ours.id
            timeline = await world.ask("GET", f"/call/{ours.call_id}/timeline", headers)
            assert timeline["transcript"][0]["text"] == ours.canary
            answer = await world.client.get(f"/call/{ours.call_id}/stereo-recording", headers=headers)
            assert await answer.get_data() == ours.canary.encode()
            answer = await world.client.get(f"/call/{ours.call_id}/mono-recording", headers=headers)
            assert await answer.get_data() == ours.canary.encode()
            found = await world.ask("GET", "/artifact", headers)
            assert {each["host"] for each in found} == {ours.canary}
        assert await world.ask("GET", "/call", ENV) == [], "the default organisation has none"


async def test_a_call_belongs_to_the_organisation_of_the_key_that_placed_it(
    postgres_url: str, tmp_path: Path
) -> None:
    async with open_tenant_world(postgres_url) as world:
        ours = await world.found("ours", tmp_path)
        await world.ask("POST", "/call", ours.headers, 201, {"customer": {"number": "+493012345678"}})
        (order,) = world.parts.calls.placed  # type: ignore[attr-defined]
        assert (str(order.org_id), order.request.owner) == (ours.id, ours.key_id)


async def test_lists_of_keys_organizations_and_the_log_go_on(postgres_url: str, tmp_path: Path) -> None:
    async with open_tenant_world(postgres_url) as world:
        await world.found("first", tmp_path)
        ours = await world.found("second", tmp_path)
        for number in range(3):
            await world.ask("POST", "/api-key", ours.headers, 201, {"name": f"key {number}"})
        for path, headers in (
            ("/api-key", ours.headers),
            ("/organization", ENV),
            ("/audit-log", ours.headers),
        ):
            whole = await world.ask("GET", path, headers)
            assert len(whole) >= 3
            found, url = [], f"{path}?limit=2"
            while url:
                answer = await world.client.get(url, headers=headers)
                page = await answer.get_json()
                assert 1 <= len(page) <= 2
                found += page
                link = answer.headers.get("Link", "")
                url = link[1 : link.find(">")].removeprefix("http://localhost") if link else ""
            used = "lastUsedAt"  # moves on with each question
            assert [{**each, used: None} for each in found] == [{**each, used: None} for each in whole], path
            answer = await world.client.get(f"{path}?cursor=x", headers=headers)
            assert answer.status_code == 400
