"""Contents on the runtime's own disk: one directory an organisation, one file a content."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import trio

from aywa.errors import StoreError


class DiskBlobs:
    """Implements `ports.blobs.BlobStore` below a directory."""

    def __init__(self, directory: str) -> None:
        self._root = Path(directory)

    async def put(self, org_id: UUID, id: UUID, content: bytes) -> None:
        """Keep it; it is all there or not at all."""
        await trio.to_thread.run_sync(self._write, self._path(org_id, id), content)

    async def get(self, org_id: UUID, id: UUID) -> bytes | None:
        """The content, or None."""
        try:
            return await trio.Path(self._path(org_id, id)).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"a file's content cannot be read ({error.strerror})") from error

    async def delete(self, org_id: UUID, id: UUID) -> None:
        """Forget it, if it is there."""
        try:
            await trio.Path(self._path(org_id, id)).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"a file's content cannot be deleted ({error.strerror})") from error

    def _path(self, org_id: UUID, id: UUID) -> Path:
        return self._root / str(org_id) / str(id)

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        part = path.with_suffix(".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(
                os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb"
            ) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise StoreError(f"a file's content cannot be kept ({error.strerror})", retryable=True) from error
