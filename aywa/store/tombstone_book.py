"""Tombstones in the database and in the file beside it: each knows what the other knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from uuid import UUID

import trio

from aywa.bridge.postgres import Postgres, Session
from aywa.ids import new_call_id
from aywa.store.queries import load_queries
from aywa.store.sealing import Sealer
from aywa.store.tombstones import (
    Erased,
    Tombstone,
    TombstoneFile,
    TombstoneKey,
    new_tombstone_key,
    open_tombstone_key,
)

_LOCK_KEY = 0x41595741_0002  # beside that of the migrations: one process makes the first key


class TombstoneBook:
    """Open it before anything is asked of it. All methods raise `StoreError`."""

    def __init__(self, postgres: Postgres, file: TombstoneFile, sealer: Sealer, rng: Random) -> None:
        self._system = postgres.system()
        self._file = file
        self._sealer = sealer
        self._rng = rng
        self._sql = load_queries("erasing")
        self.keys: list[TombstoneKey] = []

    async def open(self) -> list[Tombstone]:
        """Bring database and file together; returns what the database did not know: it is older."""
        sealed, in_file = await trio.to_thread.run_sync(self._file.read)
        rows = {row["id"]: row["sealed"] for row in await self._system.fetch(self._sql["tombstone_keys"])}
        for id, envelope in sealed.items():
            if id not in rows:
                await self._system.execute(self._sql["keep_tombstone_key"], id, dict(envelope))
                rows[id] = envelope
        if not rows:
            key = new_tombstone_key(UUID(new_call_id(self._rng)), self._rng.randbytes(32), self._sealer)
            await self._system.execute(self._sql["first_tombstone_key"], key.id, dict(key.sealed), _LOCK_KEY)
            rows = {row["id"]: row["sealed"] for row in await self._system.fetch(self._sql["tombstone_keys"])}
        self.keys = [open_tombstone_key(id, envelope, self._sealer) for id, envelope in rows.items()]
        await self._seal_anew()
        in_database = {
            stone.id: stone for stone in map(_stone, await self._system.fetch(self._sql["tombstones"]))
        }
        await trio.to_thread.run_sync(
            self._file.append,
            [key for key in self.keys if sealed.get(key.id) != key.sealed],
            [stone for id, stone in in_database.items() if id not in in_file],
        )
        return [stone for id, stone in in_file.items() if id not in in_database]

    async def _seal_anew(self) -> None:
        for number, key in enumerate(self.keys):
            if key.sealed.get("keyId") != self._sealer.key_id:
                again = new_tombstone_key(key.id, key.key, self._sealer)
                await self._system.execute(self._sql["keep_tombstone_key"], again.id, dict(again.sealed))
                self.keys[number] = again

    def stone(self, org_id: UUID, kind: Erased, text: str, at: object) -> Tombstone:
        """A new one, made with the first key."""
        key, id = self.keys[0], UUID(new_call_id(self._rng))
        return Tombstone(id, org_id, kind, key.id, key.digest(org_id, kind, text), at)  # type: ignore[arg-type]

    def digests(self, org_id: UUID, kind: Erased, texts: Iterable[str]) -> set[bytes]:
        """Under every key there is."""
        return {key.digest(org_id, kind, text) for text in texts for key in self.keys}

    async def write(self, stones: Sequence[Tombstone]) -> None:
        """Into the file, before anything is deleted."""
        await trio.to_thread.run_sync(self._file.append, (), stones)

    async def keep(self, session: Session, stones: Sequence[Tombstone]) -> None:
        """Into the database, with what is deleted."""
        rows = [(s.id, s.org_id, s.kind.value, s.key_id, s.digest, s.at) for s in stones]
        await session.executemany(self._sql["keep_tombstone"], rows)

    async def erased(self, calls: Iterable[tuple[UUID, str]]) -> set[str]:
        """Which of these calls, each with its organisation, have a tombstone."""
        by_digest = {
            digest: call_id
            for org_id, call_id in calls
            for digest in self.digests(org_id, Erased.CALL, [call_id])
        }
        rows = await self._system.fetch(self._sql["known_digests"], list(by_digest))
        return {by_digest[bytes(row["digest"])] for row in rows}


def _stone(row: object) -> Tombstone:
    given = {name: row[name] for name in ("id", "org_id", "key_id", "at")}  # type: ignore[index]
    return Tombstone(kind=Erased(row["kind"]), digest=bytes(row["digest"]), **given)  # type: ignore[index]
