"""An operator's hand on the line of a live call: mute either side, hold the caller and take him back.

* The assistant muted: what it says is cut, it says nothing new, and goes on hearing; unmuted, it answers who
  has just spoken.
* The caller muted: the engine puts silence in place of his voice, in a room too; his keys still count.
* On hold: the caller hears music and is told so (re-INVITE with sendonly, RFC 3264 section 8.4), the
  assistant is silent and hears nothing. A far side that refuses the re-INVITE hears the music all the same.
"""

from __future__ import annotations

from typing import Protocol

from aywa.call.caller_side import CallerSide
from aywa.call.control import LineAction
from aywa.call.pauses import Pauses, Why
from aywa.call.timeline import Timeline
from aywa.errors import LocalProtocolError, RequestError


class Agreement(Protocol):
    """What both sides have agreed on about the media."""

    def hold(self, on: bool) -> None:
        """Tell the far side that it is on hold, or no longer. Raises LocalProtocolError."""


class Steering:
    """One call's. `attach` it when the call is up."""

    def __init__(self, pauses: Pauses, timeline: Timeline) -> None:
        self.agreement: Agreement | None = None  # what is said about holding
        self._pauses = pauses
        self._timeline = timeline
        self._side: CallerSide | None = None

    def attach(self, side: CallerSide) -> None:
        """The call talks."""
        self._side = side

    def detach(self) -> None:
        """The call is over."""
        self._side = self.agreement = None

    def do(self, action: LineAction, *, transferring: bool) -> None:
        """Obey. Raises RequestError (409) when the call is in no state for it. No checkpoint.

        `transferring`: a transfer is under way, which moves the caller itself.
        """
        side = self._side
        if side is None or side.ending.reason is not None:
            raise RequestError("The call is not up", http_status=409, code="call-not-live")
        match action:
            case LineAction.MUTE_ASSISTANT | LineAction.UNMUTE_ASSISTANT:
                self._pauses.hush(Why.MUTED_ASSISTANT, action is LineAction.MUTE_ASSISTANT)
            case LineAction.MUTE_CUSTOMER | LineAction.UNMUTE_CUSTOMER:
                muted = action is LineAction.MUTE_CUSTOMER
                side.leg.mute_uplink(muted)
                self._pauses.hold(Why.MUTED_CUSTOMER, muted)
            case LineAction.HOLD:
                self._hold(side, transferring=transferring)
            case LineAction.RESUME:
                self._resume(side)
        self._timeline.add("control.line", action=action.value)

    def _hold(self, side: CallerSide, *, transferring: bool) -> None:
        if side.on_hold:
            raise RequestError("The caller is on hold", http_status=409, code="on-hold")
        if transferring:
            raise RequestError("A transfer is under way", http_status=409, code="transfer-under-way")
        self._offer(on=True)
        side.put_on_hold()

    def _resume(self, side: CallerSide) -> None:
        if not side.on_hold:
            raise RequestError("The caller is not on hold", http_status=409, code="not-on-hold")
        self._offer(on=False)
        side.take_off_hold()

    def _offer(self, *, on: bool) -> None:
        """Tell the far side. Raises RequestError (409) where its turn, or our last, is not over."""
        assert self.agreement is not None, "set before the call talks"
        try:
            self.agreement.hold(on)
        except LocalProtocolError:
            raise RequestError(
                "The far side is just changing the media: try again in a moment",
                http_status=409,
                code="renegotiation-under-way",
            ) from None
