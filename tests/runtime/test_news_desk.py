"""Whom calls tell: the whole cascade, from what organisations have made, to what is sent and signed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest
import trio

from aywa.call.news_plan import NewsPlan
from aywa.call.plan import Leader
from aywa.errors import StoreError
from aywa.model.assistant import parse_assistant
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.model.server import FINAL_TRANSCRIPT, BearerAuthentication, HmacAuthentication, OAuth2Authentication
from aywa.outbox.targets import ConfiguredTargets, Target, TargetError
from aywa.ports.resources import ResourceKind, ResourcePage, ResourceRow
from aywa.runtime.news_desk import NewsDesk
from aywa.runtime.stored_assistant import read_assistant
from aywa.runtime.stored_targets import GONE, NO_WEBHOOK, UNREADABLE, StoredTargets
from aywa_server.resources.kinds import ASSISTANT, CREDENTIAL, PHONE_NUMBER, WEBHOOK_ENDPOINT, Kind
from aywa_server.resources.service import Resources
from tests.kit.resource_store import SEALER, DictResources, SteppingClock

OTHER = UUID(int=5)
FILE, _ = parse_assistant('{"name": "File", "server": {"url": "https://file.example/hook"}}', "x")
ACCOUNT = Target("https://environment.example/hook")


class Store(DictResources):
    """One that may be down."""

    down = False

    async def page(self, org_id: UUID, kind: ResourceKind, page: ResourcePage) -> list[ResourceRow]:
        if self.down:
            raise StoreError("down")
        return await super().page(org_id, kind, page)


@dataclass
class World:
    """The desk and what it looks at."""

    usual: bool = True
    store: Store = field(default_factory=Store)

    def __post_init__(self) -> None:
        configured = ConfiguredTargets(FILE if self.usual else None, ACCOUNT)
        blank = NewsPlan((), Random(1), lambda: datetime(2026, 5, 31, tzinfo=UTC))
        self.targets = StoredTargets(self.store, SEALER, configured)
        self.desk = NewsDesk(self.store, SEALER, configured, FILE if self.usual else None, blank)
        self.resources = Resources(self.store, SEALER, Random(7), SteppingClock(), self._forget)

    def _forget(self) -> None:
        self.targets.forget()
        self.desk.forget()

    async def make(self, kind: Kind, org_id: UUID = OTHER, **body: Any) -> ResourceRow:
        return await self.resources.create(org_id, kind, body)

    async def leader(self, row: ResourceRow | None, number: ResourceRow | None = None) -> Leader:
        if row is None:
            return Leader(OTHER if number is None else number.org_id, number=number)
        return Leader(row.org_id, read_assistant(row, SEALER), str(row.id), number)

    async def told(self, leader: Leader) -> list[str]:
        plan, _ = await self.desk.about(leader)
        return [each.endpoint for each in plan.listeners]

    async def target(self, leader: Leader) -> Target | None:
        plan, _ = await self.desk.about(leader)
        return await self.targets.find(leader.org_id, plan.listeners[0].source)


def server(name: str) -> dict[str, object]:
    return {"url": f"https://{name}.example/hook?key=1"}


def number(n: int, **body: Any) -> dict[str, Any]:
    return {"provider": "byo-phone-number", "number": f"+49301234{n:03}", **body}


async def test_the_most_specific_server_is_told() -> None:
    world = World()
    both = await world.make(ASSISTANT, name="A", server=server("assistant"), serverUrl="https://old.example")
    old = await world.make(ASSISTANT, name="B", serverUrl="https://old.example/x?y#z")
    plain = await world.make(ASSISTANT, name="C")
    rich = await world.make(PHONE_NUMBER, **number(1, server=server("number"), serverUrl="https://n.example"))
    older = await world.make(PHONE_NUMBER, **number(2, serverUrl="https://older.example/n"))
    bare = await world.make(PHONE_NUMBER, **number(3))
    for assistant, called, expected in (
        (both, rich, ["https://assistant.example/hook"]),
        (old, rich, ["https://old.example/x"]),
        (plain, rich, ["https://number.example/hook"]),
        (plain, older, ["https://older.example/n"]),
        (plain, bare, []),
        (None, bare, []),
        (None, rich, ["https://number.example/hook"]),
    ):
        assert await world.told(await world.leader(assistant, called)) == expected
    await world.make(WEBHOOK_ENDPOINT, name="all", url="https://account.example/hook")
    assert await world.told(await world.leader(plain, bare)) == ["https://account.example/hook"]
    assert await world.told(await world.leader(None, bare)) == ["https://account.example/hook"]
    assert await world.told(await world.leader(plain, older)) == ["https://older.example/n"]


async def test_the_settings_are_the_default_organisations_only() -> None:
    assert await World().told(Leader()) == ["https://file.example/hook"]
    assert await World(usual=False).told(Leader()) == ["https://environment.example/hook"]
    for usual in (True, False):
        world = World(usual)
        assert await world.told(Leader(OTHER)) == []
        for source in ("assistant", "account"):
            assert await world.targets.find(OTHER, source) is None
    world = World(usual=False)
    await world.make(WEBHOOK_ENDPOINT, DEFAULT_ORGANIZATION, name="own", url="https://own.example/hook")
    assert await world.told(Leader()) == ["https://own.example/hook"]
    assert await world.told(Leader(OTHER)) == [], "another organisation's endpoint"


async def test_endpoints_for_some_calls_and_for_some_messages() -> None:
    world = World()
    a = await world.make(ASSISTANT, name="A")
    b = await world.make(ASSISTANT, name="B", serverMessages=["transcript", "hang"])
    called = await world.make(PHONE_NUMBER, **number(1))
    meant = {"type": "assistant", "assistantId": str(a.id)}
    await world.make(WEBHOOK_ENDPOINT, url="https://a.example/hook", target=meant)
    meant = {"type": "phone-number", "phoneNumberId": str(called.id)}
    await world.make(WEBHOOK_ENDPOINT, url="https://n.example/hook", target=meant)
    some = [FINAL_TRANSCRIPT, "status-update"]
    every = await world.make(WEBHOOK_ENDPOINT, url="https://e.example/hook", events=some)
    await world.make(WEBHOOK_ENDPOINT, url="https://off.example/hook", enabled=False)
    assert await world.told(await world.leader(a)) == ["https://a.example/hook", "https://e.example/hook"]
    plan, cascade = await world.desk.about(await world.leader(b, called))
    n, e = plan.listeners
    assert (n.endpoint, n.messages) == ("https://n.example/hook", {"transcript", "hang"})
    assert (e.endpoint, e.messages) == ("https://e.example/hook", {FINAL_TRANSCRIPT})
    assert [through for _, through in cascade] == [None, {FINAL_TRANSCRIPT, "status-update"}]
    plan, _ = await world.desk.about(await world.leader(a))
    assert plan.listeners[1].messages == {FINAL_TRANSCRIPT, "status-update"}
    assert plan.assistant == {"id": str(a.id), "name": "A"}
    await world.resources.change(OTHER, WEBHOOK_ENDPOINT, every.id, {"enabled": False})
    assert await world.told(await world.leader(a)) == ["https://a.example/hook"]
    assert await world.targets.find(OTHER, e.source) is None, "what waits for it is skipped"


async def test_a_database_that_fails_changes_nothing(autojump_clock: trio.testing.MockClock) -> None:
    world = World()
    await world.make(WEBHOOK_ENDPOINT, url="https://e.example/hook")
    assert await world.told(Leader(OTHER)) == ["https://e.example/hook"]
    world.store.down = True
    await trio.sleep(60)
    assert await world.told(Leader(OTHER)) == ["https://e.example/hook"]
    assert await world.told(Leader(UUID(int=6))) == []


async def test_a_credential_is_looked_up_when_a_message_is_sent() -> None:
    world = World()
    plan: dict[str, object] = {"type": "bearer", "token": "first"}
    credential = await world.make(CREDENTIAL, provider="webhook", authenticationPlan=plan)
    named = server("a") | {"credentialId": str(credential.id), "secret": "older", "headers": {"x": "y"}}
    row = await world.make(ASSISTANT, name="A", server=named)
    leader = await world.leader(row)

    async def shown() -> object:
        target = await world.target(leader)
        assert target is not None
        assert (target.secret, target.headers) == ("older", {"x": "y"})
        return target.authentication

    assert await shown() == BearerAuthentication(type="bearer", token="first")
    change = world.resources.change
    await change(OTHER, CREDENTIAL, credential.id, {"authenticationPlan": {"token": "second"}})
    assert await shown() == BearerAuthentication(type="bearer", token="second")
    for plan, kind in (
        ({"type": "hmac", "secretKey": "k", "algorithm": "sha512"}, HmacAuthentication),
        (
            {"type": "oauth2", "url": "https://t.example/t", "clientId": "c", "clientSecret": "s"},
            OAuth2Authentication,
        ),
    ):
        replaced = {"provider": "webhook", "authenticationPlan": plan}
        fresh = await world.make(CREDENTIAL, **replaced)
        await change(OTHER, ASSISTANT, row.id, {"server": {"credentialId": str(fresh.id)}})
        assert isinstance(await shown(), kind)
    world.store.rows.pop(fresh.id)
    world.targets.forget()
    with pytest.raises(TargetError, match=GONE):
        await shown()
    key = await world.make(CREDENTIAL, provider="openai", apiKey="k")
    await change(OTHER, ASSISTANT, row.id, {"server": {"credentialId": str(key.id)}})
    with pytest.raises(TargetError, match=NO_WEBHOOK):
        await shown()


async def test_another_organisations_credential_is_gone() -> None:
    world = World()
    foreign = await world.make(
        CREDENTIAL, UUID(int=6), provider="webhook", authenticationPlan={"type": "bearer", "token": "t"}
    )
    row = await world.make(ASSISTANT, name="A", server=server("a"))
    named = {**row.body, "server": {**server("a"), "credentialId": str(foreign.id)}}
    world.store.rows[row.id] = ResourceRow(
        OTHER, ResourceKind.ASSISTANT, row.id, named, row.created_at, row.updated_at
    )
    with pytest.raises(TargetError, match=GONE):
        await world.targets.find(OTHER, f"assistant:{row.id}")


async def test_an_endpoint_signs_with_its_own_secret() -> None:
    world = World()
    made = await world.make(WEBHOOK_ENDPOINT, url="https://e.example", secret="whsec_a2V5", timeoutSeconds=3)
    target = await world.targets.find(OTHER, f"webhook-endpoint:{made.id}")
    assert target is not None
    assert (target.keys, target.timeout_s) == ((b"key",), 3)
    wrong = await world.make(WEBHOOK_ENDPOINT, url="https://e.example", secret="whsec_!")
    with pytest.raises(TargetError, match="no base64"):
        await world.targets.find(OTHER, f"webhook-endpoint:{wrong.id}")
    row = world.store.rows[made.id]
    assert row.sealed is not None
    box = {**row.sealed, "box": "AAAA"}
    world.store.rows[made.id] = ResourceRow(
        OTHER, row.kind, row.id, row.body, row.created_at, row.updated_at, box
    )
    world.targets.forget()
    with pytest.raises(TargetError, match=UNREADABLE):
        await world.targets.find(OTHER, f"webhook-endpoint:{made.id}")


async def test_an_assistant_of_one_call_has_its_server_sealed() -> None:
    world = World()
    row = await world.make(ASSISTANT, name="A", server=server("inline") | {"secret": "hidden"})
    inline = Leader(OTHER, read_assistant(row, SEALER))
    plan, _ = await world.desk.about(inline)
    source = plan.listeners[0].source
    assert source.startswith("call-server:")
    kept = world.store.rows[UUID(source.partition(":")[2])]
    assert set(kept.body) == {"server"}
    assert "hidden" not in repr(kept)
    target = await world.targets.find(OTHER, source)
    assert target is not None
    assert (target.url, target.secret) == ("https://inline.example/hook?key=1", "hidden")
    assert await world.targets.find(UUID(int=6), source) is None
