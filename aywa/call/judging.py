"""The call's second ear: is there a voice in what the engine took for speech?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aywa.call.timeline import Timeline
from aywa.ports.voice import VoiceJudge, VoiceSession, VoiceWindow
from aywa.turn.doubt import Doubt
from aywa.turn.events import SpeechDoubted
from aywa.turn.settings import TurnSettings


class Judging:
    """Feeds one session of the judge; without a judge it does nothing."""

    def __init__(
        self, settings: TurnSettings, timeline: Timeline, receive: Callable[[SpeechDoubted], None]
    ) -> None:
        self._doubt = Doubt(settings)
        self._timeline = timeline
        self._receive = receive
        self._session: VoiceSession | None = None
        self._onset = 0

    @contextmanager
    def open(self, judge: VoiceJudge | None) -> Iterator[None]:
        """Judge for as long as the block runs."""
        if judge is None:
            yield
            return
        with judge.open(self._judged) as session:
            self._session = session
            try:
                yield
            finally:
                self._session = None

    def feed(self, pcm: bytes, end_sample: int) -> None:
        """Caller audio, 16 kHz S16LE mono, up to this timeline sample."""
        if self._session is not None:
            self._session.feed_nowait(pcm, end_sample)

    def speech_started(self, sample: int) -> None:
        """The engine confirmed speech that began at this timeline sample (8 kHz)."""
        self._onset = sample
        if self._session is not None:
            self._doubt.speech_started(sample)
            self._session.speech_started(sample)

    def speech_stopped(self, sample: int) -> None:
        """Speech ended at this timeline sample (8 kHz)."""
        if self._session is not None:
            self._doubt.speech_stopped()
            self._session.speech_stopped(sample)

    def _judged(self, window: VoiceWindow) -> None:
        highest = self._doubt.judged(window.end_sample, window.duration_s, window.probability)
        if highest is not None:
            self._timeline.add("voice.doubted", sample=self._onset, probability=round(highest, 3))
            self._receive(SpeechDoubted(self._onset, highest))
