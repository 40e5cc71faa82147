"""Confirmed speech, as the engine's uplink runs it."""

from typing import Literal

class SpeechMonitor:
    """Finds where speech starts and stops in 8 kHz audio."""

    def __init__(self, mode: int, start_ms: int = 34, stop_ms: int = 400) -> None:
        """`mode`: the WebRTC VAD's, 0..3. `start_ms`: sound within the last 60 ms that confirms speech."""
    def receive(self, pcm: bytes, position: int) -> tuple[Literal["started", "stopped"], int] | None:
        """One frame of 160 samples S16LE whose first sample is at `position`: what it confirmed, and since
        when.
        """
