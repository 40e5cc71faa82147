"""The WebRTC VAD, called without the GIL through the symbols that the `_webrtcvad` module exports."""

from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

def bind_vad() -> None:
    """Bind the symbols, once per process, before the engine starts. Raises ImportError: what to install."""

class Vad:
    """One detector: its noise model belongs to one stream. Mode 0 (gentle) to 3 (harsh), else ValueError."""

    def __init__(self, mode: int) -> None: ...
    def is_speech(self, pcm: _Bytes, rate_hz: int) -> bool:
        """Whether a frame of 10, 20 or 30 ms (S16LE mono, 8, 16, 32 or 48 kHz) is voiced; else ValueError."""
