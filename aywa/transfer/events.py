"""What goes into a transfer and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from aywa.transfer.outcome import Outcome


class How(Enum):
    """How a colleague said yes or no."""

    KEY = "key"
    VOICE = "voice"


# --- inputs -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Requested:
    """Begin."""


@dataclass(frozen=True, slots=True)
class CallerTold:
    """What the caller was to hear has been heard."""


@dataclass(frozen=True, slots=True)
class ColleagueRings:
    """The colleague's phone rings."""


@dataclass(frozen=True, slots=True)
class ColleagueAnswered:
    """The colleague's leg is open."""


@dataclass(frozen=True, slots=True)
class DialFailed:
    """The colleague was not reached; no leg is left of the attempt."""

    outcome: Outcome
    sip_status: int | None = None


@dataclass(frozen=True, slots=True)
class ColleagueSpoke:
    """The colleague said something."""


@dataclass(frozen=True, slots=True)
class VoicemailSuspected:
    """What answered is a machine."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The colleague takes the call."""

    how: How


@dataclass(frozen=True, slots=True)
class Declined:
    """The colleague does not."""

    how: How


@dataclass(frozen=True, slots=True)
class Briefed:
    """The colleague has heard the briefing."""


@dataclass(frozen=True, slots=True)
class ColleagueHungUp:
    """The colleague's side ended its leg: none is left."""


@dataclass(frozen=True, slots=True)
class ColleagueGone:
    """The colleague's leg is closed, whoever closed it."""


@dataclass(frozen=True, slots=True)
class CallerHungUp:
    """The caller's side ended the call."""


@dataclass(frozen=True, slots=True)
class MediaLost:
    """No packet has come from the colleague for too long."""


@dataclass(frozen=True, slots=True)
class ReferAnswered:
    """The final response to our REFER; None: none came. `reports`: whether NOTIFY will tell the rest."""

    sip_status: int | None
    reports: bool = True


@dataclass(frozen=True, slots=True)
class ReferProgress:
    """A NOTIFY said how far the call is that our REFER has caused."""

    sip_status: int


@dataclass(frozen=True, slots=True)
class Broken:
    """Something of ours failed; no word of a message, which may quote anybody."""

    detail: str


@dataclass(frozen=True, slots=True)
class CallOver:
    """The call is being ended: an operator, a limit, its media, or the end of the process."""

    detail: str = ""


TransferInput: TypeAlias = (
    Requested
    | CallerTold
    | ColleagueRings
    | ColleagueAnswered
    | DialFailed
    | ColleagueSpoke
    | VoicemailSuspected
    | Accepted
    | Declined
    | Briefed
    | ColleagueHungUp
    | ColleagueGone
    | CallerHungUp
    | MediaLost
    | ReferAnswered
    | ReferProgress
    | Broken
    | CallOver
)


# --- actions ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TellCaller:
    """Say this to the caller, and `CallerTold` when it was heard."""

    text: str


@dataclass(frozen=True, slots=True)
class HoldCaller:
    """Music for the caller, whom the assistant no longer hears."""


@dataclass(frozen=True, slots=True)
class Refer:
    """Send REFER in the caller's dialog; `replacing`: with the colleague's dialog as Replaces."""

    replacing: bool = False


@dataclass(frozen=True, slots=True)
class Dial:
    """Call the colleague."""


@dataclass(frozen=True, slots=True)
class BriefColleague:
    """Tell the colleague about the call, and `Briefed` when it was heard."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Let caller and colleague hear each other, and the assistant neither."""


@dataclass(frozen=True, slots=True)
class ReleaseColleague:
    """Cancel the call to the colleague or hang it up, and `ColleagueGone` when its leg is closed."""

    why: str


@dataclass(frozen=True, slots=True)
class DropColleague:
    """Close the colleague's leg without waiting for anybody."""


@dataclass(frozen=True, slots=True)
class ReturnCaller:
    """The assistant goes on with the caller: no music, both hear each other again, and first says `text`."""

    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True)
class EndCall:
    """End the caller's call, for the sake of this outcome."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Decided:
    """A step with its inputs, for the timeline."""

    kind: str
    data: Mapping[str, object] = field(default_factory=dict)


TransferAction: TypeAlias = (
    TellCaller
    | HoldCaller
    | Refer
    | Dial
    | BriefColleague
    | Connect
    | ReleaseColleague
    | DropColleague
    | ReturnCaller
    | EndCall
    | Decided
)
