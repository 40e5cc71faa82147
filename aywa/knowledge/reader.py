"""Reads files as they come, one at a time in a worker."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import trio

from aywa.errors import AywaError, ProviderError, StoreError
from aywa.knowledge.formats import TYPES, UnreadableFileError, kind_of
from aywa.knowledge.language import language_of
from aywa.knowledge.meaning import places_of
from aywa.knowledge.pieces import cut
from aywa.knowledge.read_child import UNREADABLE
from aywa.log import get_logger
from aywa.ports.blobs import BlobStore
from aywa.ports.knowledge import Embedder, FileReading, FileState, FileToRead, KnowledgeStore, Piece

EVERY_S = 5.0  # a file of another worker's is found that late; one's own at once
LEASE_S = 300.0
READ_S = 120.0
AGAIN_S = (10.0, 60.0, 600.0, 3600.0)  # after what may pass by itself; then it has failed
_log = get_logger("knowledge")


@dataclass(slots=True)
class ReaderFigures:
    """Since the start."""

    read: int = 0
    failed: int = 0

    def gauges(self) -> dict[str, float]:
        """By metric name, without the prefix."""
        return {"knowledge_files_read": self.read, "knowledge_files_failed": self.failed}


class Reader:
    """`serve` beside the runtime; `wake` it when a file has come."""

    def __init__(
        self, store: KnowledgeStore, blobs: BlobStore, embedder: Embedder, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._embedder = embedder
        self._clock = clock
        self._woken = trio.Event()
        self.figures = ReaderFigures()

    def wake(self) -> None:
        """Look at once."""
        self._woken.set()

    async def serve(self) -> None:
        """Read what comes, until cancelled."""
        while True:
            try:
                busy = await self.step()
            except StoreError as error:
                _log.warning("files cannot be read", detail=error.detail)
                busy = False
            if not busy:
                self._woken = trio.Event()
                with trio.move_on_after(EVERY_S):
                    await self._woken.wait()

    async def step(self) -> bool:
        """Read one file, if there is one. Raises `StoreError`."""
        now = self._clock()
        file = await self._store.take(self._embedder.name, TYPES, now + timedelta(seconds=LEASE_S))
        if file is None:
            return False
        reading = FileReading(file.file_id, file.org_id, FileState.FAILED, self._embedder.name)
        try:
            pieces, language = await self._pieces(file)
            vectors = await places_of(self._embedder, pieces)
        except UnreadableFileError as error:
            await self._fail(reading, error.detail)
        except AywaError as error:
            await self._later(reading, file, error)
        else:
            done = replace(
                reading,
                state=FileState.DONE,
                language=language,
                passages=len(pieces),
                settled_at=self._clock(),
            )
            await self._store.keep(done, pieces, vectors)
            self.figures.read += 1
            _log.info("a file was read", file_id=str(file.file_id), passages=len(pieces), language=language)
        return True

    async def _pieces(self, file: FileToRead) -> tuple[list[Piece], str]:
        kind = kind_of(file.mimetype, file.name)
        if not kind:
            raise UnreadableFileError("Files of this type are not searched: send text, Markdown, HTML or PDF")
        content = await self._blobs.get(file.org_id, file.file_id)
        if content is None:
            raise StoreError("the file's content is not here: it may be on another host", retryable=True)
        text = await read_apart(content, kind)
        return await trio.to_thread.run_sync(cut, text), language_of(text)

    async def _fail(self, reading: FileReading, why: str) -> None:
        await self._store.keep(replace(reading, error=why, settled_at=self._clock()), (), ())
        self.figures.failed += 1
        _log.warning("a file cannot be read", file_id=str(reading.file_id), detail=why)

    async def _later(self, reading: FileReading, file: FileToRead, error: AywaError) -> None:
        """Try again where it may help; a store that is away is no attempt."""
        final = isinstance(error, ProviderError) and not error.retryable
        if final or file.tries >= len(AGAIN_S):
            await self._fail(reading, error.detail)
            return
        until = self._clock() + timedelta(seconds=AGAIN_S[file.tries])
        waiting = replace(reading, state=FileState.WAITING, error=error.detail, tries=file.tries + 1)
        await self._store.put_off(waiting, until)
        _log.warning("a file is read later", file_id=str(file.file_id), detail=error.detail)


async def read_apart(content: bytes, kind: str) -> str:
    """The text of a file, read in a process of its own. Raises UnreadableFileError."""
    with trio.move_on_after(READ_S):
        done = await trio.run_process(
            [sys.executable, "-m", "aywa.knowledge.read_child", kind],
            stdin=content,
            capture_stdout=True,
            capture_stderr=True,
            check=False,
        )
        if done.returncode == 0:
            return str(done.stdout, "utf-8")
        if done.returncode == UNREADABLE:
            raise UnreadableFileError(str(done.stderr, "utf-8", "replace")[:300])
        raise UnreadableFileError("The file makes its reader fail")
    raise UnreadableFileError(f"The file takes longer than {READ_S:g} s to read")
