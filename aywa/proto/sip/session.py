"""The INVITE usage: one session from INVITE to BYE, whichever side began it (RFC 3261 §12-15).

`session_base.py` holds what a session does anyway, `session_change.py` re-INVITE and UPDATE,
`session_referral.py` REFER, `session_message.py` what else is sent inside it; this file adds what keeps it
alive (session timers, RFC 4028) and what is said inside it (key presses in INFO).
"""

from __future__ import annotations

from aywa.errors import ParseError
from aywa.proto.sip.info_dtmf import parse_info_dtmf
from aywa.proto.sip.layer_actions import ServerKey
from aywa.proto.sip.message import Request
from aywa.proto.sip.session_message import MessagingSession
from aywa.proto.sip.session_states import Answer, KeyPressed, SessionTimer, State

RETRY_S = 5.0  # a refresh that was refused, or has no turn, is tried again this often until the end


class InviteUsage(MessagingSession):
    """One input -> drain `actions()` -> wait until `deadline` or the next input."""

    def _fire(self, timer: SessionTimer, deadline: float, now: float) -> None:
        match timer:
            case SessionTimer.REFRESH:
                self._refresh(now)
            case SessionTimer.EXPIRY:
                self._end_for("the session was not refreshed", now, 408)
            case _:
                super()._fire(timer, deadline, now)

    def _refresh(self, now: float) -> None:
        """Refresh by UPDATE where the peer takes it, else by a re-INVITE that changes nothing (RFC 4028).

        A change under way refreshes too: its 2xx arms the timer anew.
        """
        self._timers.set(SessionTimer.REFRESH, now + RETRY_S)
        if self.state is not State.CONFIRMED or self._own is not None:
            return
        if "UPDATE" in self.peer_allows:
            self._begin("UPDATE", b"", refresh=True)
        elif self._may_offer() and self.local_body:
            self._begin("INVITE", self.local_body, refresh=True)

    def _receive_info(self, request: Request, key: ServerKey) -> None:
        """A key press. Copies of the same INFO end in its transaction: each press is said once."""
        if not request.body:
            self._actions.append(Answer(key, self._response(request, 200)))  # a sign of life (RFC 2976 §2.2)
            return
        try:
            pressed = parse_info_dtmf(request.content_type or "", request.body)
        except ParseError as error:
            self._actions.append(Answer(key, self._response(request, error.status_hint)))
            return
        self._actions.append(Answer(key, self._response(request, 200)))
        if self.state not in (State.ENDING, State.BYE_WAITING):
            self._actions.append(KeyPressed(pressed.key, pressed.duration_ms))
