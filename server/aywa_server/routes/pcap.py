"""`GET /call/:id/pcap`: what was on the wire of a call."""

from __future__ import annotations

from pathlib import Path

import trio
from quart import Blueprint, Response

from aywa.artifacts.pcap import PCAP_TYPE
from aywa.ports.artifacts import ArtifactFormat, ArtifactKind
from aywa.ports.store import CallRow, CallStatus
from aywa_server.artifact_answer import file_answer, not_finished, not_there, settled_answer
from aywa_server.parts import Parts
from aywa_server.routes.calls import find_call
from aywa_server.routes.recording import artifact_of


def pcap_routes(parts: Parts) -> Blueprint:
    """The route: a live call's packets up to now, an ended call's file."""
    routes = Blueprint("pcap", __name__)

    @routes.get("/call/<call_id>/pcap")
    async def get_pcap(call_id: str) -> Response:
        row = await find_call(parts, call_id)
        response: Response
        if row.status is not CallStatus.ENDED and (packets := await parts.calls.pcap(row.id)) is not None:
            response = Response(packets, mimetype=PCAP_TYPE)
            response.headers["Content-Disposition"] = f'attachment; filename="{row.id}.pcap"'
            return response
        artifact = await artifact_of(parts, row, ArtifactKind.PCAP)
        stored = await settled_answer(parts.artifacts, artifact)
        if stored is not None:
            return stored
        if row.pcap_path is None or not await trio.Path(row.pcap_path).is_file():
            if artifact is not None:
                raise not_finished(ArtifactKind.PCAP, f"it is on its way from {artifact.host}: ask again")
            raise not_there(ArtifactKind.PCAP, _why_no_pcap(row))
        return await file_answer(Path(row.pcap_path), row.id, ArtifactKind.PCAP, ArtifactFormat.PCAP)

    return routes


def _why_no_pcap(row: CallRow) -> str:
    if row.status is CallStatus.ENDED:
        return "no packets of this call were written: it was not captured, or nothing went wrong in it"
    return "no packets of this call are kept in this worker: send the control command capture"
