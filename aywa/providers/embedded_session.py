"""One caller's ear at the recogniser processes: what is kept, what is sent, when results come back."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

import trio

from aywa.errors import ProviderError
from aywa.ports.stt import Final, Partial, TranscriptEvent
from aywa.providers.phone_band import TARGET_LEVEL_DB, gain_for
from aywa.providers.recogniser_process import RecogniserProcess
from aywa.providers.recogniser_wire import FrameKind
from aywa.providers.transcript_events import TranscriptEvents

_RATIO = 2  # 16 kHz samples per sample of the timeline
_BYTES = 2
_LEAD_SAMPLES = 16000 * 250 // 1000  # audio before the VAD's onset: the model wants to hear silence first
_KEPT_SAMPLES = 16000  # remembered outside an utterance: the VAD confirms speech some 100 ms after it began
_SLACK_SAMPLES = 16000 * 10 // 1000  # positions are exact to 5 ms
_MAX_UTTERANCE_SAMPLES = 16000 * 20  # nobody says a phrase of the grammar for 20 s: the rest is not sent
_NEWEST_WEIGHT = 0.5  # of the latest utterance in a caller's level
_AUDIBLE_DB = -55.0  # an utterance below this says nothing about the caller's level


@dataclass(slots=True)
class _Utterance:
    """One utterance at a process."""

    number: int
    process: RecogniserProcess
    started_at: int
    stopped_at: int | None = None
    sent: int = 0  # 16 kHz samples

    def send(self, pcm: bytes) -> None:
        """Pass audio on, up to the limit."""
        room = (_MAX_UTTERANCE_SAMPLES - self.sent) * _BYTES
        if room > 0:
            self.process.feed(self.number, pcm[:room])
            self.sent += len(pcm[:room]) // _BYTES


class EmbeddedSession:
    """See `aywa.ports.stt.TranscriberSession`. No method blocks: bytes go into a process's backlog.

    What `expect` says holds from the next utterance on. With nothing expected all is `Final("")`.
    """

    def __init__(self, processes: list[RecogniserProcess], numbers: count[int]) -> None:
        self._processes = processes
        self._numbers = numbers
        # Unbounded because nothing here may wait; it holds at most five small partials per second of speech.
        self._send, self._receive = trio.open_memory_channel[TranscriptEvent | ProviderError](math.inf)
        self._kept = bytearray()
        self._end = 0  # the uplink position after what is kept, in samples of 16 kHz
        self._phrases: tuple[str, ...] = ()
        self._level_db = TARGET_LEVEL_DB
        self._current: _Utterance | None = None
        self._unheard_since: int | None = None  # speech that no process listens to
        self._waiting: deque[_Answer | _Unheard] = deque()  # in the order in which the utterances began

    def feed_nowait(self, pcm: bytes, end_sample: int) -> None:
        """See the port. Where nothing arrived, up to a second of silence stands in for it."""
        end = end_sample * _RATIO
        missing = min(end - len(pcm) // _BYTES - self._end, _KEPT_SAMPLES)
        if missing > _SLACK_SAMPLES:
            pcm = bytes(missing * _BYTES) + pcm
        self._end = end
        self._kept += pcm
        del self._kept[: max(len(self._kept) - _KEPT_SAMPLES * _BYTES, 0)]
        if self._current is not None:
            self._current.send(pcm)

    def speech_started(self, at_sample: int) -> None:
        """See the port. A start without a stop before it ends the utterance under way."""
        self.speech_stopped(at_sample)
        if not self._phrases:
            self._unheard_since = at_sample
            return
        living = [p for p in self._processes if not p.lost]
        if not living:
            lost = ProviderError("The recogniser is lost.", provider="embedded", stage="stt", retryable=True)
            self._emit(lost)
            return
        process = min((p for p in living if not p.crowded), key=lambda p: p.busy, default=None)
        if process is None:  # heard, it would be answered when nobody waits for it any more
            living[0].tell_crowded()
            self._unheard_since = at_sample
            return
        utterance = _Utterance(next(self._numbers), process, at_sample)
        answer = _Answer(utterance, self._take)
        self._waiting.append(answer)
        process.begin(utterance.number, self._phrases, gain_for(self._level_db), answer)
        self._current = utterance
        wanted = max(self._end - (at_sample * _RATIO - _LEAD_SAMPLES), 0)
        utterance.send(bytes(self._kept[max(len(self._kept) - wanted * _BYTES, 0) :]))

    def speech_stopped(self, at_sample: int) -> None:
        """See the port."""
        if self._unheard_since is not None:
            self._waiting.append(_Unheard(Final("", None, self._unheard_since, at_sample)))
            self._unheard_since = None
            self._deliver()
        if self._current is not None:
            utterance, self._current = self._current, None
            utterance.stopped_at = at_sample
            utterance.process.end(utterance.number)

    def expect(self, phrases: tuple[str, ...]) -> None:
        """See the port."""
        self._phrases = phrases

    def events(self) -> AsyncIterator[TranscriptEvent]:
        """See the port."""
        return TranscriptEvents(self._receive)

    def close(self) -> None:
        """Abandon what is under way and end the events."""
        for answer in self._waiting:
            if isinstance(answer, _Answer):
                answer.utterance.process.abandon(answer.utterance.number)
        self._waiting.clear()
        self._current = None
        self._send.close()

    def _take(self, answer: _Answer, kind: FrameKind, payload: bytes) -> None:
        utterance = answer.utterance
        if kind is FrameKind.PARTIAL:
            self._emit(Partial(payload.decode()))
            return
        if self._current is utterance:  # its process died while the caller speaks: the rest is unheard
            self._current = None
            self._unheard_since = utterance.started_at
            self._waiting.remove(answer)
            self._deliver()
            return
        text, confidence = "", None
        if payload:
            result = json.loads(payload)
            text, confidence = result["text"], result["confidence"]
            self._learn_level(result["level_db"])
        answer.final = Final(text, confidence, utterance.started_at, utterance.stopped_at)
        self._deliver()

    def _deliver(self) -> None:
        """Finals in the order of the utterances: another process may have been quicker with a later one."""
        while self._waiting and self._waiting[0].final is not None:
            final = self._waiting.popleft().final
            assert final is not None
            self._emit(final)

    def _learn_level(self, level_db: float) -> None:
        if level_db > _AUDIBLE_DB:
            self._level_db += _NEWEST_WEIGHT * (level_db - self._level_db)

    def _emit(self, event: TranscriptEvent | ProviderError) -> None:
        with suppress(trio.ClosedResourceError, trio.BrokenResourceError):  # the call is over
            self._send.send_nowait(event)


@dataclass(frozen=True, slots=True)
class _Unheard:
    """An utterance that no process listened to."""

    final: Final


class _Answer:
    """Where the answers of one utterance go."""

    def __init__(self, utterance: _Utterance, take: Callable[[_Answer, FrameKind, bytes], None]) -> None:
        self.utterance = utterance
        self.final: Final | None = None  # waits for those before it
        self._take = take

    def __call__(self, kind: FrameKind, payload: bytes) -> None:
        self._take(self, kind, payload)
