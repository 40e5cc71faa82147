"""What a transfer may know of its call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aywa.call.timeline import Timeline
from aywa.ports.store import TranscriptLine


@dataclass(frozen=True, slots=True)
class LiveView:
    """Its timeline, and what was said and settled up to now."""

    timeline: Timeline
    lines: Callable[[], Sequence[TranscriptLine]]
    slots: Callable[[], Mapping[str, object]]
    now: Callable[[], datetime]  # aware UTC
