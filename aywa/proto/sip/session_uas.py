"""Setting a session up as the called side: RFC 3261 §13.3, with CANCEL (§9.2)."""

from __future__ import annotations

from aywa.errors import LocalProtocolError
from aywa.proto.sip import offer
from aywa.proto.sip.dialog import uas_dialog
from aywa.proto.sip.identity import Identity
from aywa.proto.sip.layer_actions import ServerKey
from aywa.proto.sip.message import Request
from aywa.proto.sip.routing import Address
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.session_states import Answer, SessionTimer, State

REPEAT_1XX_S = 60.0  # §13.3.1.1


class IncomingUsage(InviteUsage):
    """The called side. Raises RemoteProtocolError when the INVITE cannot make a dialog."""

    state: State = State.INCOMING

    def __init__(self, identity: Identity, invite: Request, key: ServerKey, source: Address) -> None:
        super().__init__(identity, invite.call_id, identity.tag())
        self.request = invite
        self.source = source
        self.key = key
        self.dialog = uas_dialog(invite, self.local_tag, source)
        self._provisional = 0
        if invite.body:
            self.slot.offer_received()

    @property
    def waiting(self) -> bool:
        """True while no final response was sent."""
        return self.state is State.INCOMING

    @property
    def has_offer(self) -> bool:
        """False when the INVITE left the offer to us."""
        return bool(self.request.body)

    def ring(self, now: float, status: int = 180) -> None:
        """Send a provisional response, and again each minute. Raises LocalProtocolError once answered."""
        if self.state is not State.INCOMING:
            raise LocalProtocolError(f"cannot ring in {self.state.name}")
        self._enter("1xx sent")
        self._provisional = status
        self._timers.set(SessionTimer.REPEAT_1XX, now + REPEAT_1XX_S)
        self._send_provisional()

    def accept(self, body: bytes, now: float) -> None:
        """Answer 200 with `body`: the answer, or our offer when the INVITE brought none.

        Raises LocalProtocolError when the call is no longer waiting for it: ask `state` first.
        """
        if self.state is not State.INCOMING:
            raise LocalProtocolError(f"cannot answer in {self.state.name}")
        assert self.dialog is not None, "made with the session"
        if self.slot.state is offer.State.REMOTE:
            self.slot.answer_sent()
        else:
            self.slot.offer_sent()
        self._timers.clear()
        self._enter("2xx sent")
        self.dialog.confirm()
        self._send_2xx(self.key, self.request, body, now)

    def reject(
        self, status: int, now: float, *, headers: tuple[tuple[str, str], ...] = (), reason: str | None = None
    ) -> None:
        """Refuse the call with a final status from 300 to 699. Raises LocalProtocolError once answered."""
        if self.state is not State.INCOMING:
            raise LocalProtocolError(f"cannot refuse in {self.state.name}")
        self._enter("300-699 sent")
        response = self._response(self.request, status, headers=headers)
        if reason is not None:
            response.reason = reason
        self._actions.append(Answer(self.key, response))
        self._end(False, status, response.reason)

    def receive_cancel(self, now: float) -> None:
        """The CANCEL of this INVITE came; after a final response it changes nothing (§9.2)."""
        if self.state is State.INCOMING:
            self._enter("CANCEL received")
            self._actions.append(Answer(self.key, self._response(self.request, 487)))
            self._end(True, 487, "cancelled by the caller")

    def invite_failed(self, now: float) -> None:
        """The INVITE's server transaction could not send."""
        if self.state is State.INCOMING:
            self._enter("transport error")
            self._end(False, None, "the transport could not send")

    def _receive_bye(self, request: Request, key: ServerKey, now: float) -> None:
        if self.state is State.INCOMING:
            # A BYE on the early dialog ends the INVITE too (§15.1.2).
            self._actions.append(Answer(self.key, self._response(self.request, 487)))
        super()._receive_bye(request, key, now)

    def _fire(self, timer: SessionTimer, deadline: float, now: float) -> None:
        if timer is SessionTimer.REPEAT_1XX:
            if self.state is State.INCOMING:
                self._timers.set(timer, now + REPEAT_1XX_S)
                self._send_provisional()
        else:
            super()._fire(timer, deadline, now)

    def _send_provisional(self) -> None:
        contact = (("Contact", str(self._identity.contact)),)
        self._actions.append(
            Answer(self.key, self._response(self.request, self._provisional, headers=contact))
        )
