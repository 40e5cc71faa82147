"""How long the caller waited for an answer, split by cause.

```
  last voiced sample      final        turn taken   first token   first audio     first audible sample
  ──┤ vad ├── stopped ──┤ stt ├──┤ endpointing ├──┤ llm ├──────┤ tts ├─────────┤ playout ├──
```
Both ends are samples on the leg's timeline, so the total is what the wire carried; the parts between are
stamped in monotonic seconds, and `playout` is what is left of the total.
"""

from __future__ import annotations

from dataclasses import dataclass

from aywa.turn.heard import SAMPLES_PER_MS


@dataclass(frozen=True, slots=True)
class LatencySplit:
    """One turn, in whole milliseconds; the parts add up to `total_ms`."""

    turn: int
    total_ms: int
    vad_ms: int
    stt_ms: int
    endpointing_ms: int
    llm_ms: int
    tts_ms: int
    playout_ms: int
    speech_end_sample: int
    first_audible_sample: int


class LatencyClock:
    """Collects the stamps of the turn that is being answered. `now` is monotonic seconds."""

    def __init__(self) -> None:
        self._end_sample: int | None = None
        self._vad_s = 0.0
        self._stopped_at = 0.0
        self._final_at = 0.0
        self._turn: int | None = None
        self._taken_at = 0.0
        self._token_at: float | None = None
        self._audio_at: float | None = None

    def speech_stopped(self, sample: int, timeline: int, now: float) -> None:
        """The caller's last voiced sample, and where the timeline was when the engine was sure."""
        self._end_sample = sample
        self._vad_s = max(0, timeline - sample) / (SAMPLES_PER_MS * 1000)
        self._stopped_at = self._final_at = now
        self._turn = None

    def final(self, now: float) -> None:
        """A transcript with words came."""
        if self._turn is None:
            self._final_at = now

    def taken(self, turn: int, now: float) -> None:
        """The caller's turn is answered by this assistant turn."""
        if self._end_sample is not None:
            self._turn, self._taken_at = turn, now
            self._token_at = self._audio_at = None

    def first_token(self, turn: int, now: float) -> None:
        """Text came from the model; only the first one counts."""
        if turn == self._turn and self._token_at is None:
            self._token_at = now

    def first_audio(self, turn: int, now: float) -> None:
        """Audio came from the synthesizer; only the first one counts."""
        if turn == self._turn and self._audio_at is None:
            self._audio_at = now

    def first_audible(self, turn: int, timeline: int) -> LatencySplit | None:
        """The answer's first audible sample was sent at `timeline`; None when this turn answers no speech."""
        if turn != self._turn or self._end_sample is None:
            return None
        token_at = self._taken_at if self._token_at is None else self._token_at
        audio_at = token_at if self._audio_at is None else self._audio_at
        total_ms = (timeline - self._end_sample) // SAMPLES_PER_MS
        vad = _ms(self._vad_s)
        stt = _ms(self._final_at - self._stopped_at)
        endpointing = _ms(self._taken_at - self._final_at)
        llm, tts = _ms(token_at - self._taken_at), _ms(audio_at - token_at)
        split = LatencySplit(
            turn=turn,
            total_ms=total_ms,
            vad_ms=vad,
            stt_ms=stt,
            endpointing_ms=endpointing,
            llm_ms=llm,
            tts_ms=tts,
            playout_ms=total_ms - vad - stt - endpointing - llm - tts,
            speech_end_sample=self._end_sample,
            first_audible_sample=timeline,
        )
        self._turn = self._end_sample = None
        return split


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))
