"""Artifacts as answers: files, objects of the store, and recordings put together as they are read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType

import trio
from quart import Response, redirect, request, send_file
from quart.wrappers.response import ResponseBody
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from aywa.artifacts.tracks import TracksFile
from aywa.errors import RequestError
from aywa.ports.artifacts import Artifact, ArtifactFormat, ArtifactKind, ArtifactState
from aywa_server.artifact_desk import ANSWER_S, PIECE_S, ArtifactDesk

_PIECE_BYTES = 1 << 17  # mixed, and sent, at a time
_OBJECT_BYTES = 1 << 20  # read of an object at a time


async def settled_answer(desk: ArtifactDesk | None, artifact: Artifact | None) -> Response | None:
    """What has been stored, or is kept finished; None: whatever lies on the disk is to be looked at.

    Raises RequestError (404) for what is lost, ArtifactStoreError when the store does not answer.
    """
    if artifact is None or desk is None or artifact.state is ArtifactState.WAITING:
        return None
    if artifact.state is ArtifactState.LOST:
        raise not_there(artifact.kind, f"it is lost: {artifact.last_error}")
    if artifact.state is ArtifactState.STORED:
        return await _stored(desk, artifact)
    if artifact.path is None or not await trio.Path(artifact.path).is_file():
        raise not_there(artifact.kind, "its file is gone, or on another host")
    return await file_answer(Path(artifact.path), artifact.call_id, artifact.kind, artifact.format)


async def file_answer(path: Path, call_id: str, kind: ArtifactKind, format: ArtifactFormat) -> Response:
    """A file, whole or a range of it."""
    response: Response = await send_file(
        path,
        mimetype=format.content_type,
        as_attachment=True,
        attachment_filename=download_name(call_id, kind, format),
        conditional=True,  # players ask for ranges
        cache_timeout=0,  # it grows while the call is up
    )
    return response


async def tracks_answer(file: TracksFile, call_id: str, kind: ArtifactKind) -> Response:
    """A recording that is on no disk as it is."""
    response = Response(_TracksBody(file), mimetype=ArtifactFormat.WAV.content_type)
    response.headers["Cache-Control"] = "no-cache"
    return await _ranged(response, file.size, download_name(call_id, kind, ArtifactFormat.WAV))


async def bytes_answer(content: bytes, call_id: str, kind: ArtifactKind, format: ArtifactFormat) -> Response:
    """Something small."""
    response = Response(content, mimetype=format.content_type)
    await response.add_etag()
    return await _ranged(response, len(content), download_name(call_id, kind, format))


def download_name(call_id: str, kind: ArtifactKind, format: ArtifactFormat) -> str:
    """What a browser calls it."""
    match kind:
        case ArtifactKind.STEREO | ArtifactKind.PCAP:
            return f"{call_id}.{format.value}"
        case ArtifactKind.TRACKS:
            return f"{call_id}-tracks.{format.value}"
        case _:
            return f"{call_id}-{kind.value.removesuffix('-recording')}.{format.value}"


def not_there(kind: ArtifactKind, why: str) -> RequestError:
    """404."""
    noun = "recording" if kind.is_recording else kind.value
    return RequestError(why, http_status=404, code=f"{noun}-not-found")


def not_finished(kind: ArtifactKind, why: str) -> RequestError:
    """409: it is going to be there."""
    return RequestError(why, http_status=409, code="artifact-not-finished")


async def _stored(desk: ArtifactDesk, artifact: Artifact) -> Response:
    url = await desk.redirect(artifact)
    if url is not None:
        found = redirect(url, 302)
        found.headers["Cache-Control"] = "no-store"
        assert isinstance(found, Response)
        return found
    assert artifact.size is not None
    body = _ObjectBody(desk, artifact)
    response = Response(body, mimetype=artifact.format.content_type)
    response.set_etag(artifact.sha256 or "")
    name = download_name(artifact.call_id, artifact.kind, artifact.format)
    ranged = await _ranged(response, artifact.size, name)
    if ranged.status_code in (200, 206):
        try:
            await body.begin_with_first()
        except FileNotFoundError:
            raise not_there(artifact.kind, "the artifact store does not have it any more") from None
    return ranged


async def _ranged(response: Response, size: int, name: str) -> Response:
    response.content_length = size
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Accept-Ranges"] = "bytes"
    return await response.make_conditional(request, accept_ranges=True, complete_length=size)


class _Ranged(ResponseBody):
    """A body of a known size of which a range may be asked for."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.begin, self.end = 0, size

    async def make_conditional(self, begin: int, end: int | None) -> int:
        """Only this range, as Quart asks for it; a negative `begin` counts from the end."""
        begin = max(0, self._size + begin) if begin < 0 else begin
        end = self._size if end is None else min(end, self._size)
        if begin >= end:
            raise RequestedRangeNotSatisfiable(self._size)
        self.begin, self.end = begin, end
        return self._size

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        """It is over, however."""


class _TracksBody(_Ranged):
    """Streams a recording, piece by piece."""

    def __init__(self, file: TracksFile) -> None:
        super().__init__(file.size)
        self._file = file

    def _close(self) -> None:
        self._file.__exit__(None, None, None)

    async def __aenter__(self) -> AsyncIterator[bytes]:
        await trio.to_thread.run_sync(self._file.__enter__)
        return self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        for at in range(self.begin, self.end, _PIECE_BYTES):
            upto = min(at + _PIECE_BYTES, self.end)
            yield await trio.to_thread.run_sync(self._file.read, at, upto)


class _ObjectBody(_Ranged):
    """Streams an object of the store. Its first piece is read before the answer begins."""

    def __init__(self, desk: ArtifactDesk, artifact: Artifact) -> None:
        super().__init__(artifact.size or 0)
        self._desk = desk
        self._artifact = artifact
        self._first = b""

    async def begin_with_first(self) -> None:
        """Raises what a status can still tell."""
        self._first = await self._read(self.begin, ANSWER_S)

    async def __aenter__(self) -> AsyncIterator[bytes]:
        await trio.lowlevel.checkpoint()
        return self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        piece, at = self._first, self.begin
        while piece:
            yield piece
            at += len(piece)
            piece = await self._read(at, PIECE_S)

    async def _read(self, at: int, bound_s: float) -> bytes:
        end = min(at + _OBJECT_BYTES, self.end)
        return await self._desk.read(self._artifact, at, end, bound_s) if at < end else b""
