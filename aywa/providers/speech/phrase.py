"""One phrase on its way from a connection to whoever plays it."""

from __future__ import annotations

from math import inf

import trio

from aywa.errors import ProviderError, ProviderFault
from aywa.ports.tts import TTS_SAMPLE_RATE_HZ, SpeechChunk, WordMark
from aywa.providers.speech.deadlines import SpeechDeadlines
from aywa.providers.speech.faults import voice_error
from aywa.providers.speech.pcm import SpeechEdge

MAX_BYTES = 2 * TTS_SAMPLE_RATE_HZ * 600  # ten minutes that nobody has taken yet


class Phrase:
    """Filled by the connection's task, emptied by one listener, who gets all there is at a time.

    Whoever fills it looks after its deadline, by `due` and `check`: a timeout around each wait would cost a
    fifth of what a piece of audio costs in all.
    """

    def __init__(self, provider: str, edge: SpeechEdge, deadlines: SpeechDeadlines) -> None:
        self.provider = provider
        self.spoke = False  # some of it has come
        self.over = False  # nothing more will come
        self._edge = edge
        self._deadlines = deadlines
        self.due = trio.current_time() + deadlines.first_audio_s  # by when something must have come
        self._pcm = bytearray()
        self._words: list[WordMark] = []
        self._error: ProviderError | None = None
        self._news = trio.Event()

    def add(self, data: bytes) -> None:
        """Audio as it came."""
        if self.over:
            return
        try:
            self._pcm += self._edge.add(data)
        except ProviderError as error:
            self.fail(error)
            return
        if not self._pcm:
            return
        self.spoke = True
        self.due = trio.current_time() + self._deadlines.gap_s
        self._news.set()
        if len(self._pcm) > MAX_BYTES:
            self.fail(voice_error(self.provider, "The voice does not come to an end", ProviderFault.PROTOCOL))

    def mark(self, words: tuple[tuple[str, float], ...]) -> None:
        """Words, with the seconds at which they begin."""
        for word, at_s in words:
            if 0 <= at_s < 3600:
                self._words.append(WordMark(word, round(at_s * TTS_SAMPLE_RATE_HZ)))

    def end(self) -> None:
        """All of it has come."""
        if self.over:
            return
        try:
            self._pcm += self._edge.finish()
        except ProviderError as error:
            self.fail(error)
            return
        self.spoke = self.spoke or bool(self._pcm)
        if not self.spoke:
            self._error = voice_error(self.provider, "The voice gave no sound", ProviderFault.PROTOCOL)
        self._finish()

    def fail(self, error: ProviderError) -> None:
        """Nothing more will come. What has come is given out first."""
        if not self.over:
            self._error = error
            self._finish()

    def check(self, now: float) -> None:
        """Fail it when it has been silent for too long."""
        if now >= self.due:
            said = "The voice fell silent" if self.spoke else "The voice does not begin to speak"
            self.fail(voice_error(self.provider, said, ProviderFault.TIMEOUT))

    async def next(self) -> SpeechChunk | None:
        """All that has come since; None at the end. Raises ProviderError, for silence too."""
        while not self._pcm and not self.over:
            await self._news.wait()
        if self._pcm or (self._words and self._error is None):
            await trio.lowlevel.checkpoint_if_cancelled()
            chunk = SpeechChunk(bytes(self._pcm), tuple(self._words))
            self._pcm.clear()
            self._words.clear()
            if not self.over:
                self._news = trio.Event()
            return chunk
        if self._error is not None:
            raise self._error
        return None

    def _finish(self) -> None:
        self.over = True
        self.due = inf
        self._news.set()
