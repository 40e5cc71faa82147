"""`GET /call/:id/stereo-recording` and `GET /call/:id/recording`: a call's audio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType

import trio
from quart import Blueprint, Response, request, send_file
from quart.wrappers.response import ResponseBody
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from aywa.artifacts.call_tracks import tracks_of
from aywa.artifacts.tracks import Track, TracksFile
from aywa.artifacts.wav import RecordingError
from aywa.errors import RequestError
from aywa.ports.store import CallRow
from aywa_server.parts import Parts
from aywa_server.routes.calls import find_call

WAV_TYPE = "audio/wav"
CHOICES = ("stereo", "all")
_PIECE_BYTES = 1 << 17  # read, mixed and sent at a time


def recording_routes(parts: Parts) -> Blueprint:
    """Both routes; `?tracks=all` has each party on a channel of its own."""
    routes = Blueprint("recording", __name__)

    @routes.get("/call/<call_id>/stereo-recording")
    async def get_stereo(call_id: str) -> Response:
        return await _stereo(await find_call(parts, call_id))

    @routes.get("/call/<call_id>/recording")
    async def get_recording(call_id: str) -> Response:
        wanted = request.args.get("tracks", CHOICES[0])
        if wanted not in CHOICES:
            raise RequestError(
                f"tracks must be one of {', '.join(CHOICES)}", code="invalid-field", field="tracks"
            )
        row = await find_call(parts, call_id)
        tracks = tracks_of(row) if wanted == "all" else ()
        return await _all(row, tracks) if len(tracks) > 2 else await _stereo(row)

    return routes


async def _stereo(row: CallRow) -> Response:
    if row.recording_path is None or not await trio.Path(row.recording_path).is_file():
        raise _not_found("this call has no recording")
    response: Response = await send_file(
        Path(row.recording_path),
        mimetype=WAV_TYPE,
        as_attachment=True,
        attachment_filename=f"{row.id}.wav",
        conditional=True,  # players ask for ranges
        cache_timeout=0,  # it grows while the call is up
    )
    return response


async def _all(row: CallRow, tracks: tuple[Track, ...]) -> Response:
    try:
        file = await trio.to_thread.run_sync(TracksFile, tracks)
    except RecordingError as error:
        raise _not_found(f"the tracks cannot be put together: {error.strerror}") from None
    response = Response(_TracksBody(file), mimetype=WAV_TYPE)
    response.content_length = file.size
    response.headers["Content-Disposition"] = f'attachment; filename="{row.id}-tracks.wav"'
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "no-cache"
    return await response.make_conditional(request, accept_ranges=True, complete_length=file.size)


class _TracksBody(ResponseBody):
    """Streams a range of the file, piece by piece."""

    def __init__(self, file: TracksFile) -> None:
        self._file = file
        self.begin, self.end = 0, file.size

    async def __aenter__(self) -> AsyncIterator[bytes]:
        await trio.to_thread.run_sync(self._file.__enter__)
        return self._pieces()

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, value, trace)

    async def make_conditional(self, begin: int, end: int | None) -> int:
        """Only this range, as Quart asks for it; a negative `begin` counts from the end."""
        size = self._file.size
        begin = max(0, size + begin) if begin < 0 else begin
        end = size if end is None else min(end, size)
        if begin >= end:
            raise RequestedRangeNotSatisfiable(size)
        self.begin, self.end = begin, end
        return size

    async def _pieces(self) -> AsyncIterator[bytes]:
        for at in range(self.begin, self.end, _PIECE_BYTES):
            upto = min(at + _PIECE_BYTES, self.end)
            yield await trio.to_thread.run_sync(self._file.read, at, upto)


def _not_found(detail: str) -> RequestError:
    return RequestError(detail, http_status=404, code="recording-not-found")
