"""The call's ear: caller audio to the recogniser, transcripts back."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from math import inf

import trio

from aywa.call.timeline import Timeline
from aywa.errors import ProviderError
from aywa.ports.stt import (
    Final,
    Partial,
    SettlingTranscriber,
    Transcriber,
    TranscriberSession,
    TranscriptEvent,
)

FED_BYTES_PER_S = 32_000  # 16 kHz, 16 bits
REOPEN_AFTER_S = (0.2, 1.0, 3.0)  # a recogniser lost more often than this in a row is gone


class Ear(Enum):
    """Who hears the caller."""

    OPEN = "the call"
    ASIDE = "somebody who keeps nothing: no entry of a timeline, no turn"
    CLOSED = "nobody"


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
        self._settle_s = _settle_s(transcriber)
        self._stop: tuple[int, float] | None = None  # an end of speech and when it is told
        self._stopped = trio.Event()
        self._fed_bytes: dict[str, int] = {}
        self._ear = Ear.OPEN
        self._aside: Callable[[TranscriptEvent], None] = heard
        self._turning = trio.CancelScope()  # the session that is open
        self._turned = trio.Event()

    def fed_s(self) -> dict[str, float]:
        """Seconds of audio that recognisers were given, by their names."""
        return {name: fed / FED_BYTES_PER_S for name, fed in self._fed_bytes.items()}

    def change(self, transcriber: Transcriber) -> None:
        """Another recogniser hears from now on. What is being said is heard by neither whole."""
        if transcriber is self._transcriber:
            return
        self._transcriber, self._settle_s = transcriber, _settle_s(transcriber)
        self._session = self._stop = None
        self._turning.cancel()
        self._turned.set()

    def turn(self, ear: Ear, aside: Callable[[TranscriptEvent], None] | None = None) -> None:
        """From now on this ear hears, `aside` what ASIDE means. What was being said is heard by neither: a
        session of its own for each, so that no transcript reaches back over the change.
        """
        if ear is self._ear:
            return
        self._ear, self._aside = ear, aside or self._heard
        self._session = self._stop = None
        self._turning.cancel()
        self._turned.set()

    def feed(self, pcm: bytes, end_sample: int) -> None:
        """Caller audio, 16 kHz S16LE mono, up to this timeline sample; dropped while no session is open."""
        if pcm and self._session is not None:
            name = self._transcriber.name
            self._fed_bytes[name] = self._fed_bytes.get(name, 0) + len(pcm)
            self._session.feed_nowait(pcm, end_sample)

    def speech_started(self, sample: int) -> None:
        """Speech began at this timeline sample (8 kHz), or went on after a pause that was not told."""
        if self._stop is not None:
            self._stop = None
        elif self._session is not None:
            self._session.speech_started(sample)

    def speech_stopped(self, sample: int, silent_s: float = inf) -> None:
        """Speech ended at this timeline sample (8 kHz), `silent_s` seconds ago."""
        if silent_s >= self._settle_s:
            self._tell_stop(sample)
        else:
            self._stop = (sample, trio.current_time() + self._settle_s - silent_s)
            self._stopped.set()

    async def tell_stops(self) -> None:
        """Tell the recogniser of ends of speech when their pauses are long enough, until cancelled."""
        while True:
            await self._stopped.wait()
            while (stop := self._stop) is not None:
                await trio.sleep_until(stop[1])
                if self._stop == stop:
                    self._tell_stop(stop[0])
            self._stopped = trio.Event()

    def _tell_stop(self, sample: int) -> None:
        self._stop = None
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
            self._turned = trio.Event()
            if self._ear is Ear.CLOSED:
                await self._turned.wait()
                continue
            try:
                with trio.CancelScope() as self._turning:
                    async with self._transcriber.open() as session:
                        ear, aside = self._ear, self._aside
                        self._session = session
                        if self._expected:
                            session.expect(self._expected)
                        if not started:
                            started = True
                            task_status.started()
                        async for event in session.events():
                            if isinstance(event, Final) and event.text:
                                losses = 0
                            if ear is Ear.OPEN:
                                self._report(event)
                            else:
                                aside(event)
                if self._turning.cancelled_caught:
                    continue
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
                self._session = self._stop = None

    def _report(self, event: TranscriptEvent) -> None:
        match event:
            case Partial(text, confidence):
                self._timeline.add("stt.partial", text=text, confidence=confidence)
            case Final(text, confidence, start, stop):
                self._timeline.add(
                    "stt.final", text=text, confidence=confidence, start_sample=start, end_sample=stop
                )
        self._heard(event)


def _settle_s(transcriber: Transcriber) -> float:
    return transcriber.settle_s if isinstance(transcriber, SettlingTranscriber) else 0.0
