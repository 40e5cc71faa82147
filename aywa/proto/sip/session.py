"""The INVITE usage: one session from INVITE to BYE, whichever side began it (RFC 3261 §12-15).

`session_base.py` holds what a session does anyway; this file adds re-INVITE and its glare (§14).
"""

from __future__ import annotations

from dataclasses import dataclass

from aywa.errors import LocalProtocolError
from aywa.proto.sip import offer
from aywa.proto.sip.identity import Identity
from aywa.proto.sip.layer_actions import ServerKey
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.session_base import SessionBase
from aywa.proto.sip.session_states import (
    AbandonInvite,
    Answer,
    AnswerArrived,
    OfferArrived,
    OfferRefused,
    SessionTimer,
    StartRequest,
    State,
)
from aywa.proto.sip.timers import T1
from aywa.proto.sip.transactions import branch_of

GLARE_MAX_ROUNDS = 5  # a peer that answers 491 for ever must not be asked for ever


@dataclass(slots=True)
class _OwnOffer:
    """A re-INVITE of ours under way, or waiting to be sent again after a 491."""

    body: bytes
    branch: str = ""
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class _PeerOffer:
    """A re-INVITE of the peer that waits for our answer."""

    key: ServerKey
    request: Request


class InviteUsage(SessionBase):
    """One input -> drain `actions()` -> wait until `deadline` or the next input."""

    def __init__(self, identity: Identity, call_id: str, local_tag: str) -> None:
        super().__init__(identity, call_id, local_tag)
        self.owns_call_id = False  # who waits longer after glare (§14.1)
        self._peer_offer: _PeerOffer | None = None
        self._own_offer: _OwnOffer | None = None

    def answer_offer(self, body: bytes | None, now: float) -> None:
        """Answer the re-INVITE announced by `OfferArrived`; None refuses it with 488 and changes nothing.

        When the re-INVITE brought no offer, `body` is ours, and the answer comes with the ACK. Without an
        open re-INVITE (the session ended meanwhile) nothing happens.
        """
        pending = self._peer_offer
        if pending is None or self.dialog is None:
            return
        self._peer_offer = None
        if body is None:
            self.slot.refused()
            self._actions.append(Answer(pending.key, self._response(pending.request, 488)))
            return
        if self.slot.state is offer.State.REMOTE:
            self.slot.answer_sent()
        else:
            self.slot.offer_sent()
        self.dialog.refresh_target(pending.request)
        self._send_2xx(pending.key, pending.request, body, now)

    def offer(self, body: bytes, now: float) -> None:
        """Send a re-INVITE with the offer `body` (§14.1). Raises LocalProtocolError unless it is our turn."""
        if self.state is not State.CONFIRMED or self._own_offer is not None or not self._may_offer():
            raise LocalProtocolError("a re-INVITE needs a confirmed session without an open offer")
        self._own_offer = _OwnOffer(body)
        self._send_reinvite()

    def replace_request(self, sent: Request, again: Request) -> bool:
        """`sent` was challenged, and `again` is to take its place."""
        own = self._own_offer
        if own is None or branch_of(sent) != own.branch or self.state is not State.CONFIRMED:
            return super().replace_request(sent, again)
        own.branch = branch_of(again)
        return True

    def _fire(self, timer: SessionTimer, deadline: float, now: float) -> None:
        if timer is not SessionTimer.GLARE:
            super()._fire(timer, deadline, now)
        elif self._own_offer is not None and self.state is State.CONFIRMED:
            if self._may_offer():
                self._send_reinvite()
            else:
                self._timers.set(timer, now + T1)  # the peer was faster: after its offer, ours

    def _offer_failed(self, branch: str, now: float) -> None:
        if self._own_offer is not None and branch == self._own_offer.branch:
            # No answer at all is a 408, and that ends the dialog (§12.2.1.2).
            self._own_offer = None
            self.slot.refused()
            self._end_for("the re-INVITE was not answered", now)

    def _drop_peer_offer(self) -> None:
        """The session ends with a re-INVITE open: pending requests of the dialog get 487 (§15.1.2)."""
        pending, self._peer_offer = self._peer_offer, None
        if pending is not None:
            self._actions.append(Answer(pending.key, self._response(pending.request, 487)))

    def _receive_reinvite(self, request: Request, key: ServerKey, now: float) -> None:
        if self.state is not State.CONFIRMED or self._peer_offer is not None:
            # Early or ending, or a second INVITE before the first was answered (§14.2).
            wait_s = str(self._identity.rng.randint(0, 10))
            retry = self._response(request, 500, headers=(("Retry-After", wait_s),))
            self._actions.append(Answer(key, retry))
            return
        if self.slot.state is not offer.State.IDLE:  # an offer of ours that waits out a 491 is not open
            self._actions.append(Answer(key, self._response(request, 491)))
            return
        # The peer would not send this before it saw our last 2xx: its ACK was lost.
        self._unacknowledged = None
        self._timers.stop(SessionTimer.REPEAT_2XX, SessionTimer.NO_ACK)
        if request.body:
            self.slot.offer_received()
        self._peer_offer = _PeerOffer(key, request)
        self._actions.append(OfferArrived(request.body))

    def _end(
        self, by_remote: bool, status: int | None, reason: str, response: Response | None = None
    ) -> None:
        super()._end(by_remote, status, reason, response)
        if self._own_offer is not None:
            # A peer that said 100 and then nothing would keep the transaction in Proceeding for ever.
            self._actions.append(AbandonInvite(self._own_offer.branch))
            self._own_offer = None

    def _may_offer(self) -> bool:
        """False while an INVITE of the peer is under way, up to its ACK (§14.1)."""
        idle = self.slot.state is offer.State.IDLE
        return idle and self._peer_offer is None and self._unacknowledged is None

    def _send_reinvite(self) -> None:
        own, dialog = self._own_offer, self.dialog
        assert own is not None, "made by the caller"
        assert dialog is not None, "the session is confirmed"
        via = self._identity.via()
        request = dialog.request("INVITE", via, contact=self._identity.contact)
        self._add_body(request, own.body)
        for name, value in self._identity.capabilities():
            request.headers.add(name, value)
        own.branch = via.branch or ""
        self.slot.offer_sent()
        self._actions.append(StartRequest(request, dialog.next_hop))

    def _receive_offer_response(self, response: Response, now: float) -> None:
        own, dialog = self._own_offer, self.dialog
        if own is None or branch_of(response) != own.branch or response.status < 200:
            return
        assert dialog is not None, "the session is confirmed"
        if response.status < 300:
            dialog.refresh_target(response)
            self._send_ack(dialog, response.cseq.number)
            self._own_offer = None
            if self._take_answer(response.body):
                if self.state is State.CONFIRMED:
                    self._actions.append(AnswerArrived(response.body))
            else:
                self._end_for("the 2xx carries no answer", now)
            return
        self.slot.refused()
        own.rounds += 1
        if response.status == 491 and own.rounds < GLARE_MAX_ROUNDS and self.state is State.CONFIRMED:
            # §14.1: the owner of the Call-ID waits 2.1 to 4 s, the other side 0 to 2 s, in steps of 10 ms.
            low, high = (210, 400) if self.owns_call_id else (0, 200)
            self._timers.set(SessionTimer.GLARE, now + self._identity.rng.randint(low, high) / 100)
            return
        self._own_offer = None
        if response.status in (408, 481):
            self._end_for("the peer no longer knows the session", now)
        elif self.state is State.CONFIRMED:
            self._actions.append(OfferRefused(response.status))
