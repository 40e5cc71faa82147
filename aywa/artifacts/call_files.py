"""The files of a call on the runtime's own disk, to be deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import trio

from aywa.artifacts.wav import file_name
from aywa.errors import StoreError
from aywa.ports.store import CallRow


class LocalCallFiles:
    """Implements `ports.call_files.CallFiles` below the folder of recordings."""

    def __init__(self, directory: str) -> None:
        self._directory = Path(directory).absolute()

    async def delete(self, org_id: UUID, call_id: str, row: CallRow | None = None) -> int:
        """See `CallFiles`."""
        return await trio.to_thread.run_sync(self._delete, call_id, row)

    def _delete(self, call_id: str, row: CallRow | None) -> int:
        name = file_name(call_id)
        found = {
            path
            for pattern in (f"{name}[.-]*", f".{name}.*")
            for path in self._directory.glob(f"*/*/*/{pattern}")
        }
        count = 0
        try:
            for path in found | set(_named(row) if row is not None else ()):
                if path.is_file():
                    path.unlink(missing_ok=True)
                    count += 1
        except OSError as error:
            raise StoreError(f"a file cannot be deleted ({error.strerror})", retryable=True) from error
        return count


def _named(row: CallRow) -> Iterator[Path]:
    yield from (Path(path) for path in (row.recording_path, row.pcap_path) if path is not None)
    for transfer in row.transfers:
        path = transfer.get("recordingPath")
        if isinstance(path, str):
            yield Path(path)
