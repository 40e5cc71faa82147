"""Changing a session that is there: re-INVITE (RFC 3261 §14) and UPDATE (RFC 3311), both ways, with glare.

| open here | the peer's re-INVITE gets | the peer's UPDATE with an offer gets |
|---|---|---|
| nothing | its answer | its answer |
| an offer of ours | 491 | 491 |
| an offer or request of the peer | 500 with Retry-After | 500 with Retry-After |

Our own change is one at a time. After a 491 it waits as §14.1 says and is sent again, after a 500 as its
Retry-After says, after a 422 it goes with the greater interval; 405 and 501 to an UPDATE make it a re-INVITE.
"""

from __future__ import annotations

from dataclasses import dataclass

from aywa.errors import LocalProtocolError, ParseError
from aywa.proto.sip import offer
from aywa.proto.sip.dialog import Dialog
from aywa.proto.sip.header import Reason, parse_retry_after
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
from aywa.proto.sip.transaction_actions import Failure
from aywa.proto.sip.transactions import branch_of

GLARE_MAX_ROUNDS = 5  # a peer that answers 491 for ever must not be asked for ever
RETRY_AFTER_MAX_S = 10  # a 500 that asks for more is a refusal
# Where a request inside the dialog still has a session to change.
_CHANGEABLE = (
    State.EARLY,
    State.INCOMING,
    State.PRACK_WAITING,
    State.ANSWERED,
    State.BYE_WAITING,
    State.CONFIRMED,
)


@dataclass(slots=True)
class _OwnChange:
    """A re-INVITE or UPDATE of ours under way, or waiting to be sent again."""

    method: str
    body: bytes
    dialog: Dialog
    slot: offer.OfferSlot
    refresh: bool = False  # asked for by the session timer: nobody waits to hear of it
    branch: str = ""
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class _PeerChange:
    """A request of the peer that waits for our answer to its offer."""

    key: ServerKey
    request: Request
    slot: offer.OfferSlot


class ChangingSession(SessionBase):
    """One input -> drain `actions()` -> wait until `deadline` or the next input."""

    def __init__(self, identity: Identity, call_id: str, local_tag: str) -> None:
        super().__init__(identity, call_id, local_tag)
        self.owns_call_id = False  # who waits longer after glare (§14.1)
        self._settled = False  # an offer was answered in the early dialog: UPDATE may make the next
        self._peer_change: _PeerChange | None = None
        self._own: _OwnChange | None = None

    # -- what the user asks

    def answer_offer(self, body: bytes | None, now: float) -> None:
        """Answer what `OfferArrived` announced; None refuses it with 488 and changes nothing.

        When a re-INVITE brought no offer, `body` is ours, and the answer comes with the ACK. With nothing
        open (the session ended meanwhile) nothing happens.
        """
        pending = self._peer_change
        if pending is None or self.dialog is None:
            return
        self._peer_change = None
        request = pending.request
        if body is None:
            pending.slot.refused()
            self._actions.append(Answer(pending.key, self._response(request, 488)))
            return
        self.local_body = body
        if pending.slot.state is offer.State.REMOTE:
            pending.slot.answer_sent()
            self.peer_body = request.body
        else:
            pending.slot.offer_sent()
        if request.method == "PRACK":
            self._actions.append(Answer(pending.key, self._response(request, 200, body=body)))
            return
        self.dialog.refresh_target(request)
        if request.method == "INVITE":
            self._send_2xx(pending.key, request, body, now)
        else:
            self._actions.append(Answer(pending.key, self._success(request, body, now)))

    def offer(self, body: bytes, now: float) -> None:
        """Send a re-INVITE with the offer `body` (§14.1). Raises LocalProtocolError unless it is our turn."""
        if self.state is not State.CONFIRMED or self._own is not None or not self._may_offer():
            raise LocalProtocolError("a re-INVITE needs a confirmed session without an open offer")
        self._begin("INVITE", body)

    def offer_anew(self, body: bytes) -> None:
        """Replace the offer of a change of ours that waits to be sent again: it was made before the peer's
        own, which has been answered since. Nothing happens while none waits.
        """
        own = self._own
        if own is not None and own.body and not own.refresh and self._is_idle():
            own.body = body

    def update(self, body: bytes, now: float) -> None:
        """Send an UPDATE, with the offer `body` or, empty, as a sign of life (RFC 3311 §5.1).

        In the early dialog too, once the INVITE's own offer was answered reliably. Raises LocalProtocolError
        when the peer does not take UPDATE, or it is not our turn.
        """
        if self.dialog is None or "UPDATE" not in self.peer_allows or self._own is not None:
            raise LocalProtocolError("an UPDATE needs a peer that allows it, and one at a time")
        early = self.state in (State.EARLY, State.INCOMING)
        if not early and self.state is not State.CONFIRMED:
            raise LocalProtocolError(f"cannot send UPDATE in {self.state.name}")
        if body and not ((self._settled or not early) and self._is_idle()):
            raise LocalProtocolError("an UPDATE with an offer needs every earlier offer answered")
        self._begin("UPDATE", body)

    def replace_request(self, sent: Request, again: Request) -> bool:
        """`sent` was challenged, and `again` is to take its place."""
        own = self._own
        if own is None or branch_of(sent) != own.branch or self.state not in _CHANGEABLE:
            return super().replace_request(sent, again)
        own.branch = branch_of(again)
        return True

    # -- requests of the peer

    def _receive_reinvite(self, request: Request, key: ServerKey, now: float) -> None:
        if self.state is not State.CONFIRMED or self._peer_change is not None:
            # Early or ending, or a second INVITE before the first was answered (§14.2).
            self._ask_later(request, key)
            return
        if self.slot.state is not offer.State.IDLE:  # an offer of ours that waits out a 491 is not open
            self._actions.append(Answer(key, self._response(request, 491)))
            return
        self._learn(request)
        # The peer would not send this before it saw our last 2xx: its ACK was lost.
        self._unacknowledged = None
        self._timers.stop(SessionTimer.REPEAT_2XX, SessionTimer.NO_ACK)
        if request.body:
            self.slot.offer_received()
        self._peer_change = _PeerChange(key, request, self.slot)
        self._actions.append(OfferArrived(request.body))

    def _receive_update(self, request: Request, key: ServerKey, now: float) -> None:
        dialog = self.dialog
        if dialog is None or self.state not in _CHANGEABLE:
            self._actions.append(Answer(key, self._response(request, 481)))
            return
        self._learn(request)
        if self._peer_change is not None:
            self._ask_later(request, key)  # before it, or a re-INVITE, was answered (RFC 3311 §5.2)
        elif not request.body:
            dialog.refresh_target(request)
            self._actions.append(Answer(key, self._success(request, b"", now)))
        elif self.slot.state is offer.State.LOCAL:
            self._actions.append(Answer(key, self._response(request, 491)))
        elif self.slot.state is offer.State.REMOTE:
            self._ask_later(request, key)  # the INVITE's own offer is not answered yet
        else:
            self._take_offer(request, key)

    def _take_offer(self, request: Request, key: ServerKey) -> None:
        self.slot.offer_received()
        self._peer_change = _PeerChange(key, request, self.slot)
        self._actions.append(OfferArrived(request.body))

    def _ask_later(self, request: Request, key: ServerKey) -> None:
        wait_s = str(self._identity.rng.randint(0, 10))
        self._actions.append(Answer(key, self._response(request, 500, headers=(("Retry-After", wait_s),))))

    def _drop_peer_change(self) -> None:
        """The session ends with a request open: pending requests of the dialog get 487 (§15.1.2)."""
        pending, self._peer_change = self._peer_change, None
        if pending is not None:
            self._actions.append(Answer(pending.key, self._response(pending.request, 487)))

    # -- our own change

    def _is_idle(self) -> bool:
        return self.slot.state is offer.State.IDLE and self._peer_change is None

    def _may_offer(self) -> bool:
        """False while an INVITE of the peer is under way, up to its ACK (§14.1)."""
        return self._is_idle() and self._unacknowledged is None

    def _begin(self, method: str, body: bytes, *, refresh: bool = False) -> None:
        assert self.dialog is not None, "checked by the caller"
        self._own = _OwnChange(method, body, self.dialog, self.slot, refresh)
        self._send_change(self._own)

    def _send_change(self, own: _OwnChange) -> None:
        via = self._identity.via()
        request = own.dialog.request(own.method, via, contact=self._identity.contact)
        self._add_body(request, own.body)
        for name, value in (*self._identity.capabilities(), *self.clock.ask()):
            request.headers.add(name, value)
        own.branch = via.branch or ""
        if own.body:
            own.slot.offer_sent()
        self._actions.append(StartRequest(request, own.dialog.next_hop))

    def _fire(self, timer: SessionTimer, deadline: float, now: float) -> None:
        own = self._own
        if timer is not SessionTimer.GLARE:
            super()._fire(timer, deadline, now)
        elif own is not None and self.state in _CHANGEABLE:
            free = self._may_offer() if own.method == "INVITE" else self._is_idle() or not own.body
            if free:
                self._send_change(own)
            else:
                self._timers.set(timer, now + T1)  # the peer was faster: after its offer, ours

    def _change_failed(self, branch: str, why: Failure, now: float) -> None:
        own = self._own
        if own is not None and branch == own.branch:
            # No answer at all is a 408, and that ends the dialog (§12.2.1.2).
            self._own = None
            if own.body:
                own.slot.refused()
            if own.refresh and why is Failure.TRANSPORT:
                return  # it is tried again until the interval ends: a network may come back
            if self.state is State.CONFIRMED:
                self._end_for(f"the {_name(own)} was not answered", now, 408)
            elif self.state in _CHANGEABLE:
                self._actions.append(OfferRefused(408))

    def _receive_change_response(self, response: Response, now: float) -> None:
        own = self._own
        if own is None or branch_of(response) != own.branch or response.status < 200:
            return
        if response.status < 300:
            self._own = None
            self._change_accepted(own, response, now)
            return
        if own.body:
            own.slot.refused()
        own.rounds += 1
        if (
            self.state in _CHANGEABLE
            and own.rounds < GLARE_MAX_ROUNDS
            and self._ask_again(own, response, now)
        ):
            return
        self._own = None
        if response.status in (408, 481) and self.state is State.CONFIRMED:
            self._end_for("the peer no longer knows the session", now)
        elif self.state in _CHANGEABLE and not own.refresh:
            self._actions.append(OfferRefused(response.status))

    def _change_accepted(self, own: _OwnChange, response: Response, now: float) -> None:
        own.dialog.refresh_target(response)
        self._learn(response)
        if own.method == "INVITE":
            self._send_ack(own.dialog, response.cseq.number)
        if self.state in _CHANGEABLE:
            self.clock.answered(response, now)
            self._arm_clock()
        if not own.body:
            return
        known = self.peer_body
        if not self._take_answer(response.body):
            self._end_for("the 2xx carries no answer", now)
        elif self.state in _CHANGEABLE:
            self.local_body = own.body
            if not own.refresh or response.body != known:
                self._actions.append(AnswerArrived(response.body))

    def _ask_again(self, own: _OwnChange, response: Response, now: float) -> bool:
        """Whether the same change is sent once more, now or later."""
        match response.status:
            case 491:
                # §14.1: the owner of the Call-ID waits 2.1 to 4 s, the other side 0 to 2 s, by 10 ms.
                low, high = (210, 400) if self.owns_call_id else (0, 200)
                self._timers.set(SessionTimer.GLARE, now + self._identity.rng.randint(low, high) / 100)
            case 500 if (wait_s := _retry_after(response)) is not None:
                self._timers.set(SessionTimer.GLARE, now + max(wait_s, T1))
            case 422 if self.clock.raise_to(response):
                self._send_change(own)
            case 405 | 501 if own.method == "UPDATE":
                self._peer_refuses |= {"UPDATE"}  # whatever its Allow goes on saying
                self.peer_allows -= self._peer_refuses
                body = own.body or self.local_body
                if self.state is not State.CONFIRMED or not body or not self._may_offer():
                    return False
                own.method, own.body = "INVITE", body
                self._send_change(own)
            case _:
                return False
        return True

    def _end(
        self,
        by_remote: bool,
        status: int | None,
        reason: str,
        response: Response | None = None,
        causes: tuple[Reason, ...] = (),
    ) -> None:
        super()._end(by_remote, status, reason, response, causes)
        if self._own is not None:
            if self._own.method == "INVITE":
                # A peer that said 100 and then nothing would keep the transaction in Proceeding for ever.
                self._actions.append(AbandonInvite(self._own.branch))
            self._own = None


def _name(own: _OwnChange) -> str:
    return "re-INVITE" if own.method == "INVITE" else own.method


def _retry_after(response: Response) -> int | None:
    """The seconds of a Retry-After short enough to wait for; None when there is none."""
    try:
        wait_s = parse_retry_after(response.headers.get("Retry-After") or "").seconds
    except ParseError:
        return None
    return wait_s if wait_s <= RETRY_AFTER_MAX_S else None
