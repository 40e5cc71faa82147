"""The tracks of a call: which parties it had, and what of which leg's recording is whose."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aywa.artifacts.tracks import Part, Side, Track
from aywa.ports.store import CallRow

# What is heard on the caller's leg behind the moment he is taken back: music fades out, the room lets go.
_AWAY_TAIL_MS = 60


def tracks_of(row: CallRow) -> tuple[Track, ...]:
    """Caller, assistant, and a colleague for each transfer that was recorded, in their order; none without a
    recording.

    The assistant's is what was sent to the caller while he was with it, and what it said to the colleagues:
    music on hold, and what a colleague says to the caller, are not the assistant.
    """
    if row.recording_path is None:
        return ()
    own = Path(row.recording_path)
    away = tuple(span for transfer in row.transfers if (span := _away(transfer)) is not None)
    assistant = [Part(own, Side.SENT, without=away)]
    colleagues: list[Track] = []
    for transfer in row.transfers:
        path, offset_ms = transfer.get("recordingPath"), transfer.get("recordingOffsetMs")
        if isinstance(path, str) and isinstance(offset_ms, int):
            name = f"colleague-{len(colleagues) + 1}" if colleagues else "colleague"
            colleagues.append(Track(name, (Part(Path(path), Side.HEARD, offset_ms),)))
            assistant.append(Part(Path(path), Side.SENT, offset_ms))
    caller = Track("caller", (Part(own, Side.HEARD),))
    return (caller, Track("assistant", tuple(assistant)), *colleagues)


def _away(transfer: Mapping[str, object]) -> tuple[int, int | None] | None:
    since_ms, until_ms = transfer.get("awayFromMs"), transfer.get("awayToMs")
    if not isinstance(since_ms, int):
        return None
    return since_ms, until_ms + _AWAY_TAIL_MS if isinstance(until_ms, int) else None
