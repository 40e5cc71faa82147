"""`GET /call/:id/{stereo,mono,customer,assistant}-recording`, `/recording` and `/call-logs`."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import trio
from quart import Blueprint, Response, request

from aywa.artifacts.call_logs import encode_logs
from aywa.artifacts.expected import tracks_for
from aywa.artifacts.tracks import TracksFile
from aywa.artifacts.wav import RecordingError
from aywa.errors import RequestError
from aywa.ports.artifacts import Artifact, ArtifactFormat, ArtifactKind, ArtifactState
from aywa.ports.store import CallRow, CallStatus
from aywa_server.artifact_answer import (
    bytes_answer,
    file_answer,
    not_finished,
    not_there,
    settled_answer,
    tracks_answer,
)
from aywa_server.parts import Parts
from aywa_server.routes.calls import calls_of, find_call

CHOICES = ("stereo", "all")


def recording_routes(parts: Parts) -> Blueprint:
    """The routes; `?tracks=all` of `/recording` has each party on a channel of its own."""
    routes = Blueprint("recording", __name__)

    @routes.get("/call/<call_id>/stereo-recording")
    async def get_stereo(call_id: str) -> Response:
        return await _recording(parts, await find_call(parts, call_id), ArtifactKind.STEREO)

    @routes.get("/call/<call_id>/mono-recording")
    async def get_mono(call_id: str) -> Response:
        return await _recording(parts, await find_call(parts, call_id), ArtifactKind.MONO)

    @routes.get("/call/<call_id>/customer-recording")
    async def get_customer(call_id: str) -> Response:
        return await _recording(parts, await find_call(parts, call_id), ArtifactKind.CUSTOMER)

    @routes.get("/call/<call_id>/assistant-recording")
    async def get_assistant(call_id: str) -> Response:
        return await _recording(parts, await find_call(parts, call_id), ArtifactKind.ASSISTANT)

    @routes.get("/call/<call_id>/recording")
    async def get_recording(call_id: str) -> Response:
        wanted = request.args.get("tracks", CHOICES[0])
        if wanted not in CHOICES:
            raise RequestError(
                f"tracks must be one of {', '.join(CHOICES)}", code="invalid-field", field="tracks"
            )
        row = await find_call(parts, call_id)
        kind = ArtifactKind.TRACKS if wanted == "all" and has_tracks(row) else ArtifactKind.STEREO
        return await _recording(parts, row, kind)

    @routes.get("/call/<call_id>/call-logs")
    async def get_logs(call_id: str) -> Response:
        row = await find_call(parts, call_id)
        artifact = await artifact_of(parts, row, ArtifactKind.LOGS)
        return await settled_answer(parts.artifacts, artifact) or await _logs(parts, row)

    return routes


async def artifact_of(parts: Parts, row: CallRow, kind: ArtifactKind) -> Artifact | None:
    """What is written down of it; nothing is while a call is up."""
    if parts.artifacts is None or row.status is not CallStatus.ENDED or not _is_uuid(row.id):
        return None
    return (await parts.artifacts.of(row.org_id, row.id)).get(kind)


def has_tracks(row: CallRow) -> bool:
    """Whether there were more than two parties."""
    return row.recording_path is not None and len(tracks_for(ArtifactKind.TRACKS, row)) > 2


async def _recording(parts: Parts, row: CallRow, kind: ArtifactKind) -> Response:
    artifact = await artifact_of(parts, row, kind)
    return await settled_answer(parts.artifacts, artifact) or await _on_disk(row, kind, artifact)


async def _on_disk(row: CallRow, kind: ArtifactKind, artifact: Artifact | None) -> Response:
    """As WAV, also of a call that is up; what is to become Opus is WAV until then."""
    if row.recording_path is None:
        raise not_there(kind, "this call has no recording")
    if not await trio.Path(row.recording_path).is_file():
        if artifact is not None and artifact.state is ArtifactState.WAITING:
            raise not_finished(kind, f"it is on its way from {artifact.host}: ask again")
        raise not_there(kind, "this call has no recording: its file is gone, or on another host")
    if kind is ArtifactKind.STEREO:
        return await file_answer(Path(row.recording_path), row.id, kind, ArtifactFormat.WAV)
    try:
        file = await trio.to_thread.run_sync(TracksFile, tracks_for(kind, row))
    except RecordingError as error:
        raise not_there(kind, f"the tracks cannot be put together: {error.strerror}") from None
    return await tracks_answer(file, row.id, kind)


async def _logs(parts: Parts, row: CallRow) -> Response:
    if row.status is not CallStatus.ENDED:
        raise not_finished(ArtifactKind.LOGS, "the call is up: its timeline is at /call/:id/timeline")
    content = encode_logs(row, await calls_of(parts).timeline(row.id))
    return await bytes_answer(content, row.id, ArtifactKind.LOGS, ArtifactFormat.JSONL)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
