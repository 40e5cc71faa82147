"""What comes out of the turn manager.

Positions: `sample` and `timeline` are samples of 8 kHz on the leg's timeline (the recording's frame index);
`played` counts speech samples sent since the leg began, silence left out. `turn` counts from 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from aywa.errors import EndCode
from aywa.turn.causes import Cause, Trigger, Unused


@dataclass(frozen=True, slots=True)
class StartGeneration:
    """Open an assistant turn. With `scripted` there is no model: its phrases follow as `Speak` at once.

    `speculation`: the answer made ahead that becomes this turn's, if it is still good.
    """

    turn: int
    trigger: Trigger
    scripted: bool = False
    speculation: int | None = None


@dataclass(frozen=True, slots=True)
class Speculate:
    """Make an answer to this text ahead, unheard: it may turn out to be all that the caller says."""

    speculation: int
    text: str


@dataclass(frozen=True, slots=True)
class DropSpeculation:
    """Stop it: nothing of it is ever heard, run or remembered."""

    speculation: int
    why: Unused


@dataclass(frozen=True, slots=True)
class CancelGeneration:
    """Stop model, synthesizer and playout feed of this turn; running tools go on to their end."""

    turn: int
    why: Cause


@dataclass(frozen=True, slots=True)
class Yield:
    """The gate closed on this turn: whether the caller meant it is not known yet."""

    turn: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Open the gate without a flush; a turn that was cut goes on at the exact sample."""

    epoch: int
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """Drop what was not played and open the gate."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Guard:
    """From now on what is said may not be interrupted (`on`), or may be again: the gate shall not close."""

    on: bool


@dataclass(frozen=True, slots=True)
class Speak:
    """Synthesize and play this phrase after the ones before it. `spoken`: what is said for `text`."""

    turn: int
    phrase: int
    text: str
    spoken: str


@dataclass(frozen=True, slots=True)
class Truncate:
    """The turn was cut: the caller heard `heard`, and its audio stopped at `sample` of the timeline.

    The decision came later than that. None: not a sample of the turn was played.
    """

    turn: int
    heard: str
    sample: int | None


@dataclass(frozen=True, slots=True)
class EndTurn:
    """The assistant turn is over; `heard` enters context and transcript. Samples are on the timeline."""

    turn: int
    trigger: Trigger
    heard: str
    interrupted: bool
    start_sample: int | None
    end_sample: int | None


@dataclass(frozen=True, slots=True)
class UserSaid:
    """The caller's words. `counts` is False for a backchannel: transcript, but not context."""

    text: str
    start_sample: int | None
    end_sample: int | None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class UserAmended:
    """The last user message of the context should read so."""

    text: str


@dataclass(frozen=True, slots=True)
class AskEndpointing:
    """Ask the endpointing server how long to wait after these words; `EndpointingAdvised` answers."""

    text: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call now: everything that had to be heard has been heard."""

    code: EndCode
    why: Cause


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with its inputs and thresholds, for the timeline."""

    kind: str
    data: Mapping[str, object] = field(default_factory=dict)


TurnAction: TypeAlias = (
    StartGeneration
    | Speculate
    | DropSpeculation
    | CancelGeneration
    | Yield
    | Resume
    | Commit
    | Guard
    | Speak
    | Truncate
    | EndTurn
    | UserSaid
    | UserAmended
    | AskEndpointing
    | HangUp
    | Decided
)
