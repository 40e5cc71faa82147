"""Speech to text: PCM in, partial and final transcripts out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable


@dataclass(frozen=True, slots=True)
class Partial:
    """What the caller seems to be saying; replaced by the next partial of the same utterance.

    A `confidence` (0..1) says how sure the recogniser is that the final will have words; None is a guess that
    the final may take back, which does not cut the assistant. `end_of_turn` (0..1): how sure it is that the
    caller is done, from a recogniser that judges turns itself; `language`: a tag such as "pt-BR"; `speaker`:
    a label by which it tells voices apart, the same for one voice all through the call.
    """

    text: str
    confidence: float | None = None
    end_of_turn: float | None = None
    language: str | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Final:
    """What the caller said. `text` is empty when speech was heard and nothing was understood.

    A recogniser that finalises before `speech_stopped` should say of what: a final without positions that
    comes while the caller speaks is taken for an earlier sentence, and the turn waits for another one.
    """

    text: str
    confidence: float | None = None  # 0..1
    started_at_sample: int | None = None  # position in the uplink, in samples of 8 kHz since the leg began
    stopped_at_sample: int | None = None
    end_of_turn: float | None = None  # as with a partial
    language: str | None = None
    speaker: str | None = None


TranscriptEvent: TypeAlias = Partial | Final


class TranscriberSession(Protocol):
    """One caller's ear, for as long as the call lasts. No method blocks."""

    def feed_nowait(self, pcm: bytes, end_sample: int) -> None:
        """Take caller audio: signed 16-bit little-endian mono at 16 kHz, any length, in order.

        `end_sample`: the uplink position (samples of 8 kHz) after its last sample. Where nothing arrived
        there is no audio: a piece may begin later than the one before it ended.
        """

    def speech_started(self, at_sample: int) -> None:
        """The engine's VAD confirmed speech that began at this uplink position (samples of 8 kHz)."""

    def speech_stopped(self, at_sample: int) -> None:
        """The engine's VAD saw the end of speech: a recogniser without its own endpointer finalises now."""

    def expect(self, phrases: tuple[str, ...]) -> None:
        """Hints: what the dialogue expects next. A recogniser that cannot use them ignores them."""

    def events(self) -> AsyncIterator[TranscriptEvent]:
        """Transcripts in order until closed. Raises `ProviderError` when the recogniser is lost."""


@runtime_checkable
class LivelySession(Protocol):
    """A session that notices when the recogniser gives any sign of life, words or not."""

    sign_at: float  # the last one, in the clock of the event loop


class Transcriber(Protocol):
    """A speech-to-text provider."""

    name: str

    def fault(self) -> str | None:
        """Why no call can be heard at the moment, as a sentence; None when calls can. Does not wait.

        While there is a fault, `open` raises and new calls are refused; it may pass.
        """

    def open(self) -> AbstractAsyncContextManager[TranscriberSession]:
        """Open a session; leaving the block releases everything it holds. Raises `ProviderError`."""


@runtime_checkable
class SettlingTranscriber(Protocol):
    """A `Transcriber` that finalises at `speech_stopped` and wants whole sentences.

    It is told of an end of speech only after `settle_s` seconds of silence: a shorter pause is part of the
    utterance, although the turn manager hears of it at once.
    """

    settle_s: float
