"""One call's artifacts: made, stored, proved, written down; then its files are deleted."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import TypeVar

import trio

from aywa.artifacts.call_files import CallFiles
from aywa.artifacts.expected import expected_of, file_pieces, tracks_by_path, wav_pieces
from aywa.artifacts.opus_file import encode_opus
from aywa.artifacts.spool_gate import SpoolFigures
from aywa.artifacts.store_health import StoreHealth, StoreState, backoff_s
from aywa.artifacts.upload import Digest, digest_of, upload
from aywa.artifacts.wav import RecordingError
from aywa.log import get_logger
from aywa.ports.artifacts import (
    Artifact,
    ArtifactFormat,
    ArtifactKind,
    ArtifactState,
    ArtifactStore,
    ArtifactStoreError,
)
from aywa.ports.spool import ArtifactBook
from aywa.ports.store import CallRow

_FIRST_S, _MOST_S = 2.0, 600.0  # between attempts at one artifact
_LEAST_S = 0.5
_ENCODERS = 1  # threads: a minute of a call takes one 0.6 s
_UPLOADS = 2
_log = get_logger("artifacts")
T = TypeVar("T")


class ArtifactMaker:
    """Implements `spool.Bench`."""

    def __init__(
        self,
        store: ArtifactStore | None,
        book: ArtifactBook,
        health: StoreHealth,
        figures: SpoolFigures,
        *,
        host: str,
        logs: Callable[[CallRow], Awaitable[bytes]],
        rng: Random,
    ) -> None:
        """`logs` makes the content of the call-logs of a call; it raises StoreError."""
        self._store = store
        self._book = book
        self._health = health
        self._figures = figures
        self._host = host
        self._logs = logs
        self._rng = rng
        self._encoders = trio.CapacityLimiter(_ENCODERS)
        self._uploads = trio.CapacityLimiter(_UPLOADS)

    async def work(self, row: CallRow, files: CallFiles, now: datetime) -> float | None:
        """See `Bench`."""
        wanted = expected_of(row, files, self._host, now, stays=self._store is None)
        if wanted:
            await self._book.expect(wanted)
        known = await self._book.of_calls([row.id])
        for artifact in known:
            if artifact.state is ArtifactState.WAITING and artifact.next_at <= now:
                await self._one(artifact, row, files, now)
                if self._health.state is StoreState.AWAY:
                    break  # the others would find the same
        known = await self._book.of_calls([row.id])
        waiting = [each for each in known if each.state is ArtifactState.WAITING]
        if waiting:
            soonest = min(each.next_at for each in waiting)
            return max(_LEAST_S, (soonest - now).total_seconds())
        await self._tidy(files, known)
        return None

    async def _one(self, artifact: Artifact, row: CallRow, files: CallFiles, now: datetime) -> None:
        try:
            settled = await self._settled(artifact, row, files)
        except (RecordingError, FileNotFoundError) as error:
            if error.errno == errno.EIO:
                await self._failed(artifact, error.strerror or "the disk failed", now)
                return
            settled = replace(
                artifact, state=ArtifactState.LOST, last_error=error.strerror or "the recording is not there"
            )
        except OSError as error:
            await self._failed(artifact, f"a file failed ({error.strerror})", now)
            return
        except ArtifactStoreError as error:
            self._health.failed(trio.current_time(), error.detail)
            await self._failed(artifact, error.detail, now)
            return
        await self._settle(replace(settled, host=self._host, settled_at=now))

    async def _settled(self, artifact: Artifact, row: CallRow, files: CallFiles) -> Artifact:
        """Raises StoreError for the artifact store, OSError for the disk."""
        if artifact.kind.is_recording and files.recording is None:
            raise FileNotFoundError(errno.ENOENT, "the recording is not there")
        if artifact.format is ArtifactFormat.OPUS and artifact.kind not in files.made:
            await self._encode(row, files)
        store = self._store
        if store is None:
            path = files.made[artifact.kind]
            digest = await self._in_thread(lambda: digest_of(file_pieces(path)))
            return _with(artifact, ArtifactState.KEPT, digest, str(path))
        pieces = await self._pieces(artifact, row, files)
        content_type = artifact.format.content_type
        digest = await self._in_thread(lambda: upload(store, artifact.key, content_type, pieces))
        self._health.answered()
        return _with(artifact, ArtifactState.STORED, digest, None)

    async def _pieces(self, artifact: Artifact, row: CallRow, files: CallFiles) -> Iterable[bytes]:
        match artifact.kind, artifact.format:
            case ArtifactKind.LOGS, _:
                return [await self._logs(row)]
            case ArtifactKind.PCAP, _:
                if files.pcap is None:
                    raise FileNotFoundError(errno.ENOENT, "the capture is not there")
                return file_pieces(files.pcap)
            case kind, ArtifactFormat.OPUS:
                return file_pieces(files.made[kind])
            case kind, _:
                return wav_pieces(kind, row, files)

    async def _encode(self, row: CallRow, files: CallFiles) -> None:
        """All that is still to be made of the recording, from one reading."""
        known = await self._book.of_calls([row.id])
        kinds = [
            each.kind for each in known if each.format is ArtifactFormat.OPUS and each.kind not in files.made
        ]
        outputs = await self._in_thread(lambda: tracks_by_path(row, files, kinds))
        await trio.to_thread.run_sync(
            partial(encode_opus, outputs), abandon_on_cancel=True, limiter=self._encoders
        )
        files.made |= {kind: files.made_path(kind) for kind in kinds}

    async def _failed(self, artifact: Artifact, error: str, now: datetime) -> None:
        self._figures.failures += 1
        wait_s = backoff_s(artifact.attempts, self._rng, _FIRST_S, _MOST_S)
        _log.warning("artifact.failed", call_id=artifact.call_id, kind=artifact.kind.value, error=error)
        await self._book.failed(artifact, error, now + timedelta(seconds=wait_s))

    async def _settle(self, artifact: Artifact) -> None:
        if await self._book.settle(artifact):
            self._figures.stored += artifact.state is ArtifactState.STORED
            self._figures.lost += artifact.state is ArtifactState.LOST
            return
        known = {each.kind for each in await self._book.of_calls([artifact.call_id])}
        if artifact.kind not in known and self._store is not None:
            # The call was erased while this was on its way.
            await self._in_thread(partial(self._store.delete, [artifact.key]))

    async def _tidy(self, files: CallFiles, known: Sequence[Artifact]) -> None:
        """Delete what is safe elsewhere. A call of which something is lost keeps what there is of it."""
        if any(each.state is ArtifactState.LOST for each in known):
            return
        if self._store is not None:
            await self._in_thread(lambda: _delete([*files.made.values(), *files.sources()]))
        elif files.format is ArtifactFormat.OPUS and known:
            recordings = [path for path in files.sources() if path != files.pcap]
            await self._in_thread(lambda: _delete(recordings))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await trio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._uploads)


def _with(artifact: Artifact, state: ArtifactState, digest: Digest, path: str | None) -> Artifact:
    return replace(artifact, state=state, size=digest.size, sha256=digest.sha256, path=path, last_error="")


def _delete(paths: Sequence[Path]) -> None:
    for path in paths:
        with suppress(FileNotFoundError):
            path.unlink()
