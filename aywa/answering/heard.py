"""What was heard since the answer: speech, tones and words, from which everything else is read off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aywa.answering.envelope import Envelope
from aywa.answering.outcomes import SAMPLES_PER_S
from aywa.answering.tones import Tone, ToneKind, kind_of

_JOIN = SAMPLES_PER_S // 4  # pieces of speech closer than this are one utterance
_LEAST = SAMPLES_PER_S // 8  # speech: shorter pieces are what is left at the edges of a tone
_SPOKEN = SAMPLES_PER_S * 4 // 10  # of speech in all: a word or two
_MARGIN = SAMPLES_PER_S * 12 // 100  # around a tone: in noise the detectors' edges differ by as much

_NETWORK_MARGIN = SAMPLES_PER_S * 3 // 10  # around a network's: nobody speaks there


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the timeline, in samples."""

    start: int
    end: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.start) / SAMPLES_PER_S


class Heard:
    """Inputs in the order in which they come; positions in samples of the leg's timeline."""

    def __init__(self, started_at: int, before: Sequence[tuple[Tone, ToneKind]] = ()) -> None:
        """`before`: the tones that were heard before the answer."""
        self.before = before
        self.started_at = started_at
        self.at = started_at
        self.tones: list[tuple[Tone, ToneKind]] = []  # those that have ended
        self.tone: Tone | None = None  # the one that sounds, with its end so far
        self.keys = 0
        self._spans: list[Span] = []
        self._onset: int | None = None
        self._finals: list[str] = []
        self._partial = ""
        self._envelope = Envelope()
        self._worked_out: tuple[int, list[Span]] | None = None  # utterances, and when

    @property
    def elapsed_s(self) -> float:
        """Since the answer."""
        return (self.at - self.started_at) / SAMPLES_PER_S

    @property
    def words(self) -> str:
        """All that was understood, the running partial included."""
        return " ".join([*self._finals, self._partial]).strip()

    def advance(self, at: int) -> None:
        """The timeline is there now; it never goes back."""
        self.at = max(self.at, at)

    def speech_started(self, sample: int) -> None:
        """The voice detector confirmed speech that began there."""
        self._worked_out = None
        if self._onset is None:
            self._onset = max(sample, self.started_at)

    def speech_stopped(self, sample: int) -> None:
        """It was over there."""
        self._worked_out = None
        if self._onset is not None and sample > self._onset:
            self._spans.append(Span(self._onset, sample))
        self._onset = None

    def transcribed(self, text: str, *, final: bool) -> None:
        """A transcript; a final replaces the partials before it."""
        if final:
            self._partial = ""
            if text.strip():
                self._finals.append(text.strip())
        else:
            self._partial = text.strip()

    def level(self, sample: int, mean_square: float) -> None:
        """How loud 40 ms around a sample are. Without this all that the voice detector reports is speech."""
        self._envelope.add(sample, mean_square)

    def tone_began(self, tone: Tone) -> None:
        """A steady tone is confirmed."""
        self._worked_out = None
        self.tone = tone

    def tone_ended(self, tone: Tone) -> None:
        """It is over."""
        self._worked_out = None
        self.tone = None
        kind = kind_of(tone, [*self.before, *self.tones], spoken=self.spoken_before(tone.start))
        self.tones.append((tone, kind))

    def key_pressed(self) -> None:
        """The far side pressed a key."""
        self.keys += 1

    @property
    def speaks(self) -> bool:
        """Whether somebody speaks now, and it is no tone."""
        if self._onset is None or self.tone is not None:
            return False
        speech = self.speech()
        return bool(speech) and speech[-1].end >= self.at - _JOIN

    def speech(self) -> list[Span]:
        """Utterances so far, without what was a tone; the last ends now if it goes on."""
        if self._worked_out is None or self._worked_out[0] != self.at:
            self._worked_out = self.at, self._utterances()
        return self._worked_out[1]

    def _utterances(self) -> list[Span]:
        spans = list(self._spans)
        if self._onset is not None and self.at > self._onset:
            spans.append(Span(self._onset, self.at))
        for tone, kind in self.tones:
            if kind is not ToneKind.NOTHING:
                margin = _NETWORK_MARGIN if kind in (ToneKind.RINGING, ToneKind.BUSY) else _MARGIN
                spans = [piece for span in spans for piece in _without(span, tone, margin)]
        if self.tone is not None:
            sounding = Tone(self.tone.start, self.at, self.tone.first_hz, self.tone.last_hz)
            spans = [piece for span in spans for piece in _without(span, sounding, _MARGIN)]
        spans = [Span(*piece) for span in spans for piece in self._envelope.loud(span.start, span.end)]
        joined: list[Span] = []
        for span in spans:
            if joined and span.start - joined[-1].end < _JOIN:
                joined[-1] = Span(joined[-1].start, span.end)
            else:
                joined.append(span)
        return [span for span in joined if span.end - span.start >= _LEAST]

    def beep(self) -> Tone | None:
        """The last beep that has ended."""
        return next((tone for tone, kind in reversed(self.tones) if kind is ToneKind.BEEP), None)

    def spoken_before(self, sample: int) -> bool:
        """Whether there was speech before; what is left of a tone's own beginning is none."""
        before = (min(span.end, sample - _MARGIN) - span.start for span in self.speech())
        return sum(each for each in before if each > 0) >= _SPOKEN


def _without(span: Span, tone: Tone, margin: int) -> list[Span]:
    start, end = tone.start - margin, tone.end + margin
    if end <= span.start or start >= span.end:
        return [span]
    pieces = [Span(span.start, start), Span(end, span.end)]
    return [piece for piece in pieces if piece.end - piece.start >= _LEAST]
