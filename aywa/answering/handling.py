"""What is done about who has answered: talk, leave a message, press keys, or hang up.

```
              leave a message          greeting over            message heard
  DETECTING ──────────────────► GREETING ───────────► LEAVING ──────────────► ENDED
      │                             │                  │  ▲ │ another beep: from the beginning
      │ a person, or talk anyway    │ a person speaks  │  └─┘
      └─────────────────────────────┴──────────────────┴──► TALKING
```

Whatever is heard or not heard, DETECTING and GREETING end by their deadlines: nobody is left in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from aywa.answering.detector import AnsweringDetector
from aywa.answering.greeting import EndedBy, Greeting, GreetingEnd
from aywa.answering.heard import Heard
from aywa.answering.outcomes import SAMPLES_PER_S, AnsweringVerdict, Cause, Outcome
from aywa.answering.phrases import PhraseKind, hits_of
from aywa.answering.plan import Act, AnsweringPlan
from aywa.answering.tones import Tone, ToneKind

_PERSON_S = 2.5  # who comes to the phone while it records says less than that before he waits
_PERSON_WORDS = 8


class HandlingState(Enum):
    """What is being done."""

    DETECTING = "nobody knows yet who has answered"
    GREETING = "a machine has; its greeting goes on"
    LEAVING = "the message is being left"
    TALKING = "the conversation goes on as with any call"
    ENDED = "the call is to end"


@dataclass(frozen=True, slots=True)
class Decided:
    """There is a verdict."""

    verdict: AnsweringVerdict


@dataclass(frozen=True, slots=True)
class Hush:
    """Stop talking: what was taken for a person is none."""


@dataclass(frozen=True, slots=True)
class Talk:
    """The assistant may speak; with `opening`, that first. `taken_over`: a person has come to the phone."""

    opening: str = ""
    taken_over: bool = False


@dataclass(frozen=True, slots=True)
class LeaveMessage:
    """Say the message now, from its beginning; `attempt` counts from 1."""

    text: str
    end: GreetingEnd
    attempt: int


@dataclass(frozen=True, slots=True)
class PressKeys:
    """Press these; `w` is a pause of half a second."""

    keys: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call; `left`: the message was heard to its end."""

    outcome: Outcome
    left: bool = False


HandlingAction: TypeAlias = Decided | Hush | Talk | LeaveMessage | PressKeys | HangUp

TRANSITIONS: tuple[tuple[HandlingState, str, HandlingState], ...] = (
    (HandlingState.DETECTING, "a person, or talk anyway", HandlingState.TALKING),
    (HandlingState.DETECTING, "press keys", HandlingState.TALKING),
    (HandlingState.DETECTING, "leave a message", HandlingState.GREETING),
    (HandlingState.DETECTING, "hang up", HandlingState.ENDED),
    (HandlingState.GREETING, "greeting over", HandlingState.LEAVING),
    (HandlingState.GREETING, "a person speaks", HandlingState.TALKING),
    (HandlingState.LEAVING, "another beep", HandlingState.LEAVING),
    (HandlingState.LEAVING, "a person speaks", HandlingState.TALKING),
    (HandlingState.LEAVING, "message heard", HandlingState.ENDED),
)


class Handling:
    """One call's machine. Positions are samples of the leg's timeline; `actions` after every input."""

    def __init__(
        self, plan: AnsweringPlan, started_at: int, before: Sequence[tuple[Tone, ToneKind]] = ()
    ) -> None:
        """`before`: the tones that were heard before the answer."""
        self.state = HandlingState.DETECTING
        self.heard = Heard(started_at, before)
        self._plan = plan
        self._detector = AnsweringDetector(plan.settings, self.heard)
        self._greeting = Greeting(plan.settings, self.heard)
        self._actions: list[HandlingAction] = []
        self._words_before = 0  # characters understood before the verdict
        self._attempts = 0

    @property
    def verdict(self) -> AnsweringVerdict | None:
        """Who has answered, once it is known."""
        return self._detector.verdict

    @property
    def words_since(self) -> str:
        """What was understood after the verdict."""
        return self.heard.words[self._words_before :].strip()

    @property
    def deadline(self) -> int | None:
        """The sample at which `advance` has something to do."""
        match self.state:
            case HandlingState.DETECTING:
                return self._detector.deadline
            case HandlingState.GREETING:
                return self._greeting.deadline
            case _:
                return None

    def actions(self) -> list[HandlingAction]:
        """What is to be done, in order, since the last call."""
        actions, self._actions = self._actions, []
        return actions

    def advance(self, at: int) -> None:
        """The timeline is there now."""
        self.heard.advance(at)
        self._look()

    def speech_started(self, sample: int, at: int) -> None:
        """Speech that began at `sample` is confirmed."""
        self.heard.speech_started(sample)
        self.advance(at)

    def speech_stopped(self, sample: int, at: int) -> None:
        """It ended at `sample`."""
        self.heard.speech_stopped(sample)
        self.advance(at)

    def transcribed(self, text: str, at: int, *, final: bool) -> None:
        """A transcript came."""
        self.heard.transcribed(text, final=final)
        self.advance(at)

    def levels(self, levels: Iterable[tuple[int, float]]) -> None:
        """How loud the far side was: samples, and the mean square of 40 ms around each. `advance` follows."""
        for sample, mean_square in levels:
            self.heard.level(sample, mean_square)

    def tone_began(self, tone: Tone, at: int) -> None:
        """A steady tone is confirmed."""
        self.heard.tone_began(tone)
        self.advance(at)

    def tone_ended(self, tone: Tone, at: int) -> None:
        """It is over."""
        self.heard.tone_ended(tone)
        self.advance(at)

    def key_pressed(self, at: int) -> None:
        """The far side pressed a key."""
        self.heard.key_pressed()
        self.advance(at)

    def person_spoke(self) -> None:
        """While the message was being left somebody answered it."""
        if self.state is HandlingState.LEAVING:
            self._talk(Talk(taken_over=True))

    def message_heard(self) -> None:
        """The last sample of the message was sent."""
        if self.state is HandlingState.LEAVING:
            verdict = self._detector.verdict
            assert verdict is not None
            self._actions.append(HangUp(verdict.outcome, left=True))
            self._enter(HandlingState.ENDED)

    def _look(self) -> None:
        if self.state is HandlingState.DETECTING and (verdict := self._detector.look()) is not None:
            self._decided(verdict)
        if self.state is HandlingState.GREETING:
            if self._is_person():
                self._talk(Talk(taken_over=True))
            elif (end := self._greeting.look()) is not None:
                self._leave(end)
        elif self.state is HandlingState.LEAVING:
            self._listen_for_another_beep()

    def _decided(self, verdict: AnsweringVerdict) -> None:
        plan = self._plan
        act = Act.HANG_UP if verdict.cause is Cause.NETWORK_TONE else plan.act(verdict.outcome)
        self._actions.append(Decided(verdict))
        self._words_before = len(self.heard.words)
        if act is not Act.TALK and not plan.wait:
            self._actions.append(Hush())
        match act:
            case Act.TALK:
                screened = verdict.outcome is Outcome.SCREENING
                self._talk(Talk(plan.screening_message if screened else ""))
            case Act.PRESS_KEYS:
                self._actions.append(PressKeys(plan.keys[verdict.outcome]))
                self._talk(Talk())
            case Act.LEAVE_MESSAGE:
                self._enter(HandlingState.GREETING)
            case Act.HANG_UP:
                self._actions.append(HangUp(verdict.outcome))
                self._enter(HandlingState.ENDED)

    def _is_person(self) -> bool:
        """Somebody has come to the phone after all: a few words of a person, and then he waits."""
        words = self.words_since
        speech = self.heard.speech()
        if not words or self.heard.speaks or not speech or speech[-1].seconds > _PERSON_S:
            return False
        hits = hits_of(words, self._plan.settings.languages)
        said = hits.keys() & {PhraseKind.PERSON, PhraseKind.GREETING}
        return bool(said) and hits.keys() == said and len(words.split()) <= _PERSON_WORDS

    def _listen_for_another_beep(self) -> None:
        """The greeting went on after what seemed its end: only what comes after the last beep counts."""
        beep, end, settings = self.heard.beep(), self._greeting.end, self._plan.settings
        if beep is None or end is None or beep.end <= end.sample or self._attempts > settings.max_restarts:
            return
        if self.heard.tone is None and self.heard.at >= beep.end + settings.beep_settle_s * SAMPLES_PER_S:
            self._greeting.end = GreetingEnd(EndedBy.BEEP, self.heard.at, beep.last_hz, beep.end)
            self._leave(self._greeting.end)

    def _leave(self, end: GreetingEnd) -> None:
        self._attempts += 1
        self._actions.append(LeaveMessage(self._plan.message, end, self._attempts))
        self._enter(HandlingState.LEAVING)

    def _talk(self, talk: Talk) -> None:
        self._actions.append(talk)
        self._enter(HandlingState.TALKING)

    def _enter(self, state: HandlingState) -> None:
        self.state = state
