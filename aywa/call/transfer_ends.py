"""What the end of a transfer is called: by how dialling went, and as the reason why a call ends."""

from __future__ import annotations

from aywa.call.dial_outcome import DialFailed, DialOutcome
from aywa.errors import EndCode, EndReason, EndSide
from aywa.transfer.events import DialFailed as ColleagueNotReached
from aywa.transfer.outcome import Outcome

_OUTCOMES = {
    DialOutcome.BUSY: Outcome.BUSY,
    DialOutcome.NO_ANSWER: Outcome.NO_ANSWER,
    DialOutcome.CANCELLED: Outcome.NO_ANSWER,
    DialOutcome.DECLINED: Outcome.DECLINED,
    DialOutcome.NOT_ALLOWED: Outcome.FORBIDDEN,
    DialOutcome.UNREACHABLE: Outcome.UNREACHABLE,
    DialOutcome.FAILED: Outcome.UNREACHABLE,
}
_END_CODES = {
    Outcome.CONNECTED: EndCode.FORWARDED,
    Outcome.COMPLETED: EndCode.FORWARDED,
    Outcome.BUSY: EndCode.OPERATOR_BUSY,
    Outcome.NO_ANSWER: EndCode.OPERATOR_NO_ANSWER,
    Outcome.VOICEMAIL: EndCode.OPERATOR_NO_ANSWER,
}


def not_reached(failure: DialFailed) -> ColleagueNotReached:
    """Dialling failed, in the machine's words."""
    return ColleagueNotReached(_OUTCOMES.get(failure.outcome, Outcome.UNREACHABLE), failure.sip_status)


def end_reason(outcome: Outcome) -> EndReason:
    """Why a call ends that a transfer ends."""
    return EndReason(
        _END_CODES.get(outcome, EndCode.TRANSFER_FAILED), EndSide.ASSISTANT, detail=outcome.value
    )


def hangup_reason(outcome: Outcome | None, *, with_colleague: bool) -> EndReason:
    """What it is called when the caller's side ends the call; `with_colleague`: it was with him already."""
    forwarded = with_colleague and outcome is not None and outcome.succeeded
    code = EndCode.FORWARDED if forwarded else EndCode.TRANSFER_HANGUP
    return EndReason(code, EndSide.CALLER, detail="" if outcome is None else outcome.value)
