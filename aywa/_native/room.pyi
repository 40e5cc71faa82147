"""Legs that hear one another, mixed on a clock of 10 ms. PCM: S16LE mono at the member's leg's rate."""

from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

class NativeMember:
    """One leg's place in a room: 27 KiB. Kept until the engine has let go of it."""

    def __init__(self, rate: int) -> None:
        """`rate` of the leg: 8000 or 16000 samples a second, else ValueError; MemoryError without memory."""
    def hear(self, voices: int, assistants: int) -> None:
        """Bit i of `voices`: it hears what comes from member i; of `assistants`: what the assistant says to
        member i. Its own bits count for nothing: its leg sends it its own assistant anyway.
        """
    def silence(self, silenced: bool) -> None:
        """Nobody hears what comes from it."""
    @property
    def concealed(self) -> int:
        """Samples that had not come when they were to be mixed and were made up."""
    @property
    def present(self) -> bool:
        """The engine mixes it."""

class NativeRoom:
    """Up to eight members. Seating and mixing by hand is for tests; an attached room is the engine's."""

    def __init__(self, rate: int) -> None:
        """`rate` of the mix: 8000 or 16000 samples a second, else ValueError."""
    @property
    def attached(self) -> bool:
        """The engine mixes it."""
    def seat(self, index: int, member: NativeMember | None) -> None:
        """Put a member on place 0..7 or clear it. IndexError, or RuntimeError while attached."""
    def voice(self, index: int, position: int, pcm: _Bytes, arrival: int) -> None:
        """Audio that came from a member; `position` and `arrival` in samples of 8 kHz."""
    def assistant(self, index: int, pcm: _Bytes) -> None:
        """Audio that its own leg sent to a member, at most 64 ms."""
    def tick(self) -> None:
        """Mix 10 ms."""
    def take(self, index: int, n: int) -> bytes | None:
        """The next `n` samples a member hears; None before there are as many."""
