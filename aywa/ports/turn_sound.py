"""A model that hears whether a caller is done: the sound of what he said, in, a probability out."""

from __future__ import annotations

from typing import Protocol

RATE_HZ = 16_000  # of what callers are heard with; a model of another rate is refused when it is loaded


class TurnSoundModel(Protocol):
    """For all calls of a process."""

    name: str
    seconds: float  # of audio that it hears, at most: the last ones

    async def complete(self, pcm: bytes) -> float:
        """Probability (0..1) that the turn is over which ends with this audio: S16LE mono at 16 kHz.

        Runs beside the event loop. Raises `ProviderError` when the model fails or is asked too much at once.
        """
