"""Formats that many tests use."""

from __future__ import annotations

from aywa.media.format import Codec, EventFormat, MediaFormat, PayloadFormat


def g711_format(payload_type: int, event_payload_type: int | None = None, ptime_ms: int = 20) -> MediaFormat:
    """PCMU (0) or PCMA (8) sent, both taken, and key presses under one payload type, or none."""
    both = (PayloadFormat(Codec.PCMU, 0), PayloadFormat(Codec.PCMA, 8))
    events = None if event_payload_type is None else EventFormat(event_payload_type)
    return MediaFormat(
        send=both[payload_type == both[1].payload_type],
        receive=both,
        events=events,
        receive_events=() if events is None else (events,),
        ptime_ms=ptime_ms,
    )
