"""Setting a session up as the called side: RFC 3261 §13.3, CANCEL (§9.2), reliable 1xx (RFC 3262 §3, §5)."""

from __future__ import annotations

from collections import deque

from aywa.errors import LocalProtocolError, ParseError
from aywa.proto.sip import offer, reliable
from aywa.proto.sip.dialog import uas_dialog
from aywa.proto.sip.header import Reason
from aywa.proto.sip.identity import Identity
from aywa.proto.sip.layer_actions import ServerKey
from aywa.proto.sip.message import Request
from aywa.proto.sip.reliable import ReliableSender
from aywa.proto.sip.routing import Address
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.session_base import causes_of, reason_of
from aywa.proto.sip.session_states import Answer, AnswerArrived, SessionTimer, State
from aywa.proto.sip.timers import GIVE_UP, T1
from aywa.proto.sip.transaction_actions import later

REPEAT_1XX_S = 60.0  # §13.3.1.1
MAX_QUEUED = 4  # reliable responses that wait for the PRACK of the one before


class IncomingUsage(InviteUsage):
    """The called side. Raises RemoteProtocolError when the INVITE cannot make a dialog."""

    state: State = State.INCOMING

    def __init__(self, identity: Identity, invite: Request, key: ServerKey, source: Address) -> None:
        super().__init__(identity, invite.call_id, identity.tag())
        self.request = invite
        self.source = source
        self.key = key
        self.dialog = uas_dialog(invite, self.local_tag, source)
        self._must_be_reliable = "100rel" in invite.require
        self._may_be_reliable = identity.policy.reliable and "100rel" in (*invite.supported, *invite.require)
        self._reliable = ReliableSender(identity.rng)
        self._provisional = 0
        self._early_body = b""  # of an unreliable 1xx: the 2xx says the same
        self._described = False  # a reliable 1xx carried our description
        self._held: bytes | None = None  # the body of a 2xx that waits for a PRACK
        self._queue: deque[tuple[int, bytes]] = deque()
        self._learn(invite)
        if invite.body:
            self.slot.offer_received()

    @property
    def waiting(self) -> bool:
        """True while no final response was sent or is held."""
        return self.state is State.INCOMING

    @property
    def described(self) -> bool:
        """True once a reliable provisional response carried our description: the 2xx adds nothing to it."""
        return self._described

    @property
    def has_offer(self) -> bool:
        """False when the INVITE left the offer to us."""
        return bool(self.request.body)

    def ring(self, now: float, status: int = 180) -> None:
        """Send a provisional response, and again each minute. Raises LocalProtocolError once answered."""
        if self.state is not State.INCOMING:
            raise LocalProtocolError(f"cannot ring in {self.state.name}")
        self._announce(status, b"", now)

    def progress(self, body: bytes, now: float, status: int = 183) -> None:
        """Send a provisional response with a description, so that the caller hears us before the answer.

        `body` answers the INVITE's offer, or is our offer when it brought none; then the caller must know
        100rel. Where it does, the response is reliable, and `body` is what the 2xx stands on. Raises
        LocalProtocolError once answered, when something was described before, or without 100rel an offer.
        """
        if self.state is not State.INCOMING:
            raise LocalProtocolError(f"cannot describe early media in {self.state.name}")
        if self._described or self._early_body or self._is_described_in_queue():
            raise LocalProtocolError("early media was described before")
        if not self._may_be_reliable and not self.has_offer:
            raise LocalProtocolError("an offer in a provisional response needs a caller that knows 100rel")
        self._announce(status, body, now)

    def accept(self, body: bytes, now: float) -> None:
        """Answer 200 with `body`: the answer, or our offer when the INVITE brought none.

        Where a reliable provisional response described us, `body` says nothing any more; while its PRACK is
        awaited, the 200 waits too (RFC 3262 §3). Raises LocalProtocolError when the call is no longer waiting
        for it, or an offer of the peer waits for `answer_offer`: ask `state` first.
        """
        if self.state is not State.INCOMING:
            raise LocalProtocolError(f"cannot answer in {self.state.name}")
        if self._peer_change is not None:
            raise LocalProtocolError("an offer of the peer is to be answered first")
        if self._reliable.described:
            self._held = body
            self._timers.stop(SessionTimer.REPEAT_1XX)
            self._enter("2xx held")
        else:
            self._answer(body, now)

    def reject(
        self, status: int, now: float, *, headers: tuple[tuple[str, str], ...] = (), reason: str | None = None
    ) -> None:
        """Refuse the call with a final status from 300 to 699. Raises LocalProtocolError once answered."""
        if self.state not in (State.INCOMING, State.PRACK_WAITING):
            raise LocalProtocolError(f"cannot refuse in {self.state.name}")
        self._drop_peer_change()
        self._enter("300-699 sent")
        response = self._response(self.request, status, headers=headers)
        if reason is not None:
            response.reason = reason
        self._actions.append(Answer(self.key, response))
        self._end(False, status, response.reason)

    def hang_up(self, now: float, reason: str = "", cause: Reason | None = None) -> None:
        """End a session that was answered; one whose 200 still waits for a PRACK is refused with 480."""
        if self.state is State.PRACK_WAITING:
            self.reject(480, now)
        else:
            super().hang_up(now, reason, cause)

    def receive_cancel(self, now: float, cancel: Request | None = None) -> None:
        """The CANCEL of this INVITE came; after a final response it changes nothing (§9.2)."""
        if self.state not in (State.INCOMING, State.PRACK_WAITING):
            return
        self._drop_peer_change()
        self._enter("CANCEL received")
        self._actions.append(Answer(self.key, self._response(self.request, 487)))
        why = reason_of(cancel) if cancel is not None else ""
        causes = causes_of(cancel) if cancel is not None else ()
        self._end(True, 487, why or "cancelled by the caller", causes=causes)

    def invite_failed(self, now: float) -> None:
        """The INVITE's server transaction could not send."""
        if self.state in (State.INCOMING, State.PRACK_WAITING):
            self._drop_peer_change()
            self._enter("transport error")
            self._end(False, None, "the transport could not send")

    def answer_offer(self, body: bytes | None, now: float) -> None:
        """As for every session; the 200 of the call, and what else waited for a PRACK's offer, goes on."""
        super().answer_offer(body, now)
        self._go_on(now)

    # -- provisional responses

    def _announce(self, status: int, body: bytes, now: float) -> None:
        self._enter("1xx sent")
        self._provisional = status
        self._timers.set(SessionTimer.REPEAT_1XX, now + REPEAT_1XX_S)
        if not (self._must_be_reliable or (body and self._may_be_reliable)):
            self._early_body = self._early_body or body
            self._send_provisional(status, self._early_body)
        elif self._reliable.state is reliable.State.IDLE:
            self._send_reliable(status, body, now)
        elif body or not self._queue:
            # One at a time (§3). A queue of tones says nothing that the next one does not.
            self._queue.append((status, body))

    def _is_described_in_queue(self) -> bool:
        return any(body for _, body in self._queue)

    def _send_reliable(self, status: int, body: bytes, now: float) -> None:
        if body:
            self._described = True
            self.local_body = body
            if self.slot.state is offer.State.REMOTE:
                self.slot.answer_sent()
                self.peer_body = self.request.body
            else:
                self.slot.offer_sent()
        headers = (("Contact", str(self._identity.contact)), *self._reliable.number())
        response = self._response(
            self.request, status, headers=(*headers, *self._identity.capabilities()), body=body
        )
        self._reliable.sent(response)
        self._timers.set(SessionTimer.REPEAT_RELIABLE, now + T1)
        self._timers.set(SessionTimer.NO_PRACK, now + GIVE_UP)
        self._actions.append(Answer(self.key, response))

    def _send_provisional(self, status: int, body: bytes = b"") -> None:
        headers = (("Contact", str(self._identity.contact)), *self._identity.capabilities())
        self._actions.append(
            Answer(self.key, self._response(self.request, status, headers=headers, body=body))
        )

    def _receive_prack(self, request: Request, key: ServerKey, now: float) -> None:
        try:
            known = self._reliable.acknowledge(request)
        except ParseError:
            self._actions.append(Answer(key, self._response(request, 400)))
            return
        if not known:
            super()._receive_prack(request, key, now)
            return
        if self.state not in (State.INCOMING, State.PRACK_WAITING):
            self._actions.append(Answer(key, self._response(request, 200)))  # the final response overtook it
            return
        self._timers.stop(SessionTimer.REPEAT_RELIABLE, SessionTimer.NO_PRACK)
        offered = self._described and not self._settled and not self.has_offer
        self._settled = self._settled or self._described
        if offered and not self._take_answer(request.body):
            self._actions.append(Answer(key, self._response(request, 200)))
            self.reject(488, now)  # it has our offer, and answers nothing (RFC 3262 §5)
        elif request.body and not offered and self._is_idle() and self._settled:
            self._take_offer(request, key)
        elif request.body and not offered:
            self._actions.append(Answer(key, self._response(request, 488)))
            self._go_on(now)
        else:
            self._actions.append(Answer(key, self._response(request, 200)))
            if offered:
                self._actions.append(AnswerArrived(request.body))
            self._go_on(now)

    def _go_on(self, now: float) -> None:
        """Nothing waits for a PRACK any more: send what waited for it."""
        if self._peer_change is not None or self._reliable.state is not reliable.State.IDLE:
            return
        if self.state is State.PRACK_WAITING and self._held is not None:
            self._answer(self._held, now)
        elif self.state is State.INCOMING and self._queue:
            status, body = self._queue.popleft()
            self._send_reliable(status, body, now)

    def _answer(self, body: bytes, now: float) -> None:
        assert self.dialog is not None, "made with the session"
        if self._described:
            body = b""  # said in the 1xx already (RFC 3262 §5)
        else:
            self.local_body = body
            if self.slot.state is offer.State.REMOTE:
                self.slot.answer_sent()
                self.peer_body = self.request.body
            else:
                self.slot.offer_sent()
        self._reliable.over()
        self._queue.clear()
        self._timers.clear()
        self._enter("2xx sent")
        self.dialog.confirm()
        self._send_2xx(self.key, self.request, body, now)

    def _receive_bye(self, request: Request, key: ServerKey, now: float) -> None:
        if self.state in (State.INCOMING, State.PRACK_WAITING):
            # A BYE on the early dialog ends the INVITE too (§15.1.2).
            self._actions.append(Answer(self.key, self._response(self.request, 487)))
        super()._receive_bye(request, key, now)

    def _fire(self, timer: SessionTimer, deadline: float, now: float) -> None:
        match timer:
            case SessionTimer.REPEAT_1XX:
                if self.state is State.INCOMING:
                    self._announce(self._provisional, b"", now)
            case SessionTimer.REPEAT_RELIABLE if self._reliable.response is not None:
                self._reliable.interval_s *= 2
                self._timers.set(timer, later(deadline, self._reliable.interval_s, now))
                self._actions.append(Answer(self.key, self._reliable.response))
            case SessionTimer.NO_PRACK if self.state in (State.INCOMING, State.PRACK_WAITING):
                self._drop_peer_change()
                self._enter("no PRACK")
                self._actions.append(Answer(self.key, self._response(self.request, 504)))
                self._end(False, 504, "no PRACK")
            case _:
                super()._fire(timer, deadline, now)
