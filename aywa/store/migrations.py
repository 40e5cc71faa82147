"""Forward-only migrations: numbered SQL files, each run once, each remembered with its checksum."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol

from aywa.bridge.postgres import Postgres, Session
from aywa.errors import StoreError

_LOCK_KEY = 0x41595741_0001  # "AYWA", first lock of ours: one migrating process at a time
_FILE_NAME = re.compile(r"(\d{3})_\w+\.sql")

REMEMBER = """
create table if not exists migrations (
    number      integer primary key,
    name        text not null,
    checksum    text not null,
    applied_at  timestamptz not null default now()
)
"""


class _Session(Protocol):
    async def execute(self, sql: str, *arguments: object) -> str:
        """Run a statement."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, name, SHA-256 and statements."""

    number: int
    name: str
    checksum: str
    sql: str


def load_migrations() -> list[Migration]:
    """The migrations that came with this version, in order; numbers start at 1 and have no holes."""
    found = []
    for entry in (files("aywa.store") / "sql" / "migrations").iterdir():
        if (match := _FILE_NAME.fullmatch(entry.name)) is not None:
            sql = entry.read_text("utf-8")
            checksum = hashlib.sha256(sql.encode()).hexdigest()
            found.append(Migration(int(match[1]), entry.name, checksum, sql))
    found.sort(key=lambda migration: migration.number)
    assert [migration.number for migration in found] == list(range(1, len(found) + 1)), (
        "hole in the migrations"
    )
    return found


async def migrate(postgres: Postgres, migrations: list[Migration] | None = None) -> list[str]:
    """Bring the database up to this version; returns the names of the migrations that were applied.

    All of them are one transaction under an advisory lock: workers that start together wait for the first,
    and a migration that fails leaves the database as it was. Raises `StoreError`, also when the database was
    migrated by a newer version or by a file that has been changed since.
    """
    known = load_migrations() if migrations is None else migrations
    async with postgres.system().transaction() as session:
        await session.execute("select pg_advisory_xact_lock($1)", _LOCK_KEY)
        await session.execute(REMEMBER)
        done = await _applied(session)
        _check(known, done)
        new = [migration for migration in known if migration.number not in done]
        for migration in new:
            await session.execute(migration.sql)
            await remember(session, migration)
    await postgres.renew()  # a connection takes the role that it finds when it is made
    return [migration.name for migration in new]


async def remember(session: _Session, migration: Migration) -> None:
    """Write down that it was applied."""
    sql = "insert into migrations (number, name, checksum) values ($1, $2, $3)"
    await session.execute(sql, migration.number, migration.name, migration.checksum)


async def _applied(session: Session) -> dict[int, str]:
    rows = await session.fetch("select number, checksum from migrations")
    return {row["number"]: row["checksum"] for row in rows}


def _check(known: list[Migration], done: dict[int, str]) -> None:
    by_number = {migration.number: migration for migration in known}
    for number, checksum in sorted(done.items()):
        if number not in by_number:
            raise StoreError(
                f"the database was migrated by a newer version (migration {number:03d} is unknown here): "
                "start that version, or restore the backup made before the update"
            )
        if by_number[number].checksum != checksum:
            raise StoreError(
                f"migration {by_number[number].name} was changed after it had been applied to this database: "
                "install the version that applied it"
            )
