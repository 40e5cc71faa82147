"""When the caller has finished: VAD, transcripts and a wait, chosen anew with every word.

```
            speech        speech stops   final, and the wait is over
  QUIET ────────────► SPEECH ─────────► WAITING ─────────────────────► QUIET   UserTurn(text)
    ▲                   ▲                  │ │ speech again: the turn goes on
    │                   └──────────────────┘ │
    └────────────────────────────────────────┘ final without a word, or no final in time: NothingSaid

  caller   ▁▁▂▅▇▇▅▂▁▁▁▁▁▂▅▇▅▂▁▁▁▁▁▁▁▁▁▁▁
                      └pause┘     └───wait───┤ turn taken (if the final is there; else when it comes)
```
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeAlias

from aywa.turn.endpointing_settings import EndpointingMode
from aywa.turn.expectation import Expectation
from aywa.turn.joining import joined
from aywa.turn.settings import TurnSettings
from aywa.turn.turn_end import TurnEnd
from aywa.turn.wait_choice import Wait

_SAMPLES_PER_S = 8000  # of the leg's timeline
_EMPTY_S = 0.45
_WENT_ON_S = 1.6  # whoever speaks later than that after his turn begins another


class EndpointState(Enum):
    """Where the caller's turn is."""

    QUIET = "nobody speaks"
    SPEECH = "the caller speaks"
    WAITING = "the caller stopped; waiting for the transcript and the pause"


class Why(Enum):
    """What ended the wait."""

    FINAL = "final transcript and the pause are there"
    PARTIAL = "no final in time; the partial is taken"
    UTTERANCE = "the caller has spoken for as long as one turn may last"
    KEYPAD = "keys were pressed"
    EMPTY = "the final transcript has no words"
    NO_TRANSCRIPT = "no transcript in time"
    NOISE = "speech without words for too long"


@dataclass(frozen=True, slots=True)
class UserTurn:
    """The caller has said something. Samples are on the leg's timeline. `wait`: what was waited for."""

    text: str
    why: Why
    start_sample: int | None
    end_sample: int | None
    wait: Wait | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class NothingSaid:
    """Speech of `spoken_s` seconds was heard and nothing was understood."""

    why: Why
    spoken_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Correction:
    """The final of a turn that was taken from its partial `said`: the caller's words were these."""

    text: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Boundary:
    """The caller pauses after these words: an answer may be begun, although the turn may go on.

    After half a sentence, of which the wait is long, it comes late: soon enough for an answer to be there.
    """

    text: str


@dataclass(frozen=True, slots=True)
class WaitChosen:
    """How long is waited after these words, counted from the caller's last voiced sample."""

    wait: Wait
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class AdviceWanted:
    """The webhook is to be asked about these words; `advised` takes its answer."""

    text: str


EndpointResult: TypeAlias = UserTurn | NothingSaid | Correction | Boundary | WaitChosen | AdviceWanted

TRANSITIONS: tuple[tuple[EndpointState, str, EndpointState], ...] = (
    (EndpointState.QUIET, "speech", EndpointState.SPEECH),
    (EndpointState.SPEECH, "speech stops", EndpointState.WAITING),
    (EndpointState.WAITING, "speech again", EndpointState.SPEECH),
    (EndpointState.WAITING, "turn taken", EndpointState.QUIET),
    (EndpointState.WAITING, "nothing said", EndpointState.QUIET),
    (EndpointState.SPEECH, "turn taken", EndpointState.QUIET),
    (EndpointState.SPEECH, "nothing said", EndpointState.QUIET),
    (EndpointState.QUIET, "words without speech", EndpointState.WAITING),
)


def normalised(text: str) -> str:
    """Lower case, letters and digits only, single spaces: how two transcripts are compared."""
    return " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


class Endpointer:
    """Decides when the caller's turn is over. Inputs carry `now` in monotonic seconds."""

    def __init__(self, settings: TurnSettings, end: TurnEnd | None = None) -> None:
        """`end`: what is known of the caller already."""
        self.state = EndpointState.QUIET
        self._settings = settings
        self._end = end if end is not None else TurnEnd(settings.endpointing, settings.wait_s)
        self._wait: Wait | None = None  # while waiting
        self._bounded = ""  # what the last Boundary said, or will say
        self._bound_due = ""  # what it will say
        self._finals: list[str] = []
        self._partial = ""
        self._sure = False  # the recogniser is, of the partial
        self._final_seen = False  # the final of what was spoken last
        self._onset_sample: int | None = None  # where that began
        self._start_sample: int | None = None
        self._end_sample: int | None = None
        self._began_at = 0.0  # of the turn's first speech
        self._silent_since = 0.0
        self._last_taken: UserTurn | None = None  # with no speech since
        self._before = ""  # what was taken a moment ago, when the caller goes on: the words judged with his
        self._empty_until = 0.0  # when a final without words is believed
        self._results: list[EndpointResult] = []
        self.cause = ""  # of the last transition

    def adopt(self, settings: TurnSettings) -> None:
        """Another plan from now on; a wait that was chosen is waited."""
        self._settings = settings
        self._end.adopt(settings.endpointing, settings.wait_s)

    @property
    def text(self) -> str:
        """What the caller seems to have said so far in this turn."""
        return joined([*self._finals, self._partial])

    @property
    def start_sample(self) -> int | None:
        """Where the caller's open turn began."""
        return self._start_sample

    @property
    def deadline(self) -> float | None:
        """When `handle_timers` has something to do."""
        ends_at = self._ends_at
        if self._bound_due and ends_at is not None:
            return min(ends_at, self._boundary_at)
        return ends_at

    @property
    def _ends_at(self) -> float | None:
        """When the turn is taken, or given up, if nothing more comes."""
        match self.state:
            case EndpointState.QUIET:
                return None
            case EndpointState.SPEECH:
                words = self._settings.max_utterance_s if self.text else self._settings.noise_timeout_s
                return self._began_at + words
            case EndpointState.WAITING:
                wait_s = self._settings.wait_s if self._wait is None else self._wait.seconds
                if not self._final_seen or self._partial:
                    sure = self._sure and bool(self._partial)
                    late_s = self._settings.sure_partial_s if sure else self._settings.final_timeout_s
                    wait_s = max(late_s, wait_s)
                elif not self.text:
                    return self._empty_until
                return max(self._silent_since + wait_s, self._end.advice_until(self.text))

    @property
    def _boundary_at(self) -> float:
        """When the Boundary that is due comes."""
        wait_s = self._settings.wait_s if self._wait is None else self._wait.seconds
        return self._silent_since + max(0.0, wait_s - self._settings.speculation.lead_s)

    def expect(self, expectation: Expectation) -> None:
        """What the caller is asked for."""
        self._end.expect(expectation)
        self._judge_again()

    def assistant_said(self, text: str) -> None:
        """The assistant's last words: what the caller is asked for, unless `expect` says it afterwards."""
        self._end.assistant_said(text)
        self._judge_again()

    def sound_judged(self, complete: float, now: float) -> None:
        """How likely (0..1) the sound of what was said before this pause says that the turn is over."""
        if self.state is EndpointState.WAITING:
            self._end.heard(complete)
            self._judge(now)

    def advised(self, text: str, seconds: float | None, now: float) -> None:
        """The webhook's answer to `AdviceWanted`; None: it failed."""
        self._end.advised(text, seconds)
        if self.state is EndpointState.WAITING:
            self._judge(now)

    def renewed(self) -> Endpointer:
        """One that begins anew with what is known of this caller."""
        return Endpointer(self._settings, self._end)

    def speech_started(self, sample: int, now: float) -> None:
        """The caller began, or went on, to speak at `sample`."""
        self._learn_pause(sample)
        if self.state is EndpointState.QUIET:
            self._start_sample = sample
        if self.state is not EndpointState.SPEECH:
            cause = "speech" if self.state is EndpointState.QUIET else "speech again"
            self._began_at = now if self.state is EndpointState.QUIET else self._began_at
            self._final_seen = False
            self._onset_sample = sample
            self._last_taken = self._wait = None
            self._bounded = self._bound_due = ""
            self._end.speech()
            self._enter(EndpointState.SPEECH, cause)

    def speech_stopped(self, sample: int, now: float, silent_s: float = 0.0) -> None:
        """The caller's last voiced sample was `sample`, `silent_s` seconds ago."""
        self._end_sample = sample
        if self.state is EndpointState.SPEECH:
            self._silent_since = now - silent_s
            self._enter(EndpointState.WAITING, "speech stops")
            self._judge(now)
            self.handle_timers(now)

    def partial(
        self,
        text: str,
        now: float,
        *,
        end_of_turn: float | None = None,
        language: str | None = None,
        sure: bool = False,
    ) -> None:
        """What the caller seems to be saying; only counts while a turn is open.

        `end_of_turn` (0..1): how sure the recogniser is that the caller is done, if it says so. `sure`: of
        these words, so that their final is not waited for as long.
        """
        if self.state is not EndpointState.QUIET:
            self._partial = text.strip()
            self._sure = sure
            self._end.words(end_of_turn, language)
            if self.state is EndpointState.WAITING:
                self._judge(now)

    def final(
        self,
        text: str,
        now: float,
        start_sample: int | None = None,
        end_sample: int | None = None,
        *,
        end_of_turn: float | None = None,
        language: str | None = None,
    ) -> None:
        """What the caller said between these samples of the timeline, if the recogniser knows them."""
        text = text.strip()
        self._end.words(end_of_turn, language)
        if self.state is EndpointState.QUIET:
            self._late_final(text, now)
            return
        self._partial = ""
        if text:
            self._finals.append(text)
        if not self._awaited(start_sample, end_sample):
            return  # of speech before the last pause: what followed it is still to come
        self._final_seen = True
        if self.state is EndpointState.WAITING:
            self._judge(now)
            self.handle_timers(now)

    def not_the_callers(self, now: float, start_sample: int | None, end_sample: int | None) -> None:
        """A final of somebody else's words: no other comes for that sound, unless the caller talks too."""
        if self.state is not EndpointState.QUIET and not self._partial:
            self.final("", now, start_sample, end_sample)

    def take_keys(self, text: str) -> None:
        """The keypad's digits are a turn of their own; words that were pending go with them."""
        self._finals = [*self._finals, self._partial, text] if self._partial else [*self._finals, text]
        self._partial = ""
        if self.state is EndpointState.QUIET:
            self._enter(EndpointState.WAITING, "words without speech")
        self._take(Why.KEYPAD)

    def handle_timers(self, now: float) -> None:
        """Take the turn, or give it up, when its time has come."""
        self._tell_boundary(now)
        ends_at = self._ends_at
        if ends_at is None or now < ends_at:
            return
        if self.state is EndpointState.SPEECH:
            if self.text:
                self._take(Why.UTTERANCE)
            else:
                self._nothing(Why.NOISE)
        elif self.text:
            self._take(Why.FINAL if self._final_seen and not self._partial else Why.PARTIAL)
        else:
            self._nothing(Why.EMPTY if self._final_seen else Why.NO_TRANSCRIPT)

    def results(self) -> list[EndpointResult]:
        """What has been decided since the last call."""
        results, self._results = self._results, []
        return results

    def close(self) -> UserTurn | None:
        """The call is over: what the caller had said and nobody had answered."""
        if not self.text:
            return None
        if self.state is EndpointState.SPEECH:
            self._end_sample = None  # still speaking: the last stop belongs to earlier words
        turn = UserTurn(self.text, Why.FINAL, self._start_sample, self._end_sample)
        self._finals, self._partial = [], ""
        return turn

    def _awaited(self, start_sample: int | None, end_sample: int | None) -> bool:
        """Whether a final is that of what was spoken last, and not of an earlier stretch of the same turn.

        Without samples, one that comes while the caller speaks is taken for an earlier one.
        """
        if self._onset_sample is not None and end_sample is not None:
            return end_sample > self._onset_sample
        if self._onset_sample is not None and start_sample is not None and start_sample >= self._onset_sample:
            return True
        return self.state is EndpointState.WAITING

    def _late_final(self, text: str, now: float) -> None:
        """A final although no turn is open: a repetition, a correction, or words that the VAD missed."""
        taken = self._last_taken
        if not text or (taken is not None and normalised(text) == normalised(taken.text)):
            if text and taken is not None:
                self._last_taken = replace(taken, why=Why.FINAL)
            return
        if taken is not None and taken.why is Why.PARTIAL:
            self._last_taken = replace(taken, text=text, why=Why.FINAL)
            self._results.append(Correction(text, taken.text))
            return
        self._finals = [text]
        self._final_seen = True
        self._onset_sample = self._start_sample = self._end_sample = None
        self._silent_since = self._began_at = now
        self._enter(EndpointState.WAITING, "words without speech")
        self._judge(now)

    def _judge(self, now: float) -> None:
        """Choose the wait anew, say so if it is another, and tell the boundary of new words."""
        text = self.text
        settings = self._settings.endpointing
        if not text:
            self._wait = None
            # Before that a breath may part a word that nobody understood from the next.
            held_s = 0.0 if settings.mode is EndpointingMode.FIXED else _EMPTY_S
            self._empty_until = self._silent_since + held_s
            return
        wait = self._end.wait(f"{self._before} {text}".lstrip())
        if wait != self._wait:
            self._wait = wait
            self._results.append(WaitChosen(wait, text, self._end.language_of(text)))
        if normalised(text) != self._bounded:
            self._bounded, self._bound_due = normalised(text), text
            if self._end.wants_advice(text, now):
                self._results.append(AdviceWanted(text))
        self._tell_boundary(now)

    def _tell_boundary(self, now: float) -> None:
        if self._bound_due and self.state is EndpointState.WAITING and now >= self._boundary_at:
            self._results.append(Boundary(self._bound_due))
            self._bound_due = ""

    def _judge_again(self) -> None:
        if self.state is EndpointState.WAITING and self.text:
            self._wait = self._end.wait(f"{self._before} {self.text}".lstrip())

    def _learn_pause(self, sample: int) -> None:
        """The caller goes on: how long was he silent, in the turn or although it had been taken?"""
        taken = self._last_taken if self.state is EndpointState.QUIET else None
        last = self._end_sample if taken is None else taken.end_sample
        if self.state is EndpointState.QUIET:
            self._before = ""
        if last is None or self.state is EndpointState.SPEECH or not (self.text or taken):
            return
        pause_s = (sample - last) / _SAMPLES_PER_S
        if pause_s <= _WENT_ON_S:
            self._end.pauses.went_on(pause_s)
            self._before = taken.text if taken is not None else self._before

    def _take(self, why: Why) -> None:
        turn = UserTurn(self.text, why, self._start_sample, self._end_sample, self._wait)
        self._last_taken = turn
        self._results.append(turn)
        self._reset("turn taken")

    def _nothing(self, why: Why) -> None:
        start, end = self._start_sample, self._end_sample
        spoken = 0 if start is None or end is None else end - start
        self._results.append(NothingSaid(why, spoken / _SAMPLES_PER_S))
        self._reset("nothing said")

    def _reset(self, cause: str) -> None:
        self._end.turn_over(self.text)
        self._finals, self._partial, self._final_seen = [], "", False
        self._start_sample = self._end_sample = self._wait = None
        self._bounded = self._bound_due = ""
        self._enter(EndpointState.QUIET, cause)

    def _enter(self, state: EndpointState, cause: str) -> None:
        self.state, self.cause = state, cause
