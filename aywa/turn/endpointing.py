"""When the caller has finished: VAD, transcripts and a wait.

```
            speech        speech stops   final, and wait_s of silence
  QUIET ────────────► SPEECH ─────────► WAITING ─────────────────────► QUIET   UserTurn(text)
    ▲                   ▲                  │ │ speech again: the turn goes on
    │                   └──────────────────┘ │
    └────────────────────────────────────────┘ final without a word, or no final in time: NothingSaid

  caller   ▁▁▂▅▇▇▅▂▁▁▁▁▁▂▅▇▅▂▁▁▁▁▁▁▁▁▁▁▁
                      └wait┘      └──wait_s──┤ turn taken (if the final is there; else when it comes)
```
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from aywa.turn.settings import TurnSettings

_SAMPLES_PER_S = 8000  # of the leg's timeline


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
    """The caller has said something. Samples are on the leg's timeline."""

    text: str
    why: Why
    start_sample: int | None
    end_sample: int | None


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
    """The caller pauses after these words, all that was said in the open turn: it may go on, or be over."""

    text: str


EndpointResult: TypeAlias = UserTurn | NothingSaid | Correction | Boundary

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

    def __init__(self, settings: TurnSettings) -> None:
        self.state = EndpointState.QUIET
        self._settings = settings
        self._finals: list[str] = []
        self._partial = ""
        self._final_seen = False  # the final of what was spoken last
        self._onset_sample: int | None = None  # where that began
        self._start_sample: int | None = None
        self._end_sample: int | None = None
        self._began_at = 0.0  # of the turn's first speech
        self._silent_since = 0.0
        self._last_taken: UserTurn | None = None  # with no speech since
        self._results: list[EndpointResult] = []
        self.cause = ""  # of the last transition

    @property
    def text(self) -> str:
        """What the caller seems to have said so far in this turn."""
        return " ".join([*self._finals, self._partial]).strip()

    @property
    def start_sample(self) -> int | None:
        """Where the caller's open turn began."""
        return self._start_sample

    @property
    def deadline(self) -> float | None:
        """When `handle_timers` has something to do."""
        match self.state:
            case EndpointState.QUIET:
                return None
            case EndpointState.SPEECH:
                words = self._settings.max_utterance_s if self.text else self._settings.noise_timeout_s
                return self._began_at + words
            case EndpointState.WAITING:
                complete = self._final_seen and not self._partial
                return self._silent_since + (
                    self._settings.wait_s
                    if complete
                    else max(self._settings.final_timeout_s, self._settings.wait_s)
                )

    def speech_started(self, sample: int, now: float) -> None:
        """The caller began, or went on, to speak at `sample`."""
        if self.state is EndpointState.QUIET:
            self._start_sample = sample
        if self.state is not EndpointState.SPEECH:
            cause = "speech" if self.state is EndpointState.QUIET else "speech again"
            self._began_at = now if self.state is EndpointState.QUIET else self._began_at
            self._final_seen = False
            self._onset_sample = sample
            self._last_taken = None
            self._enter(EndpointState.SPEECH, cause)

    def speech_stopped(self, sample: int, now: float, silent_s: float = 0.0) -> None:
        """The caller's last voiced sample was `sample`, `silent_s` seconds ago."""
        self._end_sample = sample
        if self.state is EndpointState.SPEECH:
            self._silent_since = now - silent_s
            self._enter(EndpointState.WAITING, "speech stops")
            self.handle_timers(now)
            self._boundary()

    def partial(self, text: str, now: float) -> None:
        """What the caller seems to be saying; only counts while a turn is open."""
        if self.state is not EndpointState.QUIET:
            self._partial = text.strip()
            self._boundary()

    def final(
        self, text: str, now: float, start_sample: int | None = None, end_sample: int | None = None
    ) -> None:
        """What the caller said between these samples of the timeline, if the recogniser knows them."""
        text = text.strip()
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
            if self.text:
                self.handle_timers(now)
                self._boundary()
            else:
                self._nothing(Why.EMPTY)

    def take_keys(self, text: str) -> None:
        """The keypad's digits are a turn of their own; words that were pending go with them."""
        self._finals = [*self._finals, self._partial, text] if self._partial else [*self._finals, text]
        self._partial = ""
        if self.state is EndpointState.QUIET:
            self._enter(EndpointState.WAITING, "words without speech")
        self._take(Why.KEYPAD)

    def handle_timers(self, now: float) -> None:
        """Take the turn, or give it up, when its time has come."""
        deadline = self.deadline
        if deadline is None or now < deadline:
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

    def _take(self, why: Why) -> None:
        turn = UserTurn(self.text, why, self._start_sample, self._end_sample)
        self._last_taken = turn
        self._results.append(turn)
        self._reset("turn taken")

    def _nothing(self, why: Why) -> None:
        start, end = self._start_sample, self._end_sample
        spoken = 0 if start is None or end is None else end - start
        self._results.append(NothingSaid(why, spoken / _SAMPLES_PER_S))
        self._reset("nothing said")

    def _reset(self, cause: str) -> None:
        self._finals, self._partial, self._final_seen = [], "", False
        self._start_sample = self._end_sample = None
        self._enter(EndpointState.QUIET, cause)

    def _boundary(self) -> None:
        """The turn is not over, and the caller has paused."""
        if self.state is EndpointState.WAITING and self.text:
            self._results.append(Boundary(self.text))

    def _enter(self, state: EndpointState, cause: str) -> None:
        self.state, self.cause = state, cause
