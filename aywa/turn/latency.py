"""How long the caller waited for an answer, split by cause.

```
  last voiced sample    final        turn taken    first token   first phrase   first audio    first audible
  ──┤ vad ├─ stopped ─┤ stt ├─┤ endpointing ├─┤ llm ├────┤ phrase ├─────┤ tts ├────┤ playout ├── sample
```
Both ends are samples on the leg's timeline, so the total is what the wire carried; the parts between are
stamped in monotonic seconds, and `playout` is what is left of the total. Of an answer that was made ahead
only what came after the turn was taken counts: what the caller still had to wait for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
    phrase_ms: int
    tts_ms: int
    playout_ms: int
    speech_end_sample: int
    first_audible_sample: int
    speculated: bool = False  # the answer was made ahead


@dataclass(frozen=True, slots=True)
class _Speech:
    """The caller's last words: what an answer is measured from."""

    end_sample: int
    vad_s: float
    stopped_at: float
    final_at: float


@dataclass(slots=True)
class _Answer:
    """The turn that answers them. Later speech does not change what it is measured from."""

    turn: int
    speech: _Speech
    taken_at: float
    token_at: float | None = None
    phrase_at: float | None = None
    audio_at: float | None = None
    speculated: bool = False


class LatencyClock:
    """Collects the stamps of the turn that is being answered. `now` is monotonic seconds."""

    def __init__(self) -> None:
        self._speech: _Speech | None = None
        self._answer: _Answer | None = None

    def speech_stopped(self, sample: int, timeline: int, now: float) -> None:
        """The caller's last voiced sample, and where the timeline was when the engine was sure."""
        vad_s = max(0, timeline - sample) / (SAMPLES_PER_MS * 1000)
        self._speech = _Speech(sample, vad_s, now, now)

    def final(self, now: float) -> None:
        """A transcript with words came."""
        if self._speech is not None and (self._answer is None or self._answer.speech is not self._speech):
            self._speech = replace(self._speech, final_at=now)

    def nothing_said(self) -> None:
        """What was spoken last was a cough or an acknowledgement: nothing answers it."""
        if self._answer is None or self._answer.speech is not self._speech:
            self._speech = None

    def taken(self, turn: int, now: float) -> None:
        """The caller's turn is answered by this assistant turn."""
        if self._speech is not None:
            self._answer = _Answer(turn, self._speech, now)

    def first_token(self, turn: int, now: float) -> None:
        """Text came from the model; only the first one counts."""
        answer = self._answer
        if answer is not None and answer.turn == turn and answer.token_at is None:
            answer.token_at = now

    def adopted(self, turn: int) -> None:
        """The turn's answer was made ahead: its stamps are those of the hand-over, not of the making."""
        if self._answer is not None and self._answer.turn == turn:
            self._answer.speculated = True

    def first_phrase(self, turn: int, now: float) -> None:
        """A phrase was ready for the synthesizer; only the first one counts."""
        answer = self._answer
        if answer is not None and answer.turn == turn and answer.phrase_at is None:
            answer.phrase_at = now

    def first_audio(self, turn: int, now: float) -> None:
        """Audio came from the synthesizer; only the first one counts."""
        answer = self._answer
        if answer is not None and answer.turn == turn and answer.audio_at is None:
            answer.audio_at = now

    def first_audible(self, turn: int, timeline: int) -> LatencySplit | None:
        """The answer's first audible sample was sent at `timeline`; None when this turn answers no speech."""
        answer = self._answer
        if answer is None or answer.turn != turn:
            return None
        self._answer = None
        speech = answer.speech
        if self._speech is speech:
            self._speech = None
        token_at = answer.taken_at if answer.token_at is None else answer.token_at
        phrase_at = token_at if answer.phrase_at is None else answer.phrase_at
        audio_at = phrase_at if answer.audio_at is None else answer.audio_at
        total_ms = (timeline - speech.end_sample) // SAMPLES_PER_MS
        vad = _ms(speech.vad_s)
        stt = _ms(speech.final_at - speech.stopped_at)
        endpointing = _ms(answer.taken_at - speech.final_at)
        llm, phrase = _ms(token_at - answer.taken_at), _ms(phrase_at - token_at)
        tts = _ms(audio_at - phrase_at)
        return LatencySplit(
            turn=turn,
            total_ms=total_ms,
            vad_ms=vad,
            stt_ms=stt,
            endpointing_ms=endpointing,
            llm_ms=llm,
            phrase_ms=phrase,
            tts_ms=tts,
            playout_ms=total_ms - vad - stt - endpointing - llm - phrase - tts,
            speech_end_sample=speech.end_sample,
            first_audible_sample=timeline,
            speculated=answer.speculated,
        )


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))
