"""The tables of the runtime as files, and out of them again under the schema that they were written with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from aywa.bridge.postgres_copy import TableCopy
from aywa.errors import StoreError
from aywa.store.migrations import REMEMBER, Migration, remember
from aywa.store.presence import PRESENCE_NAMESPACE

_MADE = re.compile(r"create table (?:if not exists )?(\w+)", re.IGNORECASE)
_FUNCTIONS = re.compile(r"create (function|procedure) (\w+)", re.IGNORECASE)
_TABLES = """
select c.relname as name,
       array(select a.attname::text from pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
             order by a.attnum) as columns,
       array(select distinct f.relname::text from pg_constraint k join pg_class f on f.oid = k.confrelid
             where k.conrelid = c.oid and k.contype = 'f' and f.oid <> c.oid) as parents
from pg_class c
where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace and c.relname = any ($1)
order by c.relname
"""
_LIVING = """
select count(*) as n from pg_locks
where locktype = 'advisory' and granted and classid::bigint = $1
  and database = (select oid from pg_database where datname = current_database())
"""
_SEQUENCES = """
select a.attname as column, pg_get_serial_sequence(quote_ident(c.relname), a.attname) as sequence
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = current_schema()::regnamespace and c.relname = $1
  and pg_get_serial_sequence(quote_ident(c.relname), a.attname) is not null
"""


class Table:
    """A table with its columns, after those that it refers to."""

    def __init__(self, name: str, columns: Sequence[str], parents: Iterable[str]) -> None:
        self.name = name
        self.columns = tuple(columns)
        self.parents = frozenset(parents)

    @property
    def query(self) -> str:
        """All of it."""
        columns = ", ".join(f'"{column}"' for column in self.columns)
        return f'select {columns} from "{self.name}"'  # names are the catalogue's own


async def tables_of(copy: TableCopy, migrations: Sequence[Migration]) -> list[Table]:
    """Those that the migrations have made, each after its parents; the list of migrations is none of them."""
    made = {name for migration in migrations for name in _MADE.findall(migration.sql)}
    rows = await copy.fetch(_TABLES, sorted(made))
    left = {row["name"]: Table(row["name"], row["columns"], row["parents"]) for row in rows}
    ordered: list[Table] = []
    while left:
        ready = [table for table in left.values() if not table.parents & left.keys()]
        if not ready:
            raise StoreError("the tables refer to each other in a circle")
        ordered += ready
        for table in ready:
            del left[table.name]
    return ordered


async def applied(copy: TableCopy) -> dict[int, str]:
    """The migrations that a database has, with their checksums; none of one that is empty."""
    if not (await copy.fetch("select to_regclass('migrations') is not null as there"))[0]["there"]:
        return {}
    rows = await copy.fetch("select number, checksum from migrations order by number")
    return {row["number"]: row["checksum"] for row in rows}


async def key_ids(copy: TableCopy) -> list[str]:
    """The ids of the keys that secrets in it are sealed with."""
    found = set()
    for table in ("resources", "tombstone_keys"):
        sql = f"select distinct sealed ->> 'keyId' as id from {table} where sealed is not null"
        found |= {row["id"] for row in await copy.fetch(sql)}
    return sorted(found)


async def write_tables(
    copy: TableCopy, tables: Sequence[Table], open_file: Callable[[str], Callable[[bytes], object]]
) -> dict[str, int]:
    """Each into the file that `open_file` makes for it; how many rows of each."""
    return {table.name: await copy.copy_out(table.query, open_file(table.name)) for table in tables}


async def in_use(copy: TableCopy) -> bool:
    """Whether a worker lives on this database."""
    return bool((await copy.fetch(_LIVING, PRESENCE_NAMESPACE))[0]["n"])


async def rows_there(copy: TableCopy, migrations: Sequence[Migration]) -> bool:
    """Whether anything is kept in it, beside the organisation that every database begins with."""
    for table in await tables_of(copy, migrations):
        least = 1 if table.name in ("organizations", "tombstone_keys") else 0
        if (await copy.fetch(f'select count(*) as n from "{table.name}"'))[0]["n"] > least:
            return True
    return False


async def drop_tables(copy: TableCopy, migrations: Sequence[Migration]) -> None:
    """Take away what the migrations have made, and nothing else that may be there."""
    for table in reversed(await tables_of(copy, migrations)):
        await copy.execute(f'drop table "{table.name}"')
    await copy.execute("drop table if exists migrations")
    for kind, name in [found for migration in migrations for found in _FUNCTIONS.findall(migration.sql)]:
        await copy.execute(f"drop {kind} if exists {name}")


async def read_tables(
    copy: TableCopy,
    migrations: Sequence[Migration],
    schema: int,
    files: Mapping[str, Callable[[], Iterable[bytes]]],
) -> dict[str, int]:
    """Make the schema that the files were written with, fill it, and bring it up to this version's."""
    await copy.execute(REMEMBER)
    await _migrate(copy, [migration for migration in migrations if migration.number <= schema])
    tables = await tables_of(copy, migrations)
    for table in reversed(tables):
        await copy.execute(f'delete from "{table.name}"')  # what migrations begin with is in the files too
    rows = {}
    for table in tables:
        if table.name in files:
            rows[table.name] = await _read(copy, table, files[table.name]())
    await _migrate(copy, [migration for migration in migrations if migration.number > schema])
    return rows


async def _read(copy: TableCopy, table: Table, pieces: Iterable[bytes]) -> int:
    # COPY into a table behind row-level security is refused to whoever it binds; an insert is not
    await copy.execute(f'create temp table incoming (like "{table.name}" including defaults) on commit drop')
    count = await copy.copy_in("incoming", table.columns, pieces)
    columns = ", ".join(f'"{column}"' for column in table.columns)
    await copy.execute(
        f'insert into "{table.name}" ({columns}) overriding system value select {columns} from incoming'
    )
    await copy.execute("drop table incoming")
    for row in await copy.fetch(_SEQUENCES, table.name):
        column = row["column"]
        top = f'(select coalesce(max("{column}"), 0) + 1 from "{table.name}")'
        await copy.execute(f"select setval('{row['sequence']}', {top}, false)")
    return count


async def _migrate(copy: TableCopy, migrations: Sequence[Migration]) -> None:
    for migration in migrations:
        await copy.execute(migration.sql)
        await remember(copy, migration)
