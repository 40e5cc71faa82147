"""What all emulated voices share: who may speak, what was said, and how fast it comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import trio

from aywa.emulators.tones import Spoken, SpokenWord, speak


@dataclass(slots=True)
class VoiceSettings:
    """`keys`: those that are let in; empty: anybody who names one. `pace`: seconds of audio in a second, 0
    for as fast as can be. `frame_s`: of audio in one message. `voices`: those there are; empty: any.
    """

    keys: frozenset[str] = frozenset()
    pace: float = 0.0
    frame_s: float = 0.1
    voices: frozenset[str] = frozenset()
    delay_s: float = 0.0  # before the first audio of a phrase

    def lets_in(self, key: str) -> bool:
        """Whether a key is good."""
        return key in self.keys if self.keys else bool(key)

    def has(self, voice: str) -> bool:
        """Whether there is a voice of this name."""
        return not self.voices or voice in self.voices


@dataclass(slots=True)
class VoiceRecord:
    """What a voice was asked."""

    texts: list[str] = field(default_factory=list)  # as they were to be spoken, in the order they began
    cancelled: list[str] = field(default_factory=list)  # names of phrases that were stopped
    connections: int = 0
    most_at_once: int = 0  # contexts of one websocket


@dataclass(frozen=True, slots=True)
class Frame:
    """A piece of a phrase and the words that begin in it."""

    pcm: bytes
    words: tuple[SpokenWord, ...]
    start: int  # of its first sample, in the phrase


def frames_of(spoken: Spoken, rate_hz: int, frame_s: float) -> Iterator[Frame]:
    """A phrase in pieces."""
    size = max(2, 2 * round(rate_hz * frame_s))
    for start in range(0, len(spoken.pcm), size):
        first, last = start // 2, (start + size) // 2
        words = tuple(word for word in spoken.words if first <= word.start < last)
        yield Frame(spoken.pcm[start : start + size], words, first)


async def paced(spoken: Spoken, rate_hz: int, settings: VoiceSettings) -> list[Frame]:
    """A phrase's frames, after its delay."""
    if settings.delay_s:
        await trio.sleep(settings.delay_s)
    return list(frames_of(spoken, rate_hz, settings.frame_s))


async def wait_for(frame: Frame, rate_hz: int, settings: VoiceSettings) -> None:
    """As long as the frame plays, at the pace that was set."""
    if settings.pace > 0:
        await trio.sleep(len(frame.pcm) / 2 / rate_hz / settings.pace)
    else:
        await trio.lowlevel.checkpoint()


__all__ = ["Frame", "Spoken", "SpokenWord", "VoiceRecord", "VoiceSettings", "paced", "speak", "wait_for"]
