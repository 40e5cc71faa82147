"""Everything that a call has left behind as files, wherever it lies: to be listed, and to be deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import trio

from aywa.errors import StoreError
from aywa.ports.artifacts import ArtifactStore, StoredObject, artifact_prefix
from aywa.ports.spool import ArtifactBook
from aywa.ports.store import CallRow

_THREADS = 4  # deleting is nobody's hurry
T = TypeVar("T")


class ArtifactKeeper:
    """Knows the disk, the artifact store and the database."""

    def __init__(self, directory: str, store: ArtifactStore | None, book: ArtifactBook) -> None:
        """`directory`: where recordings are written."""
        self._directory = Path(directory).absolute()
        self._store = store
        self._book = book
        self._limiter = trio.CapacityLimiter(_THREADS)

    async def objects(self, org_id: UUID, call_id: str | None = None) -> list[StoredObject]:
        """What the artifact store has of a call, or of an organisation. Raises StoreError."""
        store = self._store
        if store is None:
            return []
        prefix = str(org_id) if call_id is None else artifact_prefix(org_id, call_id)
        return await self._blocking(lambda: store.list(prefix))

    async def delete(self, org_id: UUID, call_id: str, row: CallRow | None = None) -> int:
        """Delete every file, object and row of artifacts of this call; how many files and objects those were.

        `row`: the call, whose paths may lead to other directories of before. Raises StoreError: what is left
        is deleted by the same request again. The database forgets last, when nothing else is left.
        """
        store, prefix = self._store, artifact_prefix(org_id, call_id)
        kept = [each.path for each in await self._book.of_calls([call_id]) if each.path is not None]
        paths = {*map(Path, kept), *(_named(row) if row is not None else ())}
        count = 0
        if store is not None:
            count += await self._blocking(lambda: _delete_objects(store, prefix))
        count += await self._blocking(lambda: self._delete_files(call_id, paths))
        await self._book.forget(org_id, call_id)
        return count

    def _delete_files(self, call_id: str, paths: set[Path]) -> int:
        """In a worker thread."""
        count = 0
        try:
            for path in paths | set(self._directory.glob(f"*/*/*/{UUID(call_id)}[.-]*")):
                if path.is_file():
                    path.unlink(missing_ok=True)
                    count += 1
        except OSError as error:
            raise StoreError(f"a file cannot be deleted ({error.strerror})", retryable=True) from error
        return count

    async def _blocking(self, work: Callable[[], T]) -> T:
        return await trio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._limiter)


def _delete_objects(store: ArtifactStore, prefix: str) -> int:
    """In a worker thread."""
    keys = [found.key for found in store.list(prefix)]
    store.delete(keys)
    return len(keys)


def _named(row: CallRow) -> Iterator[Path]:
    for path in (row.recording_path, row.pcap_path):
        if path is not None:
            yield Path(path)
    for transfer in row.transfers:
        found = transfer.get("recordingPath")
        if isinstance(found, str):
            yield Path(found)
