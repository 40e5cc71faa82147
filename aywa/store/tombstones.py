"""Tombstones: that a call or a number was erased, and nothing else about it.

A digest is BLAKE2b under a key that is made once and sealed with the store's, so that a change of the store's
key leaves the tombstones as they are. They stand in the database and in a file beside it: an older database
that is put back learns from the file what it must forget again.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from uuid import UUID

from aywa.errors import StoreError
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.store.sealing import SealedRow, Sealer

DIGEST_BYTES = 32
_LONGEST_LINE = 4096
_SEALED_AS = "tombstone-key"


class Erased(Enum):
    """Of what a tombstone is."""

    CALL = "call"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Tombstone:
    """`at`: aware; of a number, its calls that began before it were erased."""

    id: UUID
    org_id: UUID
    kind: Erased
    key_id: UUID
    digest: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class TombstoneKey:
    """What digests are made with, and the envelope it is kept in."""

    id: UUID
    key: bytes
    sealed: Mapping[str, object]

    def digest(self, org_id: UUID, kind: Erased, text: str) -> bytes:
        """Of a call's id, or of a number's key."""
        about = f"{org_id}/{kind.value}/{text}".encode()
        return hashlib.blake2b(
            about, digest_size=DIGEST_BYTES, key=self.key, person=b"aywa-tombstone"
        ).digest()


def new_tombstone_key(id: UUID, key: bytes, sealer: Sealer) -> TombstoneKey:
    """A key, sealed with the first key of the store's."""
    sealed = sealer.seal(_row(id), {"key": b64encode(key).decode("ascii")})
    assert sealed is not None
    return TombstoneKey(id, key, sealed)


def open_tombstone_key(id: UUID, sealed: Mapping[str, object], sealer: Sealer) -> TombstoneKey:
    """Raises `StoreError` where the store's key is gone."""
    return TombstoneKey(id, b64decode(sealer.open(_row(id), sealed)["key"]), sealed)


def _row(id: UUID) -> SealedRow:
    return SealedRow(DEFAULT_ORGANIZATION, _SEALED_AS, id)


class TombstoneFile:
    """Lines of JSON that are only ever appended to. Methods block; all raise `StoreError`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[dict[UUID, Mapping[str, object]], dict[UUID, Tombstone]]:
        """Envelopes of keys, and tombstones, by their ids. A last line that a kill has cut is passed over."""
        keys: dict[UUID, Mapping[str, object]] = {}
        stones: dict[UUID, Tombstone] = {}
        try:
            lines = self._path.read_text("ascii").split("\n")
        except FileNotFoundError:
            return keys, stones
        except (OSError, ValueError) as error:
            raise StoreError(f"{self._path} cannot be read ({type(error).__name__})") from error
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line) if line else {}
                if "sealed" in row:
                    keys[UUID(row["id"])] = row["sealed"]
                elif row:
                    stone = _parse(row)
                    stones[stone.id] = stone
            except (ValueError, KeyError, TypeError) as error:
                if number == len(lines):
                    continue
                raise StoreError(f"{self._path}: line {number} is no tombstone") from error
        return keys, stones

    def append(self, keys: Iterable[TombstoneKey] = (), stones: Iterable[Tombstone] = ()) -> None:
        """They are on the disk when this returns."""
        rows: list[dict[str, object]] = [{"id": str(key.id), "sealed": dict(key.sealed)} for key in keys]
        rows += [_told(stone) for stone in stones]
        if not rows:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                _cut_torn(file)
                lines = "".join(f"{json.dumps(row)}\n" for row in rows).encode("ascii")
                if os.write(file, lines) < len(lines):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise StoreError(f"{self._path} cannot be written ({error.strerror})", retryable=True) from error


def _cut_torn(file: int) -> None:
    """A line that has no end was never waited for: its writer was killed, or was told that it failed."""
    size = os.fstat(file).st_size
    tail = os.pread(file, _LONGEST_LINE, max(0, size - _LONGEST_LINE))
    if tail and not tail.endswith(b"\n"):
        os.ftruncate(file, size - len(tail) + tail.rfind(b"\n") + 1)


def _told(stone: Tombstone) -> dict[str, object]:
    return {
        "id": str(stone.id),
        "org": str(stone.org_id),
        "kind": stone.kind.value,
        "key": str(stone.key_id),
        "digest": stone.digest.hex(),
        "at": stone.at.isoformat(),
    }


def _parse(row: Mapping[str, str]) -> Tombstone:
    return Tombstone(
        UUID(row["id"]),
        UUID(row["org"]),
        Erased(row["kind"]),
        UUID(row["key"]),
        bytes.fromhex(row["digest"]),
        datetime.fromisoformat(row["at"]),
    )
