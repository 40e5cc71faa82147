"""Resources and answered requests, in PostgreSQL and in the dictionaries that stand in for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import trio

from aywa.errors import RequestError, StoreError
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.model.references import Reference
from aywa.ports.idempotency import Known, Standing
from aywa.ports.resources import ResourceKind, ResourcePage, ResourceRow, ResourceStore
from aywa.runtime.store_key import seal_anew
from aywa.store.idempotency import PostgresIdempotency
from aywa.store.resources import PostgresResources
from aywa.store.sealing import SealedRow, Sealer, parse_store_key
from tests.kit.postgres import open_clean_postgres
from tests.kit.resource_store import DictIdempotency, DictResources

ORG, OTHER = DEFAULT_ORGANIZATION, UUID(int=77)
T0 = datetime(2026, 6, 1, 9, tzinfo=UTC)
ASSISTANT, NUMBER = ResourceKind.ASSISTANT, ResourceKind.PHONE_NUMBER


def row(number: int, kind: ResourceKind = ASSISTANT, **said: Any) -> ResourceRow:
    """The row with this number, made that many seconds after T0."""
    at = T0 + timedelta(seconds=number)
    return replace(ResourceRow(ORG, kind, UUID(int=number), {"name": f"n{number}"}, at, at), **said)


@asynccontextmanager
async def opened(kind: str, url: str) -> AsyncIterator[ResourceStore]:
    if kind == "dict":
        yield DictResources()
        return
    async with open_clean_postgres(url) as (_, postgres):
        yield PostgresResources(postgres)


both = pytest.mark.parametrize("kind", ["dict", "postgres"])


@both
async def test_what_is_kept_comes_back(kind: str, postgres_url: str) -> None:
    async with opened(kind, postgres_url) as store:
        made = row(1, body={"name": "é\u2028", "n": [1, 2.5, None]}, sealed={"keyId": "k"}, unique_key="u")
        assert await store.create(made)
        assert not await store.create(replace(made, unique_key=None))
        assert await store.get(ORG, ASSISTANT, made.id) == made
        assert await store.get(ORG, NUMBER, made.id) is None
        assert await store.find(ASSISTANT, "u") == made
        later = replace(made, body={}, sealed=None, unique_key=None, updated_at=T0 + timedelta(hours=1))
        kept = await store.replace(later)
        assert kept == replace(later, version=2)
        assert await store.replace(later) is None
        assert await store.find(ASSISTANT, "u") is None
        assert await store.delete(ORG, ASSISTANT, made.id) == kept
        assert await store.delete(ORG, ASSISTANT, made.id) is None


@both
async def test_another_organisation_sees_and_changes_nothing(kind: str, postgres_url: str) -> None:
    async with opened(kind, postgres_url) as store:
        await store.create(row(1))
        assert await store.get(OTHER, ASSISTANT, UUID(int=1)) is None
        assert await store.page(OTHER, ASSISTANT, ResourcePage()) == []
        assert await store.replace(row(1, org_id=OTHER)) is None
        assert await store.delete(OTHER, ASSISTANT, UUID(int=1)) is None
        named = (Reference("assistantId", "assistant", UUID(int=1)),)
        with pytest.raises(RequestError) as caught:
            await store.create(row(2, NUMBER, org_id=OTHER, references=named))
        assert caught.value.field == "assistantId"


@both
async def test_a_key_is_there_once_over_all_organisations(kind: str, postgres_url: str) -> None:
    async with opened(kind, postgres_url) as store:
        await store.create(row(1, NUMBER, unique_key="4930"))
        with pytest.raises(RequestError) as caught:
            await store.create(row(2, NUMBER, org_id=OTHER, unique_key="4930"))
        assert (caught.value.http_status, caught.value.code) == (409, "already-exists")
        await store.create(row(3, NUMBER))
        with pytest.raises(RequestError) as caught:
            await store.replace(row(3, NUMBER, unique_key="4930"))
        assert caught.value.http_status == 409


@both
async def test_references(kind: str, postgres_url: str) -> None:
    async with opened(kind, postgres_url) as store:
        await store.create(row(1))
        wrong = row(2, NUMBER, references=(Reference("toolId", "tool", UUID(int=1)),))
        with pytest.raises(RequestError) as caught:
            await store.create(wrong)
        assert (caught.value.field, caught.value.http_status) == ("toolId", 409)
        await store.create(row(2, NUMBER, references=(Reference("a", "assistant", UUID(int=1)),)))
        with pytest.raises(RequestError) as caught:
            await store.delete(ORG, ASSISTANT, UUID(int=1))
        assert caught.value.http_status == 409
        assert str(UUID(int=2)) in caught.value.detail
        await store.replace(row(2, NUMBER))
        assert await store.delete(ORG, ASSISTANT, UUID(int=1)) is not None


@both
async def test_pages(kind: str, postgres_url: str) -> None:
    async with opened(kind, postgres_url) as store:
        for number in range(6):
            await store.create(row(number + 1, created_at=T0 + timedelta(seconds=number // 2)))
        everything = await store.page(ORG, ASSISTANT, ResourcePage())
        assert [each.id.int for each in everything] == [6, 5, 4, 3, 2, 1]
        page = ResourcePage(limit=3)
        first = await store.page(ORG, ASSISTANT, page)
        rest = await store.page(ORG, ASSISTANT, replace(page, after=(first[-1].created_at, first[-1].id)))
        assert first + rest == everything
        middle = ResourcePage(created_at_gt=T0, created_at_lt=T0 + timedelta(seconds=2))
        assert [each.id.int for each in await store.page(ORG, ASSISTANT, middle)] == [4, 3]
        edges = ResourcePage(updated_at_ge=T0 + timedelta(seconds=2), updated_at_le=T0 + timedelta(seconds=3))
        assert [each.id.int for each in await store.page(ORG, ASSISTANT, edges)] == [3, 2]


async def test_of_two_changes_at_once_one_is_told(postgres_url: str) -> None:
    async with opened("postgres", postgres_url) as store:
        await store.create(row(1))
        kept: list[ResourceRow | None] = []

        async def change(name: str) -> None:
            kept.append(await store.replace(row(1, body={"name": name})))

        async with trio.open_nursery() as nursery:
            for name in "abcd":
                nursery.start_soon(change, name)
        assert sorted(each is None for each in kept) == [False, True, True, True]


async def test_what_is_just_being_named_is_not_deleted(postgres_url: str) -> None:
    """Whichever comes first, no number is left with an assistant that is gone."""
    async with opened("postgres", postgres_url) as store:
        for turn in range(5):
            assistant, number = row(2 * turn + 1), row(2 * turn + 2, NUMBER)
            named = replace(number, references=(Reference("a", "assistant", assistant.id),))
            await store.create(assistant)
            done: list[str] = []

            async def bind(wanted: ResourceRow = named, done: list[str] = done) -> None:
                try:
                    await store.create(wanted)
                    done.append("bound")
                except RequestError:
                    done.append("no assistant")

            async def delete(wanted: UUID = assistant.id, done: list[str] = done) -> None:
                try:
                    await store.delete(ORG, ASSISTANT, wanted)
                    done.append("deleted")
                except RequestError:
                    done.append("in use")

            async with trio.open_nursery() as nursery:
                nursery.start_soon(bind)
                nursery.start_soon(delete)
            assert set(done) in ({"bound", "in use"}, {"no assistant", "deleted"})


def test_an_envelope_is_its_rows_alone() -> None:
    old, new = parse_store_key("o" * 32), parse_store_key("n" * 32)
    bound = SealedRow(ORG, "credential", UUID(int=1))
    sealed = Sealer([old]).seal(bound, {"/apiKey": "sk-1"})
    assert sealed is not None
    assert "sk-1" not in str(sealed)
    assert Sealer([new, old]).open(bound, sealed) == {"/apiKey": "sk-1"}
    for moved in (replace(bound, org_id=OTHER), replace(bound, id=UUID(int=2)), replace(bound, kind="tool")):
        with pytest.raises(StoreError):
            Sealer([old]).open(moved, sealed)
    with pytest.raises(StoreError, match="RUNTIME_STORE_ENCRYPTION_KEY"):
        Sealer([new]).open(bound, sealed)
    with pytest.raises(StoreError):
        Sealer([old]).open(bound, {**sealed, "box": "AAAA"})
    assert Sealer([old]).seal(bound, {}) is None


async def test_a_key_is_changed_while_the_runtime_runs(postgres_url: str) -> None:
    old, new = parse_store_key("o" * 32), parse_store_key("n" * 32)
    async with open_clean_postgres(postgres_url) as (_, postgres):
        store = PostgresResources(postgres)
        for number, org_id in enumerate((ORG, OTHER, ORG)):
            bound = SealedRow(org_id, "credential", UUID(int=number))
            sealed = Sealer([old]).seal(bound, {"/apiKey": f"sk-{number}"})
            await store.create(row(number, ResourceKind.CREDENTIAL, org_id=org_id, sealed=sealed))
        assert await seal_anew(store, Sealer([new, old])) == 3
        assert await seal_anew(store, Sealer([new, old])) == 0
        kept = await store.get(OTHER, ResourceKind.CREDENTIAL, UUID(int=1))
        assert kept is not None
        assert kept.version == 1
        bound = SealedRow(OTHER, "credential", UUID(int=1))
        assert Sealer([new]).open(bound, kept.sealed) == {"/apiKey": "sk-1"}


@both
async def test_requests_are_answered_once(kind: str, postgres_url: str) -> None:
    @asynccontextmanager
    async def requests() -> AsyncIterator[DictIdempotency | PostgresIdempotency]:
        if kind == "dict":
            yield DictIdempotency()
            return
        async with open_clean_postgres(postgres_url) as (_, postgres):
            yield PostgresIdempotency(postgres)

    async with requests() as store:
        assert await store.begin(ORG, "k", ("a", "old"), T0) == Known(Standing.NEW)
        assert await store.begin(ORG, "k", ("a",), T0) == Known(Standing.RUNNING)
        assert await store.begin(ORG, "k", ("b",), T0) == Known(Standing.OTHER)
        assert await store.begin(OTHER, "k", ("b",), T0) == Known(Standing.NEW)
        minute = T0 + timedelta(seconds=61)
        assert await store.begin(ORG, "k", ("b",), minute) == Known(Standing.OTHER)
        assert await store.begin(ORG, "k", ("x", "a"), minute) == Known(Standing.NEW)
        await store.finish(ORG, "k", {"status": 201})
        late = minute + timedelta(hours=23)
        assert await store.begin(ORG, "k", ("x",), late) == Known(Standing.ANSWERED, {"status": 201})
        await store.abandon(ORG, "k")
        assert (await store.begin(ORG, "k", ("x",), late)).standing is Standing.ANSWERED
        day = minute + timedelta(hours=24, seconds=1)
        assert await store.begin(ORG, "k", ("b",), day) == Known(Standing.NEW)
        await store.abandon(ORG, "k")
        assert await store.begin(ORG, "k", ("c",), day) == Known(Standing.NEW)


async def test_old_answers_are_forgotten(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_, postgres):
        store = PostgresIdempotency(postgres)
        await store.begin(ORG, "k", ("a",), T0)
        await store.finish(ORG, "k", {"status": 201})
        await store.forget(T0 + timedelta(hours=24))
        assert (await store.begin(ORG, "k", ("a",), T0)).standing is Standing.ANSWERED
        await store.forget(T0 + timedelta(hours=24, seconds=1))
        assert (await store.begin(ORG, "k", ("a",), T0)).standing is Standing.NEW


async def test_servers_of_single_calls_are_forgotten_by_their_age(postgres_url: str) -> None:
    async with open_clean_postgres(postgres_url) as (_, postgres):
        store = PostgresResources(postgres)
        for each in (row(1, ResourceKind.CALL_SERVER), row(9, ResourceKind.CALL_SERVER), row(2)):
            assert await store.create(each)
        assert await store.forget_call_servers(T0 + timedelta(seconds=5)) == 1
        assert await store.get(ORG, ResourceKind.CALL_SERVER, UUID(int=1)) is None
        assert await store.get(ORG, ResourceKind.CALL_SERVER, UUID(int=9)) is not None
        assert await store.get(ORG, ASSISTANT, UUID(int=2)) is not None
