"""Loops behind the speech of a leg. PCM: S16LE mono at the leg's rate."""

from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

class NativeClip:
    """Audio to play in a loop. A leg keeps every clip it was given for as long as it lives."""

    def __init__(self, pcm: bytes) -> None:
        """Raises ValueError for less than a sample or half a one."""

class BackgroundMixer:
    """What the engine does with a leg's clip, for tests."""

    def play(self, clip: NativeClip | None) -> None:
        """Fade this clip in, after the one before has faded out; None: only fade out."""

    def add(self, pcm: _Bytes, quiet: bool = False) -> bytes:
        """The frame with the clip behind it; `quiet`: 15 dB lower. Raises ValueError for half a sample."""
