"""What a transfer came to: the status of the public contract, and a reason of our own that says more."""

from __future__ import annotations

from enum import Enum


class Outcome(Enum):
    """Why a transfer is where it is."""

    CONNECTED = "connected"  # caller and colleague talk, or have talked
    COMPLETED = "completed"  # the caller's side has connected both without us
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    FORBIDDEN = "forbidden"  # the destination is not allowed
    VOICEMAIL = "voicemail"
    UNDECIDED = "undecided"  # the colleague neither took the call nor declined
    COLLEAGUE_HUNG_UP = "colleague-hung-up"
    CALLER_HUNG_UP = "caller-hung-up"
    REFER_REJECTED = "refer-rejected"
    REFER_FAILED = "refer-failed"
    MEDIA_LOST = "media-lost"
    CANCELLED = "cancelled"  # an operator, a limit or the end of the process ended the call
    ERROR = "error"

    @property
    def status(self) -> str:
        """As `artifact.transfers[].status` says it."""
        return _STATUS.get(self, "failed")

    @property
    def succeeded(self) -> bool:
        """The caller was given a human."""
        return self in (Outcome.CONNECTED, Outcome.COMPLETED)


_STATUS = {
    Outcome.CONNECTED: "connected",
    Outcome.COMPLETED: "completed",
    Outcome.NO_ANSWER: "no-answer",
    Outcome.BUSY: "busy",
    Outcome.VOICEMAIL: "voicemail",
    Outcome.CALLER_HUNG_UP: "cancelled",
    Outcome.CANCELLED: "cancelled",
}


def outcome_of_status(status: int) -> Outcome:
    """The outcome of a call that was refused with this final SIP status."""
    match status:
        case 486 | 600:
            return Outcome.BUSY
        case 408 | 480 | 487:
            return Outcome.NO_ANSWER
        case 403 | 603 | 607 | 608:
            return Outcome.DECLINED
    return Outcome.UNREACHABLE
