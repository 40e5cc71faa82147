"""A call's timeline as a file: one JSON object a line, the oldest first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

from aywa.model.base import iso_ms
from aywa.ports.store import CallRow, TimelineEntry


def encode_logs(row: CallRow, entries: Sequence[TimelineEntry]) -> bytes:
    """UTF-8; `time` is of the wall, `atMs` since the call was created."""
    return b"".join(
        json.dumps(
            {
                "callId": entry.call_id,
                "seq": entry.seq,
                "time": iso_ms(row.created_at + timedelta(milliseconds=entry.at_ms)),
                "atMs": entry.at_ms,
                "kind": entry.kind,
                "data": dict(entry.data),
            },
            ensure_ascii=False,
            default=str,
        ).encode("utf-8", "replace")
        + b"\n"
        for entry in entries
    )
