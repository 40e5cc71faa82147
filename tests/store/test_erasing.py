"""Erasure reaches every row, leaves tombstones, and a database that is put back forgets again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
import trio

from aywa.artifacts.keeper import ArtifactKeeper
from aywa.bridge.postgres import Postgres
from aywa.errors import RequestError, StoreError
from aywa.model.audit import AuditEntry
from aywa.model.numbers_in import number_key, numbers_in, spellings
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.analysis import AnalysisOrder, AnalysisResult
from aywa.ports.outbox import WebhookJob
from aywa.ports.store import CallBatch, CallRow, CallStatus, TimelineEntry, TranscriptLine
from aywa.runtime.keeper import Keeper
from aywa.settings import RetentionSettings
from aywa.store.analyses import PostgresAnalyses
from aywa.store.artifacts import PostgresArtifacts
from aywa.store.audit import PostgresAudit
from aywa.store.calls import PostgresCallStore
from aywa.store.erasing import PostgresErasing
from aywa.store.idempotency import PostgresIdempotency
from aywa.store.retention import PostgresRetention
from aywa.store.sealing import Sealer, parse_store_key
from aywa.store.tombstone_book import TombstoneBook
from aywa.store.tombstones import TombstoneFile
from tests.kit.call_store_contract import call_row
from tests.kit.postgres import open_clean_postgres

pytestmark = pytest.mark.live
ORG = DEFAULT_ORGANIZATION
NOW = datetime(2026, 5, 31, 12, tzinfo=UTC)
KEY, OTHER_KEY = parse_store_key("one phrase of more than 32 characters"), parse_store_key("another " * 8)
ERIKA = "+4930123456"
CANARY = "canary-4711"


@dataclass
class Files:
    """The real ones, that may be told to fail."""

    inner: ArtifactKeeper
    away: bool = False

    async def delete(self, org_id: UUID, call_id: str, row: CallRow | None = None) -> int:
        if self.away:
            raise StoreError("the bucket does not answer", retryable=True)
        return await self.inner.delete(org_id, call_id, row)


@dataclass
class World:
    postgres: Postgres
    directory: Path
    files: Files
    now: datetime = NOW

    async def keeper(self, key: Sealer | None = None, **days: float) -> Keeper:
        file = TombstoneFile(self.directory / "tombstones.jsonl")
        book = TombstoneBook(self.postgres, file, key or Sealer([KEY]), Random(7))
        erasing = PostgresErasing(self.postgres, book)
        keeper = Keeper(
            book,
            erasing,
            PostgresRetention(self.postgres, erasing),
            self.files,
            RetentionSettings(**days),
            lambda: self.now,
            "here",
        )
        await keeper.open()
        return keeper

    async def call(
        self, number: int, caller: str = ERIKA, *, live: bool = False, days_ago: float = 1, **plan: float
    ) -> CallRow:
        """A call that has left something everywhere."""
        at = self.now - timedelta(days=days_ago)
        folder = self.directory / "recordings" / at.strftime("%Y/%m/%d")
        folder.mkdir(parents=True, exist_ok=True)
        row = replace(call_row(number), created_at=at, updated_at=at, started_at=at, ended_at=at)
        row = replace(row, status=CallStatus.ENDED, worker_id="here-12-abcdefgh", transfers=())
        row = replace(row, order=AnalysisOrder({}))
        row = replace(row, from_uri=f"<sip:{caller}@pbx>", to_uri="<sip:1000@here>", slots={"name": CANARY})
        row = replace(row, recording_path=str(folder / f"{row.id}.wav"))
        if live:
            row = replace(row, status=CallStatus.IN_PROGRESS, ended_at=None, end_reason=None)
        for suffix in (".wav", "-colleague-1.wav", ".pcap"):
            (folder / f"{row.id}{suffix}").write_text(CANARY)
        kinds = [("call.created", {"from": row.from_uri}), ("turn.user", {"text": CANARY})]
        kinds += [("call.retention", dict(plan))] if plan else []
        entries = [
            TimelineEntry(row.id, seq, 0, kind, data, ORG) for seq, (kind, data) in enumerate(kinds, 1)
        ]
        line = TranscriptLine(row.id, 1, "user", CANARY, 0, 1, org_id=ORG)
        job = WebhookJob(f"msg_{number}", row.id, 1, "hang", "account", "https://a.example", CANARY, at, ORG)
        await PostgresCallStore(self.postgres).write(CallBatch([row], entries, [line], [job]))
        told = AnalysisResult({"summary": CANARY})
        await PostgresAnalyses(self.postgres).settle(row.id, told, at)
        requests = PostgresIdempotency(self.postgres)
        await requests.begin(ORG, f"order-{number}", ["print"], at)
        await requests.finish(ORG, f"order-{number}", {"body": f'{{"id":"{row.id}","note":"{CANARY}"}}'})
        return row

    async def rows_with(self, text: str) -> dict[str, int]:
        """In which tables a text stands, whatever the column."""
        system, found = self.postgres.system(), {}
        tables = await system.fetch("select tablename from pg_tables where schemaname = 'public'")
        for table in (row["tablename"] for row in tables):
            count = await system.fetch(
                f"select count(*) as n from {table} as t where t::text like $1", f"%{text}%"
            )
            if count[0]["n"]:
                found[table] = count[0]["n"]
        return found

    async def audited(self) -> list[str]:
        return [each.entry.action for each in await PostgresAudit(self.postgres).list(ORG, limit=9)]

    def files_of(self, row: CallRow) -> list[str]:
        return [path.name for path in (self.directory / "recordings").rglob(f"*{row.id}*")]


@asynccontextmanager
async def open_world(url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with open_clean_postgres(url) as (_loop, postgres):
        files = ArtifactKeeper(str(tmp_path / "recordings"), None, PostgresArtifacts(postgres))
        yield World(postgres, tmp_path, Files(files))


def entry(action: str = "call.erase") -> AuditEntry:
    return AuditEntry("key:1", action, "call", "", NOW)


async def finish(world: World, keeper: Keeper) -> None:
    """The second look, a minute later."""
    world.now += timedelta(seconds=61)
    await keeper._work()


async def test_a_call_is_gone_from_every_table_and_from_the_disk(postgres_url: str, tmp_path: Path) -> None:
    async with open_world(postgres_url, tmp_path) as world:
        keeper, row, kept = await world.keeper(), await world.call(1), await world.call(2, "+4989555555")
        report = await keeper.erase_call(ORG, row.id, entry())
        assert report.under_way == []
        wanted = {
            "analyses": 1,
            "calls": 1,
            "files": 3,
            "idempotency": 1,
            "timeline": 2,
            "transcript": 1,
            "webhook_jobs": 1,
        }
        assert report.erased == wanted
        assert world.files_of(row) == []
        assert set(await world.rows_with(row.id)) == {"erasures"}, "that it is looked at once more"
        await finish(world, keeper)
        assert await world.rows_with(row.id) == {}
        assert len(world.files_of(kept)) == 3
        assert (await world.rows_with(kept.id))["calls"] == 1
        assert [each.entry.action for each in await PostgresAudit(world.postgres).list(ORG, limit=9)] == [
            "call.erase"
        ]
        assert row.id not in (tmp_path / "tombstones.jsonl").read_text()
        with pytest.raises(RequestError) as caught:
            await keeper.erase_call(ORG, row.id, entry())
        assert caught.value.http_status == 404


async def test_a_live_call_is_refused_and_another_organisations_is_unknown(
    postgres_url: str, tmp_path: Path
) -> None:
    async with open_world(postgres_url, tmp_path) as world:
        keeper, live, ended = await world.keeper(), await world.call(1, live=True), await world.call(2)
        for org_id, row, status in ((ORG, live, 409), (UUID(int=5), ended, 404)):
            with pytest.raises(RequestError) as caught:
                await keeper.erase_call(org_id, row.id, entry())
            assert caught.value.http_status == status
        assert (await world.rows_with(CANARY))["transcript"] == 2
        assert not (await world.rows_with(live.id)).get("erasures")


@pytest.mark.parametrize("asked", ["+49 30 123456", "004930123456", "4930123456"])
async def test_a_number_is_erased_in_every_spelling(postgres_url: str, tmp_path: Path, asked: str) -> None:
    async with open_world(postgres_url, tmp_path) as world:
        keeper = await world.keeper()
        gone = [await world.call(n, n_) for n, n_ in enumerate((ERIKA, "030123456", "004930123456"), 1)]
        kept = [await world.call(n, n_) for n, n_ in enumerate(("+49301234567", "+4330123457", "123456"), 4)]
        key = number_key(asked)
        assert key is not None
        report = await keeper.erase_number(ORG, key, entry("number.erase"))
        assert (report.calls, report.under_way) == (3, [])
        for row in gone:
            assert world.files_of(row) == []
        for row in kept:
            assert len(world.files_of(row)) == 3
        assert (await world.rows_with(CANARY))["transcript"] == 3
        assert "30123456" not in (tmp_path / "tombstones.jsonl").read_text()
        assert "audit" not in await world.rows_with("30123456")


async def test_a_live_call_of_a_number_is_erased_when_it_ends(postgres_url: str, tmp_path: Path) -> None:
    async with open_world(postgres_url, tmp_path) as world:
        keeper, live = await world.keeper(), await world.call(1, live=True)
        report = await keeper.erase_number(ORG, "4930123456", entry())
        assert [(each.call_id, each.why) for each in report.under_way] == [(live.id, "live")]
        await keeper._work()
        assert (await world.rows_with(live.id))["calls"] == 1
        await world.call(1)
        world.now += timedelta(seconds=3)
        await keeper._work()
        await finish(world, keeper)
        assert await world.rows_with(live.id) == {}
        assert world.files_of(live) == []


async def test_files_that_cannot_be_deleted_are_named_and_deleted_later(
    postgres_url: str, tmp_path: Path
) -> None:
    async with open_world(postgres_url, tmp_path) as world:
        keeper, row = await world.keeper(), await world.call(1)
        world.files.away = True
        report = await keeper.erase_call(ORG, row.id, entry())
        assert [each.why for each in report.under_way] == ["the bucket does not answer"]
        assert set(await world.rows_with(row.id)) == {"erasures"}
        world.files.away = False
        world.now += timedelta(seconds=3)
        await keeper._work()
        assert world.files_of(row) == []
        await finish(world, keeper)
        assert await world.rows_with(row.id) == {}


async def test_what_is_written_late_is_found_a_minute_later(postgres_url: str, tmp_path: Path) -> None:
    async with open_world(postgres_url, tmp_path) as world:
        keeper, row = await world.keeper(), await world.call(1)
        await keeper.erase_call(ORG, row.id, entry())
        batch = CallBatch([row], [TimelineEntry(row.id, 9, 0, "late", {}, ORG)])
        assert await keeper.spare(batch) == CallBatch([], [], [], []), "from the disk nothing comes back"
        await PostgresCallStore(world.postgres).write(batch)
        await finish(world, keeper)
        await finish(world, keeper)
        assert await world.rows_with(row.id) == {}


async def test_an_older_database_forgets_again_also_under_another_key(
    postgres_url: str, tmp_path: Path
) -> None:
    async with open_world(postgres_url, tmp_path) as world:
        keeper = await world.keeper()
        one, two = await world.call(1, "+4989555555"), await world.call(2)
        await keeper.erase_call(ORG, one.id, entry())
        await keeper.erase_number(ORG, "4930123456", entry())
        await finish(world, keeper)
        system = world.postgres.system()
        for table in ("tombstones", "tombstone_keys", "erasures"):
            await system.execute(f"delete from {table}")
        await world.call(1, "+4989555555", days_ago=2)
        unknown_then = await world.call(3, "030123456", days_ago=2)  # retention had deleted it meanwhile
        after = await world.call(4, days_ago=-2)  # Erika calls again, after she was forgotten
        assert two.id
        again = await world.keeper(Sealer([OTHER_KEY, KEY]))
        for gone in (one, unknown_then):
            assert set(await world.rows_with(gone.id)) == {"erasures"}
        assert (await world.rows_with(after.id))["calls"] == 1
        await again._work()
        assert world.files_of(one) == world.files_of(unknown_then) == []
        third = await world.keeper(Sealer([OTHER_KEY]))
        assert third.book.keys[0].key == keeper.book.keys[0].key, "sealed anew with the new key"
        (tmp_path / "tombstones.jsonl").unlink()
        before = len(await system.fetch("select 1 from tombstones"))
        await world.keeper(Sealer([OTHER_KEY]))
        _, written = TombstoneFile(tmp_path / "tombstones.jsonl").read()
        assert len(written) == before > 0, "the file is made again of what the database knows"


async def test_retention_deletes_what_is_due_and_no_more(postgres_url: str, tmp_path: Path) -> None:
    async with open_world(postgres_url, tmp_path) as world:
        keeper = await world.keeper(transcript_days=20.0)
        old = await world.call(1, days_ago=30, recordingDays=7)
        young = await world.call(2, days_ago=3, recordingDays=7)
        whole = await world.call(3, days_ago=3, callDays=2)
        unplanned = await world.call(4, days_ago=19)
        for_ever = await world.call(5, days_ago=300, transcriptDays=3650)
        await keeper.keep()
        await keeper._work()
        assert world.files_of(old) == world.files_of(whole) == []
        for row in (young, unplanned, for_ever):
            assert len(world.files_of(row)) == 3
            found = await world.rows_with(row.id)
            assert (found["transcript"], found["webhook_jobs"]) == (1, 1)
        bare = await world.rows_with(old.id)
        assert bare == {"calls": 1, "timeline": 1, "kept_no_longer": 1, "idempotency": 1}
        row = await PostgresCallStore(world.postgres).of(ORG).get_call(old.id)
        assert row is not None
        assert (row.recording_path, row.slots, row.status) == (None, {}, CallStatus.ENDED)
        assert "calls" not in await world.rows_with(whole.id)
        deleted = keeper.figures.deleted
        assert (deleted["recordings"], deleted["transcripts"], deleted["calls"]) == (1, 1, 1)
        assert sorted(await world.audited()) == [
            "retention.calls",
            "retention.recordings",
            "retention.transcripts",
        ]
        await keeper.keep()
        assert deleted.total() == 3


async def test_a_torn_file_is_read_and_mended(tmp_path: Path) -> None:
    file = TombstoneFile(tmp_path / "t.jsonl")
    path = tmp_path / "t.jsonl"
    path.write_text('{"id": "cut')
    assert await trio.to_thread.run_sync(file.read) == ({}, {})
    path.write_text('{"id": "bad"}\n{}\n')
    with pytest.raises(StoreError, match="line 1"):
        file.read()


def test_numbers_are_found_in_addresses_and_in_text() -> None:
    from_ = '"Erika" <sip:+4930123456@pbx.example>;tag=12'
    text = '{"to": "00493012345"} 10.0.0.1:5060 sip:anna@here tel:030-99'
    assert numbers_in(from_, text) == {"4930123456", "493012345", "03099"}
    assert spellings("4930123456") == ["4930123456", "0930123456", "030123456"]
    assert number_key("anonymous") is None
