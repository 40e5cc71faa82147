"""Puts a backup back: everything is checked first, and the database changes all at once or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import trio

from aywa.bridge.asyncio_loop import open_asyncio_loop
from aywa.bridge.postgres_copy import TableCopy, open_table_copy
from aywa.runtime.backup import (
    TOMBSTONES,
    BackupError,
    Manifest,
    check_files,
    database,
    folders,
    pieces_of,
    read_manifest,
)
from aywa.runtime.store_key import load_sealer
from aywa.settings import Settings, tombstone_file
from aywa.store.migrations import Migration, load_migrations
from aywa.store.table_backup import applied, drop_tables, in_use, read_tables, rows_there
from aywa.store.tombstones import TombstoneFile

_ADVICE = "stop it, and restore again"


async def restore_backup(
    settings: Settings, source: Path, *, replace: bool = False, without_keys: bool = False
) -> Manifest:
    """Put it back. `replace`: what is there goes; `without_keys`: secrets that do not open are kept closed.

    Raises `BackupError`, `StoreError` and `ConfigError`, before anything was changed.
    """
    manifest, known = await trio.to_thread.run_sync(read_manifest, source), load_migrations()
    _check_version(manifest, known)
    await trio.to_thread.run_sync(check_files, source, manifest)
    sealer = await trio.to_thread.run_sync(load_sealer, settings.store)
    missing = sorted(set(manifest.key_ids) - set(sealer.key_ids))
    if missing and not without_keys:
        raise BackupError(
            f"secrets in the backup are sealed with the key {', '.join(missing)}, which is not set: name it "
            "in RUNTIME_STORE_ENCRYPTION_KEY or RUNTIME_STORE_ENCRYPTION_KEY_PREVIOUS (in development: put "
            "store-key into the data folder), or restore with --without-keys and set the secrets anew"
        )
    there = await trio.to_thread.run_sync(lambda: [str(path) for path in _files_there(settings)])
    async with (
        database(settings.store) as url,
        open_asyncio_loop() as loop,
        open_table_copy(loop, url, writes=True) as copy,
    ):
        await _check_target(copy, known, there, replace=replace)
        await drop_tables(copy, known)
        tables = {name: pieces_of(source / "tables" / f"{name}.copy.gz") for name in manifest.tables}
        rows = await read_tables(copy, known, manifest.schema, tables)
        if rows != manifest.tables:
            raise BackupError("the backup is damaged: its tables have other rows than it says")
        await trio.to_thread.run_sync(_put_files, settings, source, manifest)
    return manifest


def _check_version(manifest: Manifest, known: list[Migration]) -> None:
    if manifest.schema > len(known):
        raise BackupError(f"the backup was made by the newer version {manifest.version}: install that one")
    for migration in known[: manifest.schema]:
        if manifest.migrations.get(migration.number) != migration.checksum:
            raise BackupError(
                f"the backup was made by version {manifest.version}, whose {migration.name} is not ours: "
                "install that version"
            )


async def _check_target(copy: TableCopy, known: list[Migration], there: list[str], *, replace: bool) -> None:
    done = await applied(copy)
    if await in_use(copy):
        raise BackupError(f"a runtime uses this database: {_ADVICE}")
    if replace:
        return
    if done and await rows_there(copy, known):
        raise BackupError("the database is not empty: name another one, or pass --replace")
    if there:
        raise BackupError(f"{there[0]} is there already: name an empty data folder, or pass --replace")


def _files_there(settings: Settings) -> Iterator[Path]:
    for folder in folders(settings).values():
        yield from (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _put_files(settings: Settings, source: Path, manifest: Manifest) -> None:
    """Files first, the commit of the database after them: a row whose file is missing never is."""
    targets = folders(settings)
    for name in manifest.files:
        kind, _, rest = name.partition("/")
        if kind in targets:
            target = targets[kind] / rest
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.part")
            shutil.copyfile(source / name, part)
            part.replace(target)
    _merge_tombstones(Path(tombstone_file(settings)), source / TOMBSTONES)


def _merge_tombstones(ours: Path, theirs: Path) -> None:
    """What was erased since the backup stays in our file, and is erased again when the runtime starts."""
    if not theirs.exists():
        return
    if not ours.exists():
        ours.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(theirs, ours)
        ours.chmod(0o600)
        return
    _, known = TombstoneFile(ours).read()
    _, told = TombstoneFile(theirs).read()
    TombstoneFile(ours).append(stones=[stone for id, stone in told.items() if id not in known])
