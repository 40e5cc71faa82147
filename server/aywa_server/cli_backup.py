"""`aywa backup` and `aywa restore`: run where the runtime runs, with its environment."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import trio

from aywa.clock import wall_now
from aywa.errors import AywaError
from aywa.runtime.backup import Manifest, check_files, read_manifest, write_backup
from aywa.runtime.faults import read_settings
from aywa.runtime.restore import restore_backup
from aywa_server.api_client import ApiError

_T = TypeVar("_T")
_SETTINGS = "The database and the folders are those of the RUNTIME_* variables, as of aywa-media."


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both verbs."""
    backup = subparsers.add_parser(
        "backup",
        help="copy database, recordings and files",
        description=f"Makes a folder of its own below DIR, also while the runtime runs. {_SETTINGS} Keys of "
        "secrets are not in it: keep RUNTIME_STORE_ENCRYPTION_KEY elsewhere. What is in a bucket stays.",
    )
    backup.add_argument(
        "directory", metavar="DIR", type=Path, help="where backups lie; of --verify: the backup"
    )
    backup.add_argument("--verify", action="store_true", help="check that DIR, a backup, is whole")
    backup.add_argument("--json", action="store_true", help="print what the backup says of itself")
    backup.set_defaults(run=_backup)
    restore = subparsers.add_parser(
        "restore",
        help="put a backup back",
        description=f"Into a database and folders that are empty, while no runtime runs. {_SETTINGS} What "
        "was erased after the backup is erased again when the runtime starts.",
    )
    restore.add_argument("backup", metavar="BACKUP", type=Path, help="the folder that `aywa backup` has made")
    restore.add_argument("--replace", action="store_true", help="delete what the database holds now")
    restore.add_argument(
        "--without-keys", action="store_true", help="restore also when a key of its secrets is not set"
    )
    restore.set_defaults(run=_restore)


def _backup(args: argparse.Namespace) -> int:
    if args.verify:
        manifest = read_manifest_of(args.directory)
        print(json.dumps(_summary(manifest)) if args.json else f"whole: {_line(manifest)}")
        return 0

    async def make() -> tuple[Path, Manifest]:
        return await write_backup(read_settings(os.environ), args.directory.absolute(), wall_now())

    path, manifest = _run(make)
    print(
        json.dumps({"path": str(path), **_summary(manifest)}) if args.json else f"{path}\n{_line(manifest)}"
    )
    return 0


def _restore(args: argparse.Namespace) -> int:
    async def put() -> Manifest:
        settings = read_settings(os.environ)
        return await restore_backup(
            settings, args.backup.absolute(), replace=args.replace, without_keys=args.without_keys
        )

    print(f"restored {_line(_run(put))}")
    return 0


def read_manifest_of(folder: Path) -> Manifest:
    """Checked. Raises `ApiError`."""

    async def check() -> Manifest:
        manifest = await trio.to_thread.run_sync(read_manifest, folder)
        await trio.to_thread.run_sync(check_files, folder, manifest)
        return manifest

    return _run(check)


def _run(work: Callable[[], Awaitable[_T]]) -> _T:
    try:
        return trio.run(work)
    except (AywaError, BaseExceptionGroup) as error:
        known = [leaf for leaf in _leaves(error) if isinstance(leaf, AywaError)]
        if not known:
            raise
        raise ApiError("; ".join(dict.fromkeys(leaf.detail for leaf in known))) from error


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for child in error.exceptions:
            yield from _leaves(child)
    else:
        yield error


def _line(manifest: Manifest) -> str:
    size = sum(size for size, _ in manifest.files.values())
    calls = manifest.tables.get("calls", 0)
    return (
        f"{calls} calls and {len(manifest.files)} files ({size / 1e6:.1f} MB) of {manifest.created_at}, "
        f"version {manifest.version}, schema {manifest.schema}"
    )


def _summary(manifest: Manifest) -> dict[str, object]:
    return {
        "createdAt": manifest.created_at,
        "version": manifest.version,
        "schema": manifest.schema,
        "keyIds": list(manifest.key_ids),
        "tables": manifest.tables,
        "files": len(manifest.files),
    }
