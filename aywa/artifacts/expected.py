"""Which artifacts a call is expected to leave, and what each is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from aywa.artifacts.call_files import CallFiles
from aywa.artifacts.call_tracks import tracks_of
from aywa.artifacts.tracks import Part, Side, Track, TracksFile
from aywa.ports.artifacts import Artifact, ArtifactFormat, ArtifactKind, ArtifactState
from aywa.ports.store import CallRow

PARTIES = (ArtifactKind.STEREO, ArtifactKind.MONO, ArtifactKind.CUSTOMER, ArtifactKind.ASSISTANT)
_PIECE_BYTES = 1 << 20


def expected_of(row: CallRow, files: CallFiles, host: str, now: datetime, *, stays: bool) -> list[Artifact]:
    """What is to be made of a call that is over and stored, or, where artifacts stay, made only."""
    kinds: list[tuple[ArtifactKind, ArtifactFormat]] = []
    if files.recording is not None and not (stays and files.format is ArtifactFormat.WAV):
        kinds += [(kind, files.format) for kind in PARTIES]
        if len(tracks_of(_with(row, files))) > len(Side):
            kinds.append((ArtifactKind.TRACKS, files.format))
    if not stays:
        if files.pcap is not None:
            kinds.append((ArtifactKind.PCAP, ArtifactFormat.PCAP))
        kinds.append((ArtifactKind.LOGS, ArtifactFormat.JSONL))
    return [
        Artifact(row.org_id, row.id, kind, format, ArtifactState.WAITING, host, now, now)
        for kind, format in kinds
    ]


def tracks_for(kind: ArtifactKind, row: CallRow) -> tuple[Track, ...]:
    """The channels of a recording, made of the legs' files. The row has the recording's path."""
    assert row.recording_path is not None
    own = Path(row.recording_path)
    heard, sent = Part(own, Side.HEARD), Part(own, Side.SENT)
    parties = tracks_of(row)
    match kind:
        case ArtifactKind.STEREO:
            return (Track("caller", (heard,)), Track("sent", (sent,)))
        case ArtifactKind.MONO:
            return (Track("both", (heard, sent)),)
        case ArtifactKind.CUSTOMER:
            return (parties[0],)
        case ArtifactKind.ASSISTANT:
            return (parties[1],)
        case ArtifactKind.TRACKS:
            return parties
        case _:
            raise ValueError(f"{kind.value} has no tracks")


def tracks_by_path(
    row: CallRow, files: CallFiles, kinds: list[ArtifactKind]
) -> dict[Path, tuple[Track, ...]]:
    """What to encode into which file."""
    return {files.made_path(kind): tracks_for(kind, _with(row, files)) for kind in kinds}


def wav_pieces(kind: ArtifactKind, row: CallRow, files: CallFiles) -> Iterator[bytes]:
    """A recording as WAV. Raises RecordingError."""
    with TracksFile(tracks_for(kind, _with(row, files))) as file:
        for begin in range(0, file.size, _PIECE_BYTES):
            yield file.read(begin, begin + _PIECE_BYTES)


def file_pieces(path: Path) -> Iterator[bytes]:
    """A file as it is. Raises OSError."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _with(row: CallRow, files: CallFiles) -> CallRow:
    """The row with the recordings that were found: a process that was killed may not have written where its
    own is, and what a colleague's disk refused is missed by nobody else.
    """
    if files.recording is None:
        return row
    found = {str(path) for path in files.colleagues}
    transfers = tuple(
        transfer if transfer.get("recordingPath") in found else {**transfer, "recordingPath": None}
        for transfer in row.transfers
    )
    return replace(row, recording_path=str(files.recording), transfers=transfers)
