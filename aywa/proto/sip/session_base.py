"""What a session does once it has a dialog: 2xx and ACK, requests inside it, BYE (RFC 3261 §12-15).

`session_change.py` adds re-INVITE and UPDATE, `session_referral.py` REFER, `session.py` session timers and
INFO, `session_uac.py` and `session_uas.py` the two ways to set a session up. Table, timers and actions are in
`session_states.py`.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from aywa.errors import ParseError, RemoteProtocolError
from aywa.proto.sip import offer
from aywa.proto.sip.build import response_to
from aywa.proto.sip.dialog import Dialog
from aywa.proto.sip.header import Reason, parse_reasons
from aywa.proto.sip.identity import ACCEPT, Identity
from aywa.proto.sip.layer_actions import ServerKey
from aywa.proto.sip.machine import Machine, next_states
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.session_states import (
    TRANSITIONS,
    Answer,
    AnswerArrived,
    Ended,
    Established,
    SendAck,
    SessionAction,
    SessionTimer,
    StartRequest,
    State,
)
from aywa.proto.sip.session_timer import SessionClock
from aywa.proto.sip.timers import GIVE_UP, T1, T2
from aywa.proto.sip.transaction_actions import Failure, later
from aywa.proto.sip.transactions import branch_of

ACKS_KEPT = 32  # copies of a 2xx come within 32 s


@dataclass(slots=True)
class _Unacknowledged:
    """A 2xx of ours that waits for its ACK. `offered`: it made an offer, and the ACK brings the answer."""

    key: ServerKey
    response: Response
    offered: bool
    interval_s: float = T1


class SessionBase(Machine[State, SessionTimer, SessionAction]):
    """One input -> drain `actions()` -> wait until `deadline` or the next input."""

    NEXT = next_states(TRANSITIONS)
    dialog: Dialog | None = None

    def __init__(self, identity: Identity, call_id: str, local_tag: str) -> None:
        super().__init__()
        self.call_id = call_id
        self.local_tag = local_tag
        self.slot = offer.OfferSlot()
        self.clock = SessionClock(identity.policy)
        self.peer_allows: frozenset[str] = frozenset()  # methods the peer said it takes
        self._peer_refuses: frozenset[str] = frozenset()  # methods it has answered with 405 or 501
        self.local_body = b""  # what was described last, by us and by the peer
        self.peer_body = b""
        self._identity = identity
        self._unacknowledged: _Unacknowledged | None = None
        self._bye_branch = ""
        self._end_reason = ""
        self._cause: Reason | None = None
        self._acks: dict[tuple[str, int], SendAck] = {}  # by remote tag and CSeq: each 2xx copy is answered

    @property
    def alive(self) -> bool:
        """False once `Ended` was said."""
        return self.state is not State.TERMINATED

    # -- what the user asks

    def hang_up(self, now: float, reason: str = "", cause: Reason | None = None) -> None:
        """End a session that was answered: BYE now, or as soon as the ACK allows it (§15).

        `reason` is for our own records, `cause` for the peer: the Reason header of the BYE (RFC 3326).
        """
        if self.state is State.ANSWERED:
            self._end_reason, self._cause = reason, cause
            self._enter("hang up")
        elif self.state is State.CONFIRMED:
            self._end_reason, self._cause = reason, cause
            self._enter("hang up")
            self._send_bye(now)

    # -- what the network brings

    def receive_request(self, request: Request, key: ServerKey, now: float) -> None:
        """A request inside the dialog: the methods of ALLOW; others are the core's to answer."""
        dialog = self._dialog_of(request)
        if dialog is None or not self.alive:
            self._actions.append(Answer(key, self._response(request, 481)))
            return
        try:
            dialog.accept_sequence(request)
        except RemoteProtocolError as error:
            self._actions.append(Answer(key, self._response(request, error.status_hint)))
            return
        match request.method:
            case "BYE":
                self._receive_bye(request, key, now)
            case "INVITE":
                self._receive_reinvite(request, key, now)
            case "UPDATE":
                self._receive_update(request, key, now)
            case "PRACK":
                self._receive_prack(request, key, now)
            case "INFO":
                self._receive_info(request, key)
            case "REFER":
                self._receive_refer(request, key)
            case "NOTIFY":
                self._receive_notify(request, key)
            case _:
                pass

    def receive_ack(self, request: Request, now: float) -> None:
        """An ACK inside the dialog; one that nothing waits for is ignored."""
        waiting = self._unacknowledged
        if waiting is None or request.cseq.number != waiting.response.cseq.number:
            return
        self._unacknowledged = None
        self._timers.stop(SessionTimer.REPEAT_2XX, SessionTimer.NO_ACK)
        was_local = waiting.offered
        match self.state:
            case State.ANSWERED:
                self._enter("ACK")
                if was_local and not self._take_answer(request.body):
                    self._end_for("the ACK carries no answer", now)
                    return
                self._actions.append(Established(request.body if was_local else b""))
            case State.BYE_WAITING:
                self._enter("ACK")
                self._send_bye(now)
            case State.CONFIRMED if was_local:
                if self._take_answer(request.body):
                    self._actions.append(AnswerArrived(request.body))
                else:
                    self._end_for("the ACK carries no answer", now)
            case _:
                pass

    def receive_response(self, response: Response, now: float) -> None:
        """A response to a request of this session."""
        branch = branch_of(response)
        if branch == self._bye_branch:
            if response.status >= 200 and self.state is State.ENDING:
                # Whatever the final status is, the dialog is over for us (§15.1.1).
                self._enter("BYE answered")
                self._end(False, response.status, self._end_reason)
        elif response.cseq.method == "INVITE" and response.status // 100 == 2 and self._repeat_ack(response):
            return
        else:
            self._receive_change_response(response, now)

    def request_failed(self, branch: str, why: Failure, now: float) -> None:
        """The client transaction with `branch` got no final response."""
        if branch == self._bye_branch:
            if self.state is State.ENDING:
                self._enter("no response")
                self._end(False, None, self._end_reason or why.value)
        else:
            self._change_failed(branch, why, now)

    def dialog_of_sent(self, sent: Request) -> Dialog | None:
        """The dialog that counts the numbers of a request of ours."""
        return self.dialog

    def replace_request(self, sent: Request, again: Request) -> bool:
        """`sent` was challenged, and `again` is to take its place; False when nobody waits for it (§22.2)."""
        if branch_of(sent) != self._bye_branch or self.state is not State.ENDING:
            return False
        self._bye_branch = branch_of(again)
        return True

    # -- the confirmed phase

    def _receive_bye(self, request: Request, key: ServerKey, now: float) -> None:
        self._drop_peer_change()
        self._actions.append(Answer(key, self._response(request, 200)))
        crossed = self.state is State.ENDING
        self._enter("BYE received")
        self._end(not crossed, None, reason_of(request) or self._end_reason, causes=causes_of(request))

    def _receive_prack(self, request: Request, key: ServerKey, now: float) -> None:
        """A PRACK came; only who sent a reliable provisional response has a use for it (RFC 3262 §3)."""
        self._actions.append(Answer(key, self._response(request, 481)))

    # -- the hooks of `session_change.py`, `session_referral.py` and `session.py`

    @abstractmethod
    def _receive_reinvite(self, request: Request, key: ServerKey, now: float) -> None:
        """A re-INVITE came."""

    @abstractmethod
    def _receive_update(self, request: Request, key: ServerKey, now: float) -> None:
        """An UPDATE came."""

    @abstractmethod
    def _receive_info(self, request: Request, key: ServerKey) -> None:
        """An INFO came."""

    @abstractmethod
    def _receive_refer(self, request: Request, key: ServerKey) -> None:
        """A REFER came."""

    @abstractmethod
    def _receive_notify(self, request: Request, key: ServerKey) -> None:
        """A NOTIFY came."""

    @abstractmethod
    def _receive_change_response(self, response: Response, now: float) -> None:
        """A response came that may be to a re-INVITE or UPDATE of ours."""

    @abstractmethod
    def _change_failed(self, branch: str, why: Failure, now: float) -> None:
        """A client transaction failed that may be a re-INVITE or UPDATE of ours."""

    @abstractmethod
    def _drop_peer_change(self) -> None:
        """The session ends: answer the re-INVITE, UPDATE or PRACK that is open, if one is."""

    # -- shared with the set-up

    def _fire(self, timer: SessionTimer, deadline: float, now: float) -> None:
        match timer:
            case SessionTimer.REPEAT_2XX if self._unacknowledged is not None:
                waiting = self._unacknowledged
                waiting.interval_s = min(waiting.interval_s * 2, T2)
                self._timers.set(timer, later(deadline, waiting.interval_s, now))
                self._actions.append(Answer(waiting.key, waiting.response))
            case SessionTimer.NO_ACK if self._unacknowledged is not None:
                self._unacknowledged = None
                self._timers.stop(SessionTimer.REPEAT_2XX)
                self._end_reason = self._end_reason or "no ACK"
                self._cause = self._cause or Reason("SIP", 408, "no ACK")
                self._enter("no ACK")
                self._send_bye(now)
            case _:
                pass

    def _dialog_of(self, request: Request) -> Dialog | None:
        """The dialog this request belongs to (§12.2.2), or None."""
        dialog = self.dialog
        if dialog is None or (dialog.remote.tag or "") != (request.from_.tag or ""):
            return None
        return dialog

    def _response(
        self, request: Request, status: int, *, headers: tuple[tuple[str, str], ...] = (), body: bytes = b""
    ) -> Response:
        response = response_to(
            request,
            status,
            to_tag=self.local_tag,
            headers=headers,
            body=body,
            content_type=ACCEPT if body else None,
        )
        response.headers.add("Server", self._identity.product)
        return response

    def _add_body(self, request: Request, body: bytes) -> None:
        if body:
            request.headers.set("Content-Type", ACCEPT)
            request.body = body

    def _success(self, request: Request, body: bytes, now: float) -> Response:
        """The 200 of an INVITE or UPDATE: it settles the session timer (RFC 4028 §9)."""
        timer = self.clock.answer(request, now)
        self._arm_clock()
        headers = (("Contact", str(self._identity.contact)), *self._identity.capabilities(), *timer)
        return self._response(request, 200, headers=headers, body=body)

    def _send_2xx(self, key: ServerKey, request: Request, body: bytes, now: float) -> None:
        """Answer `request` with 200 and repeat it until its ACK (§13.3.1.4)."""
        response = self._success(request, body, now)
        offered = bool(body) and self.slot.state is offer.State.LOCAL
        self._unacknowledged = _Unacknowledged(key, response, offered)
        self._timers.set(SessionTimer.REPEAT_2XX, now + T1)
        self._timers.set(SessionTimer.NO_ACK, now + GIVE_UP)
        self._actions.append(Answer(key, response))

    def _send_ack(self, dialog: Dialog, sequence: int) -> None:
        """Acknowledge a 2xx, and remember how: each copy of it is acknowledged again (§13.2.2.4)."""
        ack = SendAck(dialog.ack(self._identity.via(), sequence), dialog.next_hop)
        self._acks[(dialog.remote.tag or "", sequence)] = ack
        if len(self._acks) > ACKS_KEPT:  # a call of days is refreshed thousands of times
            del self._acks[next(iter(self._acks))]
        self._actions.append(ack)

    def _repeat_ack(self, response: Response) -> bool:
        ack = self._acks.get((response.to.tag or "", response.cseq.number))
        if ack is None:
            return False
        self._actions.append(ack)
        return True

    def _take_answer(self, body: bytes) -> bool:
        """Close our open offer with `body`; False when there is none."""
        if not body:
            self.slot.refused()
            return False
        self.slot.answer_received()
        self.peer_body = body
        return True

    def _learn(self, message: Request | Response) -> None:
        """Note which methods the peer takes."""
        allowed = message.allow
        if allowed:
            self.peer_allows = frozenset(method.upper() for method in allowed) - self._peer_refuses

    def _arm_clock(self) -> None:
        for timer, at in (
            (SessionTimer.REFRESH, self.clock.refresh_at),
            (SessionTimer.EXPIRY, self.clock.expire_at),
        ):
            if at is None:
                self._timers.stop(timer)
            else:
                self._timers.set(timer, at)

    def _end_for(self, reason: str, now: float, status: int = 0) -> None:
        """Hang up because the peer broke the session; `status` says to it what was missing."""
        if self.state is State.CONFIRMED:
            self.hang_up(now, reason, Reason("SIP", status, reason) if status else None)

    def _send_bye(self, now: float) -> None:
        dialog = self.dialog
        assert dialog is not None, "only an answered session is hung up"
        self._drop_peer_change()
        bye = dialog.request("BYE", self._identity.via())
        if self._cause is not None:
            bye.headers.add("Reason", str(self._cause))
        self._bye_branch = branch_of(bye)
        self._timers.clear()
        self._actions.append(StartRequest(bye, dialog.next_hop))

    def _end(
        self,
        by_remote: bool,
        status: int | None,
        reason: str,
        response: Response | None = None,
        causes: tuple[Reason, ...] = (),
    ) -> None:
        """Say `Ended`, once: every way into TERMINATED comes through here."""
        self._timers.clear()
        self._unacknowledged = None
        self.clock.over()
        if self.dialog is not None:
            self.dialog.end()
        self._actions.append(Ended(by_remote, status, reason, response, causes))


def reason_of(message: Request | Response) -> str:
    """The Reason header (RFC 3326) as text, cut to 200 characters; empty when there is none."""
    return (message.headers.get("Reason") or "")[:200]


def causes_of(message: Request | Response) -> tuple[Reason, ...]:
    """The Reason headers read; none that can be read is none. At most four, their texts cut to 200."""
    found: list[Reason] = []
    for value in message.headers.get_all("Reason"):
        try:
            found += parse_reasons(value)
        except ParseError:
            continue
    return tuple(Reason(reason.protocol, reason.cause, reason.text[:200]) for reason in found[:4])
