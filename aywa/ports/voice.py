"""The second tier of voice detection: a neural judge of what the engine's detector took for speech."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class VoiceWindow:
    """A stretch of caller audio and how likely a voice is in it.

    `end_sample`: uplink position (samples of 8 kHz) after its last sample; `duration_s` of the stretch;
    `probability` 0..1.
    """

    end_sample: int
    duration_s: float
    probability: float


VoiceListener: TypeAlias = Callable[[VoiceWindow], None]


class VoiceSession(Protocol):
    """One caller's judge. No method blocks; what arrives between speech is kept as a short pre-roll only."""

    def feed_nowait(self, pcm: bytes, end_sample: int) -> None:
        """Take caller audio: S16LE mono at 16 kHz, in order; `end_sample` as in `VoiceWindow`."""

    def speech_started(self, at_sample: int) -> None:
        """The engine confirmed speech that began here: judge from here on."""

    def speech_stopped(self, at_sample: int) -> None:
        """The engine saw its end: judge no more."""


class VoiceJudge(Protocol):
    """Judges for all calls of a process."""

    name: str

    def open(self, heard: VoiceListener) -> AbstractContextManager[VoiceSession]:
        """A session; `heard` is called from the event loop, once per window, in order."""
