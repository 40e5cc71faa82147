"""A backup: the database of one moment, the files beside it, and a manifest that both are checked by.

```
aywa-backup-20260531T120000Z/
  manifest.json            versions, ids of keys (never keys), size and SHA-256 of every file
  tables/calls.copy.gz     ...
  recordings/  files/      as they lie in the data folder
  tombstones.jsonl
```
A backup has its name when all of it is on the disk; before that it is a folder that ends in `.part`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import trio

from aywa import __version__
from aywa.bridge.asyncio_loop import open_asyncio_loop
from aywa.bridge.postgres_copy import open_table_copy
from aywa.errors import AywaError
from aywa.model.base import iso_ms
from aywa.settings import Settings, StoreSettings, tombstone_file
from aywa.store.embedded import open_embedded_postgres
from aywa.store.migrations import load_migrations
from aywa.store.table_backup import applied, key_ids, tables_of, write_tables

FORMAT = 1
MANIFEST = "manifest.json"
TOMBSTONES = "tombstones.jsonl"
_PIECE = 1 << 20


class BackupError(AywaError):
    """A backup cannot be made, or is not what it says."""

    code = "backup-failed"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    created_at: str
    version: str
    schema: int
    migrations: dict[int, str]
    key_ids: tuple[str, ...]
    tables: dict[str, int]  # rows
    files: dict[str, tuple[int, str]]  # size, SHA-256 in hexadecimal


def folders(settings: Settings) -> dict[str, Path]:
    """What lies beside the database, by its name in a backup."""
    return {
        "recordings": Path(settings.artifacts.directory),
        "files": Path(settings.store.data_dir) / "files",
    }


def database(settings: StoreSettings) -> AbstractAsyncContextManager[str]:
    """The URL, with the embedded server running as long as the block lasts."""
    if settings.postgres_url:
        return nullcontext(settings.postgres_url)
    return open_embedded_postgres(settings.data_dir)


async def write_backup(settings: Settings, target: Path, now: datetime) -> tuple[Path, Manifest]:
    """Make one in a new folder below `target`. Raises `BackupError`, `StoreError` and `ConfigError`."""
    final = target / f"aywa-backup-{now:%Y%m%dT%H%M%SZ}"
    part = final.with_name(final.name + ".part")
    try:
        await trio.to_thread.run_sync(_begin, final, part)
        migrations, tables, keys = await _write_database(settings, part)
        manifest = await trio.to_thread.run_sync(
            _finish, settings, part, final, (iso_ms(now), migrations, tables, keys)
        )
    except OSError as error:
        raise BackupError(f"{target} cannot be written ({error.strerror or error})") from error
    finally:
        with trio.CancelScope(shield=True, deadline=trio.current_time() + 30):
            await trio.to_thread.run_sync(lambda: shutil.rmtree(part, ignore_errors=True))
    return final, manifest


async def _write_database(settings: Settings, part: Path) -> tuple[dict[int, str], dict[str, int], list[str]]:
    async with (
        database(settings.store) as url,
        open_asyncio_loop() as loop,
        open_table_copy(loop, url, writes=False) as copy,
    ):
        done, known = await applied(copy), load_migrations()
        if not done:
            raise BackupError("there is nothing to back up: no runtime has used this database yet")
        if max(done) > len(known):
            raise BackupError("the database belongs to a newer version: use that one's `aywa backup`")
        if max(done) < len(known):
            raise BackupError(
                "the database belongs to an older version: start this one once, or use that one"
            )
        with ExitStack() as open_files:

            def open_file(name: str) -> Callable[[bytes], object]:
                path = part / "tables" / f"{name}.copy.gz"
                return open_files.enter_context(gzip.open(path, "wb", compresslevel=1)).write

            rows = await write_tables(copy, await tables_of(copy, known), open_file)
        return done, rows, await key_ids(copy)


def _begin(final: Path, part: Path) -> None:
    if final.exists() or part.exists():
        raise BackupError(f"{final} is there already")
    (part / "tables").mkdir(parents=True, mode=0o700)


def _finish(
    settings: Settings, part: Path, final: Path, known: tuple[str, dict[int, str], dict[str, int], list[str]]
) -> Manifest:
    created_at, migrations, tables, keys = known
    for name, folder in folders(settings).items():
        for path in _files_below(folder):
            _copy(folder / path, part / name / path)
    stones = Path(tombstone_file(settings))
    if stones.exists():
        _copy(stones, part / TOMBSTONES)
    files = {str(path): (_size(part / path), digest_of(part / path)) for path in _files_below(part)}
    manifest = Manifest(created_at, __version__, max(migrations), migrations, tuple(keys), tables, files)
    _write(part / MANIFEST, json.dumps(_told(manifest), indent=1).encode())
    for folder in (part, *(path for path in part.rglob("*") if path.is_dir())):
        _flush(folder)
    part.replace(final)
    _flush(final.parent)
    return manifest


def _files_below(folder: Path) -> Iterator[Path]:
    """Relative; unfinished ones, whose names begin with a dot, are left out."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
            yield path.relative_to(folder)


def _copy(source: Path, target: Path) -> None:
    """Its file may be deleted meanwhile: then there is none."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with source.open("rb") as reading, target.open("xb") as writing:
            shutil.copyfileobj(reading, writing, _PIECE)
            os.fchmod(writing.fileno(), 0o600)
            os.fsync(writing.fileno())
    except FileNotFoundError:
        if source.exists():
            raise


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _size(path: Path) -> int:
    return path.stat().st_size


def digest_of(path: Path) -> str:
    """SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _told(manifest: Manifest) -> dict[str, object]:
    return {
        "format": FORMAT,
        "createdAt": manifest.created_at,
        "version": manifest.version,
        "schema": manifest.schema,
        "migrations": {str(number): checksum for number, checksum in manifest.migrations.items()},
        "keyIds": list(manifest.key_ids),
        "tables": manifest.tables,
        "files": {name: {"bytes": size, "sha256": sha} for name, (size, sha) in manifest.files.items()},
    }


def read_manifest(folder: Path) -> Manifest:
    """Raises `BackupError` for what is no backup, or one that this version cannot read."""
    try:
        said: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        if said["format"] != FORMAT:
            raise BackupError(f"{folder} has format {said['format']}: this version reads format {FORMAT}")
        return Manifest(
            said["createdAt"],
            said["version"],
            int(said["schema"]),
            {int(number): checksum for number, checksum in said["migrations"].items()},
            tuple(said["keyIds"]),
            dict(said["tables"]),
            {name: (each["bytes"], each["sha256"]) for name, each in said["files"].items()},
        )
    except FileNotFoundError as error:
        raise BackupError(f"{folder} is no backup: it has no {MANIFEST}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{folder / MANIFEST} cannot be read ({type(error).__name__})") from error


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raises `BackupError` unless every file is there as it was written, and none beside."""
    wrong = list(_faults(folder, manifest))
    if wrong:
        raise BackupError(f"the backup is damaged: {', '.join(wrong[:5])}{' and more' if wrong[5:] else ''}")


def _faults(folder: Path, manifest: Manifest) -> Iterator[str]:
    there = {str(path) for path in _files_below(folder)} - {MANIFEST}
    yield from (f"{name} is missing" for name in sorted(manifest.files.keys() - there))
    yield from (f"{name} does not belong to it" for name in sorted(there - manifest.files.keys()))
    for name in sorted(there & manifest.files.keys()):
        if (_size(folder / name), digest_of(folder / name)) != manifest.files[name]:
            yield f"{name} was changed"


def pieces_of(path: Path) -> Callable[[], Iterable[bytes]]:
    """What a table's file holds, in pieces."""

    def read() -> Iterator[bytes]:
        with gzip.open(path, "rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    return read
