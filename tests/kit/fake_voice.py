"""A voice judge whose verdicts the test speaks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aywa.ports.voice import VoiceListener, VoiceWindow


class FakeVoiceJudge:
    """One call's judge at a time."""

    name = "fake"

    def __init__(self) -> None:
        self.heard: VoiceListener | None = None
        self.fed = 0
        self.stretches: list[tuple[str, int]] = []

    @contextmanager
    def open(self, heard: VoiceListener) -> Iterator[FakeVoiceJudge]:
        """The session is the judge itself."""
        self.heard = heard
        try:
            yield self
        finally:
            self.heard = None

    def feed_nowait(self, pcm: bytes, end_sample: int) -> None:
        self.fed += len(pcm)

    def speech_started(self, at_sample: int) -> None:
        self.stretches.append(("started", at_sample))

    def speech_stopped(self, at_sample: int) -> None:
        self.stretches.append(("stopped", at_sample))

    def judges(self, probability: float, *, windows: int = 10) -> None:
        """Verdicts on the present stretch."""
        assert self.heard is not None
        start = self.stretches[-1][1]
        for number in range(windows):
            self.heard(VoiceWindow(start + 256 * (number + 1), 0.032, probability))
