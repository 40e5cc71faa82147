"""A recogniser process without a process."""

from __future__ import annotations

from collections.abc import Sequence


class FakeProcess:
    """Keeps what it is told of each utterance."""

    lost = False
    crowded = False
    busy = 0

    def __init__(self) -> None:
        self.heard: dict[int, bytes] = {}
        self.ended: list[int] = []
        self.told_crowded = 0

    def begin(self, utterance: int, phrases: Sequence[str], gain: float, answer: object) -> None:
        self.heard[utterance] = b""

    def feed(self, utterance: int, pcm: bytes) -> None:
        self.heard[utterance] += pcm

    def end(self, utterance: int) -> None:
        self.ended.append(utterance)

    def abandon(self, utterance: int) -> None:
        self.ended.append(utterance)

    def tell_crowded(self) -> None:
        self.told_crowded += 1
