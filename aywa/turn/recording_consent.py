"""Consent to a recording: asked for, given, refused, or never answered.

A pure machine: say what is heard, drain `actions()`, wait until `deadline`. Positions are timeline samples
(8 kHz), `now` is monotonic seconds. Consent counts from `granted_at`; what was said before belongs to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from aywa.turn.consent_phrases import Said, read_consent, refuses_alone

ANSWER_S = 8.0  # for a yes or a key: a person who has understood begins within three
MOST_ASKED = 2  # times the same sentence


class ConsentKind(Enum):
    """What counts as consent; the values are the plan's."""

    STAY = "stay-on-line"  # to stay for a while after it was said
    VERBAL = "verbal"  # to say yes
    KEY = "key"  # to press a key


class ConsentState(Enum):
    """Where the question is."""

    ANNOUNCING = "the caller hears what is done, or is asked"
    ASKING = "he has heard it, and may answer or leave"
    GIVEN = "he has agreed"
    DECLINED = "he has refused"
    TIMED_OUT = "he has not answered, or did not hear the question"


@dataclass(frozen=True, slots=True)
class ConsentSettings:
    """Times in seconds. `key`: the one that agrees; every other refuses."""

    kind: ConsentKind
    wait_s: float = 3.0  # of STAY, 1 to 6
    answer_s: float = ANSWER_S
    asked: int = MOST_ASKED
    key: str = "1"


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Say the message once more; he has said nothing that can be understood."""


@dataclass(frozen=True, slots=True)
class Settled:
    """It is decided: `state`, what he said or pressed, and where."""

    state: ConsentState
    sample: int
    phrase: str = ""
    key: str = ""


ConsentAction: TypeAlias = AskAgain | Settled

_OPEN = (ConsentState.ANNOUNCING, ConsentState.ASKING)
TRANSITIONS: frozenset[tuple[ConsentState, str, ConsentState]] = frozenset(
    [
        (ConsentState.ANNOUNCING, "the message was heard", ConsentState.ASKING),
        (ConsentState.ASKING, "nothing was understood", ConsentState.ANNOUNCING),
        (ConsentState.ASKING, "he has stayed", ConsentState.GIVEN),
        (ConsentState.ASKING, "yes", ConsentState.GIVEN),
        (ConsentState.ASKING, "the key", ConsentState.GIVEN),
        (ConsentState.ANNOUNCING, "the key", ConsentState.GIVEN),
        (ConsentState.ASKING, "no answer", ConsentState.TIMED_OUT),
        (ConsentState.ANNOUNCING, "the message was not heard", ConsentState.TIMED_OUT),
    ]
    + [(state, "no", ConsentState.DECLINED) for state in _OPEN]
    + [(state, "another key", ConsentState.DECLINED) for state in _OPEN]
    + [(state, "withdrawn", ConsentState.TIMED_OUT) for state in _OPEN]
)


class RecordingConsent:
    """One call's. It begins with the message being said."""

    def __init__(self, settings: ConsentSettings) -> None:
        self.state = ConsentState.ANNOUNCING
        self.deadline: float | None = None
        self._settings = settings
        self._asked = 1
        self._actions: list[ConsentAction] = []

    @property
    def open(self) -> bool:
        """Whether it is not decided yet."""
        return self.state in _OPEN

    def actions(self) -> list[ConsentAction]:
        """What is to be done since the last call."""
        actions, self._actions = self._actions, []
        return actions

    def message_over(self, now: float, sample: int, *, heard: bool) -> None:
        """The message is over: heard to its last sample, or cut short, which is no announcement."""
        if self.state is not ConsentState.ANNOUNCING:
            return
        if not heard:
            self._settle("the message was not heard", ConsentState.TIMED_OUT, sample)
            return
        stays = self._settings.kind is ConsentKind.STAY
        self.deadline = now + (self._settings.wait_s if stays else self._settings.answer_s)
        self._enter("the message was heard", ConsentState.ASKING)

    def words(self, text: str, now: float, sample: int) -> None:
        """The final of what he said; a yes counts once he has heard the whole question, a no at once."""
        if not self.open or not text.strip():
            return
        verbal = self._settings.kind is ConsentKind.VERBAL
        asked = verbal and self.state is ConsentState.ASKING
        said = read_consent(text) if asked else Said.UNCLEAR
        if said is Said.REFUSED or refuses_alone(text):
            self._settle("no", ConsentState.DECLINED, sample, phrase=text)
        elif said is Said.AGREED:
            self._settle("yes", ConsentState.GIVEN, sample, phrase=text)
        elif asked:
            self._nothing_understood(now, sample)

    def key(self, key: str, sample: int) -> None:
        """He has pressed a key. It means nothing to whoever waits for him to stay, or to say yes."""
        if not self.open or self._settings.kind is not ConsentKind.KEY:
            return
        if key == self._settings.key:
            self._settle("the key", ConsentState.GIVEN, sample, key=key)
        else:
            self._settle("another key", ConsentState.DECLINED, sample, key=key)

    def handle_timers(self, now: float, sample: int) -> None:
        """Do what is due."""
        if self.state is not ConsentState.ASKING or self.deadline is None or now < self.deadline:
            return
        if self._settings.kind is ConsentKind.STAY:
            self._settle("he has stayed", ConsentState.GIVEN, sample)
        else:
            self._nothing_understood(now, sample)

    def withdraw(self, sample: int) -> None:
        """Nobody is to be asked: a machine has answered, or the call is over."""
        if self.open:
            self._settle("withdrawn", ConsentState.TIMED_OUT, sample)

    def _nothing_understood(self, now: float, sample: int) -> None:
        if self._asked >= self._settings.asked:
            self._settle("no answer", ConsentState.TIMED_OUT, sample)
            return
        self._asked += 1
        self.deadline = None
        self._enter("nothing was understood", ConsentState.ANNOUNCING)
        self._actions.append(AskAgain())

    def _settle(self, why: str, state: ConsentState, sample: int, *, phrase: str = "", key: str = "") -> None:
        self.deadline = None
        self._enter(why, state)
        self._actions.append(Settled(state, sample, phrase, key))

    def _enter(self, why: str, state: ConsentState) -> None:
        """The only writer of the state."""
        assert (self.state, why, state) in TRANSITIONS, (self.state, why, state)
        self.state = state
