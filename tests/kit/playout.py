"""A source, a network that delays and a playout clock around the jitter buffer (8 kHz, no real time)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import numpy as np
import numpy.typing as npt

from aywa._native.jitter import JitterBuffer

Samples = npt.NDArray[np.int16]


@dataclass(slots=True)
class Played:
    """What came out, and what was in the buffer after each pull."""

    pcm: Samples
    real: list[int] = field(default_factory=list)
    buffered: list[int] = field(default_factory=list)
    counters: tuple[int, ...] = ()  # the buffer's at the end


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet on its way; its samples begin at `position` of the source."""

    position: int
    pcm: bytes
    arrival: int


def packets(
    pcm: Samples, lateness: Callable[[int], float], size: int = 160, rate: int = 8000, drift: float = 0.0
) -> list[Packet]:
    """The whole stream, in order: each arrives its lateness after the last sample was spoken; none overtakes.

    `drift` 0.01: the source's clock runs 1 % slow, so that its packets come 1 % farther apart.
    """
    scale, newest, sent = rate // 8000, 0, []
    for index in range(len(pcm) // (size * scale)):
        spoken = (index + 1) * size * (1 + drift)
        newest = max(newest, round(spoken + lateness(index)))
        part = pcm[index * size * scale : (index + 1) * size * scale]
        sent.append(Packet(index * size, part.tobytes(), newest))
    return sent


def play(sent: list[Packet], until: int, pull: int = 160, rate: int = 8000, phase: int = 1) -> Played:
    """Pull by the clock up to `until`; a packet that arrives at the time of a pull comes before it."""
    buffer, played = JitterBuffer(rate), Played(np.empty(0, np.int16))
    parts, at = [], 0
    for now in range(phase, until, pull):
        while at < len(sent) and sent[at].arrival <= now:
            buffer.push(sent[at].position, sent[at].pcm, sent[at].arrival)
            at += 1
        part, real = buffer.pull(pull * (rate // 8000))
        parts.append(part)
        played.real.append(real)
        played.buffered.append(buffer.buffered)
    played.pcm = np.frombuffer(b"".join(parts), np.int16)
    played.counters = buffer.counters
    return played


def uniform_jitter(milliseconds: float, rng: Random) -> Callable[[int], float]:
    """Lateness of 0 to `milliseconds`, each packet its own."""
    return lambda _: rng.uniform(0, milliseconds * 8)
