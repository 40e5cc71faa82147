"""Every routed operation, asked with another organisation's ids: 404 word for word, and nothing happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

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

# Whose id stands for each argument of a route. A route with an argument that is not here fails the sweep.
IDS: dict[str, Callable[[Organization], str]] = {
    "call_id": lambda owner: owner.call_id,
    "key_id": lambda owner: owner.key_id,
    "org_id": lambda owner: owner.id,
}
BODIES = {
    "/call/<call_id>/control": {"type": "end-call"},
    "/organization/<org_id>": {"name": "taken over"},
}
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
        assert await sweep(world, ours, theirs) >= 11
        after = await world.dump(theirs.id)
        assert after == before
        assert any(theirs.canary in str(row) for row in after), "there was something to find"


async def sweep(world: TenantWorld, ours: Organization, theirs: Organization) -> int:
    """Ask every operation with our key and their ids; how many had an id to ask for."""
    unknown = Organization(*[str(uuid4())] * 2, {}, *[str(uuid4())] * 3)
    asked = 0
    for rule in world.app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            body = BODIES.get(rule.rule)
            answers = []
            for owner in (theirs, unknown):
                path = rule.rule
                for name in rule.arguments:
                    path = path.replace(f"<{name}>", IDS[name](owner))
                options = {} if body is None or method == "GET" else {"json": body}
                answer = await world.client.open(path, method=method, headers=ours.headers, **options)
                answers.append((answer.status_code, await answer.get_data()))
                foreign = (theirs.canary, theirs.call_id, theirs.key_id, theirs.id)
                told = answers[-1][1].decode()
                assert not [each for each in foreign if each in told], (method, path)
                assert not [each for each in foreign if each in str(answer.headers)], (method, path)
            if rule.arguments:
                asked += 1
                assert answers[0] == answers[1], (method, rule.rule)
                assert answers[0][0] == 404, (method, rule.rule, answers[0])
    return asked


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
        assert await world.ask("GET", "/call", ENV) == [], "the default organisation has none"


async def test_a_call_belongs_to_the_organisation_of_the_key_that_placed_it(
    postgres_url: str, tmp_path: Path
) -> None:
    async with open_tenant_world(postgres_url) as world:
        ours = await world.found("ours", tmp_path)
        await world.ask("POST", "/call", ours.headers, 201, {"customer": {"number": "+493012345678"}})
        (order,) = world.parts.calls.placed  # type: ignore[attr-defined]
        assert (str(order.org_id), order.request.owner) == (ours.id, ours.key_id)
