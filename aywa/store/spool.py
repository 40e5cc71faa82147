"""Records in a file, first in, first out: each is on the disk when `append` returns.

A record is its length and its CRC-32, each four bytes, and its bytes. A process that is killed while it
appends leaves a record that is not whole: nobody was told that it is kept, and it ends the file. What was
taken out is forgotten when the file is empty, so after a kill a reader may meet records that it knows.
"""

from __future__ import annotations

import fcntl
import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path

_HEAD = struct.Struct(">II")  # length, CRC-32
MAX_RECORD = 64 << 20  # bytes; a batch is some hundred kilobytes


class SpoolFullError(OSError):
    """The file has its largest size."""


class Spool:
    """One file, locked for as long as it is open. Methods touch the disk: one at a time, from a thread.

    All raise OSError. Opening raises `BlockingIOError` where another process has the file.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        self._max_bytes = max_bytes
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _flush_directory(path.parent)
        except BaseException:
            os.close(self._file)
            raise
        self._at = 0  # of the first record that was not taken out
        self.torn = 0  # bytes at the end that are no record
        self._end = self._find_end()

    @property
    def waiting_bytes(self) -> int:
        """How much of it waits."""
        return self._end - self._at

    def append(self, record: bytes) -> None:
        """Raises `SpoolFullError` when there is no room for it. Whatever it raises, nothing was appended."""
        assert len(record) <= MAX_RECORD
        if self._end + _HEAD.size + len(record) > self._max_bytes:
            raise SpoolFullError(f"{self.path.name} has {self._end} bytes")
        view = memoryview(_HEAD.pack(len(record), zlib.crc32(record)) + record)
        at = self._end
        try:
            while view:
                written = os.pwrite(self._file, view, at)
                at += written
                view = view[written:]
            os.fdatasync(self._file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self._end)
            raise
        self._end = at

    def first(self) -> bytes | None:
        """The oldest record; None when none waits."""
        return self._read(self._at) if self._at < self._end else None

    def drop_first(self) -> None:
        """It is kept elsewhere now."""
        record = self.first()
        assert record is not None
        self._at += _HEAD.size + len(record)
        if self._at == self._end:
            os.ftruncate(self._file, 0)
            self._at = self._end = 0

    def close(self) -> None:
        """The file stays if anything waits."""
        if self.waiting_bytes == 0:
            self.path.unlink(missing_ok=True)
        os.close(self._file)

    def _find_end(self) -> int:
        size, at = os.fstat(self._file).st_size, 0
        while (record := self._read(at)) is not None:
            at += _HEAD.size + len(record)
        self.torn = size - at
        if self.torn:
            os.ftruncate(self._file, at)
        return at

    def _read(self, at: int) -> bytes | None:
        """The record here, if it is whole."""
        head = os.pread(self._file, _HEAD.size, at)
        if len(head) < _HEAD.size:
            return None
        length, crc = _HEAD.unpack(head)
        if length > MAX_RECORD:
            return None
        record = os.pread(self._file, length, at + _HEAD.size)
        return record if len(record) == length and zlib.crc32(record) == crc else None


def left_behind(directory: Path) -> list[Path]:
    """Spools in this directory, the oldest first; who opens one finds out whether its process lives."""
    with suppress(FileNotFoundError):
        found = [(path.stat().st_mtime_ns, path) for path in directory.glob("*.journal")]
        return [path for _, path in sorted(found)]
    return []


def _flush_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
