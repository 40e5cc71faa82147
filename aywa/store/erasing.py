"""Deletes what the database has of a call, in one transaction with the tombstone that says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from aywa.bridge.postgres import Postgres, Row, Session
from aywa.errors import RequestError
from aywa.model.audit import AuditEntry
from aywa.model.numbers_in import numbers_in, spellings
from aywa.ports.store import CallStatus
from aywa.store.audit import PostgresAudit
from aywa.store.queries import load_queries
from aywa.store.tombstone_book import TombstoneBook
from aywa.store.tombstones import Erased, Tombstone

SWEEP_AGAIN_S = 60.0  # what another process was just writing is found then
_PAGE = 500
_FIRST = UUID(int=0)
_TAIL = 6  # digits at the end of a number by which candidates are found


@dataclass(frozen=True, slots=True)
class Erasure:
    """Work that is left of a call: rows that may have come late, and files."""

    call_id: str
    org_id: UUID
    host: str  # on whose disk its files may lie; "" for anybody's
    paths: tuple[str, ...]
    swept: bool  # done once, and looked at again
    requested_at: datetime
    attempts: int = 0
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Matches:
    """The calls of a number."""

    ended: list[str]
    live: list[str]


class PostgresErasing:
    """All methods raise `StoreError`."""

    def __init__(self, postgres: Postgres, book: TombstoneBook) -> None:
        self._postgres = postgres
        self._system = postgres.system()
        self._book = book
        self._audit = PostgresAudit(postgres)
        self._sql = load_queries("erasing")

    async def erase(
        self,
        org_id: UUID,
        call_ids: Sequence[str],
        now: datetime,
        *,
        entry: AuditEntry | None = None,
        also: Sequence[Tombstone] = (),
    ) -> Counter[str]:
        """Delete these calls' rows; how many of each table. Files are left to the work that is written down.

        Raises `RequestError` (404) where one is not there, (409) where one lives. `also`: tombstones of the
        number that they were found by.
        """
        stones = [self._book.stone(org_id, Erased.CALL, call_id, now) for call_id in call_ids]
        tables = await self._tables()
        async with self._postgres.tenant(org_id).transaction() as session:
            for call_id in call_ids:
                await self._want(session, org_id, call_id, now)
            await self._book.write([*also, *stones])
            await self._book.keep(session, [*also, *stones])
            erased = await self._delete(session, tables, org_id, call_ids)
            if entry is not None:
                await self._audit.append(session, org_id, entry)
        return erased

    async def find(self, org_id: UUID, key: str, before: datetime) -> Matches:
        """The calls of a number, by its key as in `model.numbers_in`, that began before this time."""
        wanted, found = set(spellings(key)), Matches([], [])
        tenant, after, like = self._postgres.tenant(org_id), _FIRST, f"%{key[-_TAIL:]}%"
        while rows := await tenant.fetch(self._sql["calls_like"], org_id, after, before, like, _PAGE):
            after = rows[-1]["id"]
            for row in rows:
                if wanted & numbers_of(row):
                    ended = row["status"] == CallStatus.ENDED.value
                    (found.ended if ended else found.live).append(str(row["id"]))
        return found

    async def await_end(self, org_id: UUID, call_id: str, now: datetime) -> None:
        """Have a live call erased once it has ended."""
        async with self._postgres.tenant(org_id).transaction() as session:
            await self._want(session, org_id, call_id, now, live=True)

    async def sweep(self, erasure: Erasure, now: datetime) -> bool:
        """Delete what there is of it by now; False while the call lives."""
        org_id, call_id = erasure.org_id, erasure.call_id
        tables = await self._tables()
        async with self._postgres.tenant(org_id).transaction() as session:
            rows = await session.fetch(self._sql["lock_call"], UUID(call_id), org_id)
            if rows and rows[0]["status"] != CallStatus.ENDED.value:
                return False
            if rows:
                stone = self._book.stone(org_id, Erased.CALL, call_id, now)
                await self._book.write([stone])
                await self._book.keep(session, [stone])
            await self._delete(session, tables, org_id, [call_id])
        return True

    # --- the work that is left ----------------------------------------------------------------------------

    async def due(self, now: datetime, limit: int) -> list[Erasure]:
        """What is to be done now, of every organisation."""
        return [_erasure(row) for row in await self._system.fetch(self._sql["due_erasures"], now, limit)]

    async def under_way(self, org_id: UUID, limit: int) -> list[Erasure]:
        """What an organisation waits for."""
        rows = await self._postgres.tenant(org_id).fetch(self._sql["list_erasures"], org_id, limit)
        return [_erasure(row) for row in rows]

    async def waiting(self) -> int:
        """Of all organisations."""
        return int((await self._system.fetch(self._sql["count_erasures"]))[0]["waiting"])

    async def postpone(self, erasure: Erasure, until: datetime, why: str) -> None:
        """It could not be done."""
        await self._change("postpone_erasure", erasure, until, why)

    async def done(self, erasure: Erasure, now: datetime) -> None:
        """Its files are gone: it is looked at once more, and then forgotten."""
        if erasure.swept:
            await self._change("end_erasure", erasure)
        else:
            await self._change("sweep_erasure", erasure, now + timedelta(seconds=SWEEP_AGAIN_S))

    async def _change(self, name: str, erasure: Erasure, *given: object) -> None:
        tenant = self._postgres.tenant(erasure.org_id)
        await tenant.execute(self._sql[name], UUID(erasure.call_id), erasure.org_id, *given)

    # --- a database that was put back ---------------------------------------------------------------------

    async def apply(self, stones: Sequence[Tombstone], now: datetime) -> int:
        """Erase again what these tombstones are of; how many calls. They are kept when all of it is done."""
        calls = {stone.digest for stone in stones if stone.kind is Erased.CALL}
        numbers = {stone.digest: stone.at for stone in stones if stone.kind is Erased.NUMBER}
        count = 0
        async for row in self._calls():
            org_id, call_id = row["org_id"], str(row["id"])
            gone = bool(calls & self._book.digests(org_id, Erased.CALL, [call_id]))
            if not gone:
                spelt = self._book.digests(org_id, Erased.NUMBER, numbers_of(row))
                gone = any(row["created_at"] <= numbers[digest] for digest in spelt & numbers.keys())
            if gone:
                async with self._postgres.tenant(org_id).transaction() as session:
                    await self._want(session, org_id, call_id, now, live=True)
                    await self._delete(session, await self._tables(), org_id, [call_id])
                count += 1
        async with self._system.transaction() as session:
            await self._book.keep(session, stones)
        return count

    async def _calls(self) -> AsyncIterator[Row]:
        after = _FIRST
        while rows := await self._system.fetch(self._sql["call_numbers"], after, _PAGE):
            for row in rows:
                yield row
            after = rows[-1]["id"]

    # --- one call -----------------------------------------------------------------------------------------

    async def _want(
        self, session: Session, org_id: UUID, call_id: str, now: datetime, *, live: bool = False
    ) -> None:
        """Write down that it is to be erased. `live`: also one that has not ended."""
        rows = await session.fetch(self._sql["lock_call"], UUID(call_id), org_id)
        if not rows:
            raise RequestError("there is no call with this id", http_status=404, code="call-not-found")
        row = rows[0]
        if not live and row["status"] != CallStatus.ENDED.value:
            raise RequestError("the call is live: end it first", http_status=409, code="call-live")
        paths = [row["recording_path"], row["pcap_path"]]
        paths += [transfer.get("recordingPath") for transfer in row["transfers"]]
        named = [path for path in paths if path]
        host = host_of(row["worker_id"])
        await session.execute(self._sql["want_erased"], UUID(call_id), org_id, host, named, now)

    async def _delete(
        self, session: Session, tables: dict[str, str], org_id: UUID, call_ids: Sequence[str]
    ) -> Counter[str]:
        ids, erased = [UUID(call_id) for call_id in call_ids], Counter[str]()
        for table, type_ in tables.items():
            given: list[object] = [*ids] if type_ == "uuid" else [*call_ids]
            # the names are the catalogue's own
            sql = f'delete from "{table}" where call_id = any ($1::{type_}[]) and org_id = $2'
            erased[table] = _count(await session.execute(sql, given, org_id))
        like = [f"%{call_id}%" for call_id in call_ids]
        erased["idempotency"] = _count(await session.execute(self._sql["delete_answers"], org_id, like))
        erased["calls"] = _count(await session.execute(self._sql["delete_call"], ids, org_id))
        return erased

    async def _tables(self) -> dict[str, str]:
        return {row["name"]: row["type"] for row in await self._system.fetch(self._sql["tables_of_calls"])}


def numbers_of(row: Row) -> set[str]:
    """The keys of every number that a call was from or to, or was handed to."""
    return numbers_in(row["from_uri"], row["to_uri"], row["transfers"], row["facts"])


def host_of(worker_id: str) -> str:
    """The host of a worker, "" where that is not known: the ids are host, process and a token."""
    host, _, rest = worker_id.rpartition("-")[0].rpartition("-")
    return host if rest.isdigit() else ""


def _count(tag: str) -> int:
    return int(tag.rpartition(" ")[2])


def _erasure(row: Row) -> Erasure:
    return Erasure(
        str(row["call_id"]),
        row["org_id"],
        row["host"],
        tuple(row["paths"]),
        row["swept"],
        row["requested_at"],
        row["attempts"],
        row["last_error"],
    )
