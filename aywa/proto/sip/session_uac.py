"""Setting a session up as the caller: RFC 3261 §13.2, with CANCEL (§9.1) and forking (§13.2.2.4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from aywa.proto.sip.build import cancel_for, new_request
from aywa.proto.sip.dialog import uac_dialog
from aywa.proto.sip.header import NameAddr
from aywa.proto.sip.identity import ACCEPT, Identity
from aywa.proto.sip.layer_actions import ServerKey
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.routing import Address
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.session_base import reason_of
from aywa.proto.sip.session_states import (
    AbandonInvite,
    Established,
    Ringing,
    SessionTimer,
    StartRequest,
    State,
)
from aywa.proto.sip.timers import GIVE_UP
from aywa.proto.sip.transaction_actions import Failure
from aywa.proto.sip.transactions import branch_of
from aywa.proto.sip.uri import Uri


@dataclass(frozen=True, slots=True)
class CallParameters:
    """Whom to call, as whom, with which offer. `ring_limit_s`: cancelled after ringing that long."""

    target: Uri
    from_uri: Uri
    offer: bytes
    destination: Address
    headers: tuple[tuple[str, str], ...] = ()
    ring_limit_s: float = 60.0
    from_display: str = ""


@dataclass(slots=True)
class _SetUp:
    """What is known while the call is being set up."""

    invite: Request
    destination: Address
    branch: str
    early_answer: dict[str, bytes] = field(default_factory=dict)  # by remote tag, from 1xx


class OutgoingUsage(InviteUsage):
    """The caller's side. The constructor's actions hold the INVITE."""

    state: State = State.CALLING

    def __init__(self, identity: Identity, parameters: CallParameters, *, now: float) -> None:
        super().__init__(identity, identity.call_id(), identity.tag())
        self.owns_call_id = True
        invite = self._invite(parameters)
        self._set_up = _SetUp(invite, parameters.destination, branch_of(invite))
        self.slot.offer_sent()
        self._timers.set(SessionTimer.RING_LIMIT, now + parameters.ring_limit_s)
        self._actions.append(StartRequest(invite, parameters.destination))

    @property
    def destination(self) -> Address:
        """Where the INVITE was sent."""
        return self._set_up.destination

    def cancel(self, now: float, reason: str = "cancelled") -> None:
        """Stop calling. A 2xx that crosses the CANCEL is acknowledged and hung up (§9.1)."""
        if self.state is State.CALLING:
            self._end_reason = reason
            self._timers.stop(SessionTimer.RING_LIMIT)
            self._enter("cancel")
        elif self.state is State.EARLY:
            self._end_reason = reason
            self._enter("cancel")
            self._send_cancel(now)

    def receive_response(self, response: Response, now: float) -> None:
        """A response to a request of this session."""
        if branch_of(response) != self._set_up.branch or response.cseq.method != "INVITE":
            super().receive_response(response, now)  # also the response to a CANCEL, which says nothing
        elif response.status < 200:
            self._receive_provisional(response, now)
        elif response.status < 300:
            self._receive_success(response, now)
        elif self.state in (State.CALLING, State.EARLY, State.CANCEL_WAITING, State.CANCELLING):
            self._enter("300-699")
            self._end(
                True, response.status, self._end_reason or reason_of(response) or response.reason, response
            )

    def request_failed(self, branch: str, why: Failure, now: float) -> None:
        """The client transaction with `branch` got no final response."""
        if branch != self._set_up.branch:
            super().request_failed(branch, why, now)
        elif self.state in (State.CALLING, State.CANCEL_WAITING):
            self._enter("no response")
            # A timeout counts as 408, a transport that fails as 503 (§8.1.3.1).
            status = 503 if why is Failure.TRANSPORT else 408
            self._end(False, status, self._end_reason or why.value)

    def replace_request(self, sent: Request, again: Request) -> bool:
        """`sent` was challenged, and `again` is to take its place. A call that is being cancelled is not."""
        if branch_of(sent) != self._set_up.branch:
            return super().replace_request(sent, again)
        if self.state not in (State.CALLING, State.EARLY):
            return False
        self._enter("challenged")
        self.dialog = None  # early dialogs end with the final response that the challenge is
        self._set_up = _SetUp(again, self._set_up.destination, branch_of(again))
        return True

    def _receive_provisional(self, response: Response, now: float) -> None:
        if self.state not in (State.CALLING, State.EARLY, State.CANCEL_WAITING, State.CANCELLING):
            return
        waiting = self.state is State.CANCEL_WAITING
        tag = response.to.tag
        if tag and response.status > 100:
            self.dialog = uac_dialog(self._set_up.invite, response, self._set_up.destination)
            if response.body:
                self._set_up.early_answer[tag] = response.body
        self._enter("1xx")
        if waiting:
            self._send_cancel(now)
        if response.status > 100:
            self._actions.append(Ringing(response))

    def _receive_success(self, response: Response, now: float) -> None:
        if self._repeat_ack(response):
            return
        dialog = uac_dialog(self._set_up.invite, response, self._set_up.destination)
        if self.state not in (State.CALLING, State.EARLY, State.CANCEL_WAITING, State.CANCELLING):
            # The request was forked and a second branch answered too: it is let go at once (§13.2.2.4).
            self._send_ack(dialog, response.cseq.number)
            bye = dialog.request("BYE", self._identity.via())
            self._actions.append(StartRequest(bye, dialog.next_hop))
            return
        dialog.confirm()
        self.dialog = dialog
        self._timers.clear()
        cancelled = self.state in (State.CANCEL_WAITING, State.CANCELLING)
        self._enter("2xx")
        self._send_ack(dialog, response.cseq.number)
        # A server that answered in a 183 may leave the 2xx empty; §13.2.1 wants it repeated, not all do.
        answer = response.body or self._set_up.early_answer.get(response.to.tag or "", b"")
        if cancelled:
            self.slot.refused()
            self._send_bye(now)
        elif self._take_answer(answer):
            self._actions.append(Established(answer))
        else:
            self._end_for("the 2xx carries no answer", now)

    def _receive_bye(self, request: Request, key: ServerKey, now: float) -> None:
        """Also before our 2xx came: all its copies were lost, and the callee gave up (§13.3.1.4)."""
        unanswered = self.state in (State.EARLY, State.CANCELLING)
        super()._receive_bye(request, key, now)
        if unanswered:
            self._actions.append(AbandonInvite(self._set_up.branch))

    def _send_cancel(self, now: float) -> None:
        self._timers.clear()
        self._timers.set(SessionTimer.CANCEL_LIMIT, now + GIVE_UP)
        self._actions.append(StartRequest(cancel_for(self._set_up.invite), self._set_up.destination))

    def _fire(self, timer: SessionTimer, deadline: float, now: float) -> None:
        match timer:
            case SessionTimer.RING_LIMIT:
                self.cancel(now, "no answer in time")
            case SessionTimer.CANCEL_LIMIT if self.state is State.CANCELLING:
                self._enter("no response")
                self._actions.append(AbandonInvite(self._set_up.branch))
                self._end(False, 408, self._end_reason)
            case _:
                super()._fire(timer, deadline, now)

    def _invite(self, parameters: CallParameters) -> Request:
        own = (*self._identity.capabilities(), ("User-Agent", self._identity.product))
        return new_request(
            "INVITE",
            parameters.target,
            via=self._identity.via(),
            from_=NameAddr(parameters.from_display, parameters.from_uri, {"tag": self.local_tag}),
            to=NameAddr("", parameters.target.without_headers()),
            call_id=self.call_id,
            # Not always 1: a random start tells two calls apart in a trace (§8.1.1.5 allows any).
            cseq=self._identity.rng.randint(1, 9999),
            contact=self._identity.contact,
            headers=(*own, *parameters.headers),
            body=parameters.offer,
            content_type=ACCEPT,
        )
