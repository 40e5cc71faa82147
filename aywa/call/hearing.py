"""The call's ear: caller audio to the recogniser, transcripts back."""

from __future__ import annotations

from collections.abc import Callable

import trio

from aywa.call.timeline import Timeline
from aywa.errors import ProviderError
from aywa.ports.stt import Final, Partial, Transcriber, TranscriberSession, TranscriptEvent

REOPEN_AFTER_S = (0.2, 1.0, 3.0)  # a recogniser lost more often than this in a row is gone


class Hearing:
    """Feeds one recogniser session, and opens another when it is lost. No method but `serve` waits."""

    def __init__(
        self, transcriber: Transcriber, timeline: Timeline, heard: Callable[[TranscriptEvent], None]
    ) -> None:
        self._transcriber = transcriber
        self._timeline = timeline
        self._heard = heard
        self._session: TranscriberSession | None = None
        self._expected: tuple[str, ...] = ()

    def feed(self, pcm: bytes, end_sample: int) -> None:
        """Caller audio, 16 kHz S16LE mono, up to this timeline sample; dropped while no session is open."""
        if pcm and self._session is not None:
            self._session.feed_nowait(pcm, end_sample)

    def speech_started(self, sample: int) -> None:
        """Speech began at this timeline sample (8 kHz)."""
        if self._session is not None:
            self._session.speech_started(sample)

    def speech_stopped(self, sample: int) -> None:
        """Speech ended at this timeline sample (8 kHz)."""
        if self._session is not None:
            self._session.speech_stopped(sample)

    def expect(self, phrases: tuple[str, ...]) -> None:
        """What the dialogue expects next; a session opened later hears it too."""
        self._expected = phrases
        if self._session is not None:
            self._session.expect(phrases)

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Hear until cancelled; started when the first session is open.

        Raises ProviderError when the recogniser cannot be opened at first, or is lost for good.
        """
        losses = 0
        started = False
        while True:
            try:
                async with self._transcriber.open() as session:
                    self._session = session
                    if self._expected:
                        session.expect(self._expected)
                    if not started:
                        started = True
                        task_status.started()
                    async for event in session.events():
                        if isinstance(event, Final) and event.text:
                            losses = 0
                        self._report(event)
                raise ProviderError(
                    "The recogniser ended its session",
                    provider=self._transcriber.name,
                    stage="stt",
                    retryable=True,
                )
            except ProviderError as error:
                self._timeline.add(
                    "stt.failed", detail=error.detail, retryable=error.retryable, provider=error.provider
                )
                if not started or not error.retryable or losses >= len(REOPEN_AFTER_S):
                    raise
                await trio.sleep(REOPEN_AFTER_S[losses])
                losses += 1
            finally:
                self._session = None

    def _report(self, event: TranscriptEvent) -> None:
        match event:
            case Partial(text, confidence):
                self._timeline.add("stt.partial", text=text, confidence=confidence)
            case Final(text, confidence, start, stop):
                self._timeline.add(
                    "stt.final", text=text, confidence=confidence, start_sample=start, end_sample=stop
                )
        self._heard(event)
