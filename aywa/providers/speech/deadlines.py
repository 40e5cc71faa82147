"""How long a voice may be silent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpeechDeadlines:
    """Seconds. `first_audio_s`: from the request to the first sample, the connection included; `gap_s`:
    between pieces. An error after them is what has another voice take over.
    """

    first_audio_s: float = 1.5
    gap_s: float = 1.5
