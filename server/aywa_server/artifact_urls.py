"""URLs of the artifact store's own, beside those of the API."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from aywa.model.call import Artifact as ArtifactModel
from aywa.ports.artifacts import ArtifactFormat, ArtifactKind, ArtifactState
from aywa.ports.store import CallRow, CallStatus
from aywa_server.artifact_desk import ArtifactDesk

_FIELDS = {
    ArtifactKind.MONO: "presigned_recording_url",
    ArtifactKind.STEREO: "presigned_stereo_recording_url",
    ArtifactKind.CUSTOMER: "presigned_customer_recording_url",
    ArtifactKind.ASSISTANT: "presigned_assistant_recording_url",
    ArtifactKind.PCAP: "presigned_pcap_url",
    ArtifactKind.LOGS: "presigned_log_url",
}


def without_paths(shown: ArtifactModel, desk: ArtifactDesk | None, row: CallRow) -> ArtifactModel:
    """For a list, which does not ask where each file is: a path that may lead nowhere is not shown."""
    if desk is None or row.status is not CallStatus.ENDED:
        return shown
    becomes_another = (shown.recording_path or "").endswith(f".{ArtifactFormat.OPUS.value}.wav")
    if desk.moves or becomes_another:
        return shown.model_copy(update={"recording_path": None, "pcap_path": None})
    return shown


async def with_signed_urls(shown: ArtifactModel, desk: ArtifactDesk | None, row: CallRow) -> ArtifactModel:
    """With them, where the store has the files and can sign; and without paths that lead nowhere any more."""
    if desk is None or row.status is not CallStatus.ENDED:
        return shown
    known = await desk.of(row.org_id, str(UUID(row.id)))
    signed, until = await desk.signed(known)
    update: dict[str, object] = {_FIELDS[kind]: url for kind, url in signed.items() if kind in _FIELDS}
    if until is not None:
        update["presigned_urls_expires_at"] = until
    for kind, field in ((ArtifactKind.STEREO, "recording_path"), (ArtifactKind.PCAP, "pcap_path")):
        artifact = known.get(kind)
        if artifact is not None and artifact.state is not ArtifactState.WAITING:
            update[field] = None if artifact.path is None else str(Path(artifact.path))
    return shown.model_copy(update=update)
