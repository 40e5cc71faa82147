"""How setting up a call fails."""

from __future__ import annotations

from aywa.errors import AywaError, EndCode, EndReason, EndSide
from aywa.proto.sip.message import Response

_END_CODES = {
    408: EndCode.NOT_ANSWERED,
    480: EndCode.NOT_ANSWERED,
    487: EndCode.NOT_ANSWERED,
    486: EndCode.BUSY,
    600: EndCode.BUSY,
    403: EndCode.REJECTED,
    603: EndCode.REJECTED,
    488: EndCode.UNACCEPTABLE_OFFER,
    606: EndCode.UNACCEPTABLE_OFFER,
}


class InviteFailed(AywaError):  # noqa: N818 - says what happened; the base says it is an error
    """The call was not answered.

    `status` is the final status, 408 when nobody answered in time, 503 when nothing could be sent; `reason`
    what the peer said, or why we stopped; `response` the final response, when one came.
    """

    http_status = 502
    code = "invite-failed"

    def __init__(self, status: int, reason: str, *, response: Response | None = None) -> None:
        super().__init__(f"The call was not answered: {status} {reason}".rstrip())
        self.status = status
        self.reason = reason
        self.response = response

    def end_reason(self) -> EndReason:
        return EndReason(
            _END_CODES.get(self.status, EndCode.SIP_ERROR), EndSide.SYSTEM, self.status, self.detail
        )


class SipCallEnded(AywaError):  # noqa: N818 - as above
    """An incoming call ended before it was set up: cancelled, hung up, or never acknowledged."""

    code = "sip-call-ended"
    end_code = EndCode.CALLER_CANCELLED

    def __init__(self, reason: str = "", *, by_remote: bool, status: int | None = None) -> None:
        super().__init__(reason)
        self.by_remote = by_remote
        self.status = status

    def end_reason(self) -> EndReason:
        """The caller gave up, or the set-up failed."""
        if self.by_remote:
            return EndReason(EndCode.CALLER_CANCELLED, EndSide.CALLER, self.status, self.detail)
        return EndReason(EndCode.SIP_ERROR, EndSide.SYSTEM, self.status, self.detail)
