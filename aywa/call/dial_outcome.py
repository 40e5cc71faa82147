"""How dialling comes out: one table from the final status to what a caller of it may do next."""

from __future__ import annotations

from enum import Enum

from aywa.errors import AywaError, EndCode, EndReason, EndSide


class DialOutcome(Enum):
    """What became of an attempt to reach somebody."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    DECLINED = "declined"
    NOT_ALLOWED = "not-allowed"  # by our own rules, or by those of the trunk
    UNREACHABLE = "unreachable"  # the trunk, not the person: another trunk may do better
    CANCELLED = "cancelled"
    FAILED = "failed"


# Final statuses; what is not listed is FAILED. 5xx that mean "not through here": 500 and 502 are what
# carriers send for faults of their network, 503 and 504 say so themselves (RFC 3261 §21.5).
OUTCOMES: dict[int, DialOutcome] = {
    401: DialOutcome.NOT_ALLOWED,
    402: DialOutcome.NOT_ALLOWED,
    403: DialOutcome.NOT_ALLOWED,
    407: DialOutcome.NOT_ALLOWED,
    408: DialOutcome.NO_ANSWER,
    433: DialOutcome.DECLINED,  # anonymity disallowed (RFC 5079)
    480: DialOutcome.NO_ANSWER,
    486: DialOutcome.BUSY,
    487: DialOutcome.CANCELLED,
    500: DialOutcome.UNREACHABLE,
    502: DialOutcome.UNREACHABLE,
    503: DialOutcome.UNREACHABLE,
    504: DialOutcome.UNREACHABLE,
    600: DialOutcome.BUSY,
    603: DialOutcome.DECLINED,
    607: DialOutcome.DECLINED,  # unwanted (RFC 8197)
    608: DialOutcome.DECLINED,  # rejected by somebody on the way (RFC 8688)
}
# The public reason of a call that was not answered; a refusal is told like a busy line, as carriers do.
_END_CODES = {
    DialOutcome.BUSY: EndCode.BUSY,
    DialOutcome.DECLINED: EndCode.BUSY,
    DialOutcome.NO_ANSWER: EndCode.NOT_ANSWERED,
}
# The trunk's fault: nothing rang, and this is what it said.
_TRUNK_CODES = {
    401: EndCode.UNAUTHENTICATED,
    403: EndCode.FORBIDDEN,
    407: EndCode.UNAUTHENTICATED,
    408: EndCode.TIMED_OUT,
    480: EndCode.UNAVAILABLE,
    503: EndCode.TRUNK_DOWN,
}


def outcome_of(status: int) -> DialOutcome:
    """The outcome of a final SIP status, 200 to 699."""
    return DialOutcome.ANSWERED if 200 <= status < 300 else OUTCOMES.get(status, DialOutcome.FAILED)


class DialFailed(AywaError):  # noqa: N818 - says what happened; the base says it is an error
    """Nobody was reached.

    `sip_status`: the final status, None when none came or nothing was sent; `trunk`: the one tried last, ""
    when none was; `rang`: somebody's telephone rang, or its network was heard.
    """

    http_status = 502
    code = "dial-failed"

    def __init__(
        self,
        outcome: DialOutcome,
        detail: str = "",
        *,
        sip_status: int | None = None,
        trunk: str = "",
        rang: bool = False,
    ) -> None:
        super().__init__(detail or outcome.value)
        self.outcome = outcome
        self.sip_status = sip_status
        self.trunk = trunk
        self.rang = rang

    @property
    def fails_over(self) -> bool:
        """Whether another trunk may do better. Never once it rang: the person would be called twice."""
        return self.outcome is DialOutcome.UNREACHABLE and not self.rang

    def end_reason(self) -> EndReason:
        code = _END_CODES.get(self.outcome, EndCode.NOT_CONNECTED)
        if not self.rang and self.sip_status is not None:
            code = _TRUNK_CODES.get(self.sip_status, code)
        return EndReason(code, EndSide.SYSTEM, self.sip_status, self.detail)


class DialRefused(DialFailed):
    """Our own rules forbid the call: no INVITE has left."""

    http_status = 403
    code = "destination-not-allowed"

    def __init__(self, detail: str = "", *, trunk: str = "") -> None:
        super().__init__(DialOutcome.NOT_ALLOWED, detail, trunk=trunk)

    def end_reason(self) -> EndReason:
        """Rejected, without a SIP status."""
        return EndReason(EndCode.REJECTED, EndSide.SYSTEM, detail=self.detail)
