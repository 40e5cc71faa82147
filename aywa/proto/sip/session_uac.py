"""Setting a session up as the caller: RFC 3261 §13.2, CANCEL (§9.1), forking (§13.2.2.4), PRACK (RFC 3262).

A forked call has an early dialog for each branch that rings, each with its own offer, order of reliable
responses, and early media. The first 2xx makes the session; every other is acknowledged and hung up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from aywa.proto.sip import offer
from aywa.proto.sip.build import cancel_for, new_request
from aywa.proto.sip.dialog import Dialog, uac_dialog
from aywa.proto.sip.header import NameAddr, Reason
from aywa.proto.sip.identity import ACCEPT, Identity
from aywa.proto.sip.layer_actions import ServerKey
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.reliable import RAck, ReliableReceiver, rseq_of
from aywa.proto.sip.routing import Address
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.session_base import causes_of, reason_of
from aywa.proto.sip.session_states import (
    AbandonInvite,
    EarlyMedia,
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

MAX_BRANCHES = 16  # early dialogs of one call; a peer that forks further is heard, not remembered
MAX_ROUNDS = 3  # how often a 422 is met with a greater interval
_SETTING_UP = (State.CALLING, State.EARLY, State.CANCEL_WAITING, State.CANCELLING)


@dataclass(frozen=True, slots=True)
class Continuation:
    """The call an INVITE goes on with after a redirect: same Call-ID and tag, a greater CSeq (§8.1.3.4)."""

    call_id: str
    local_tag: str
    sequence: int


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
    to: Uri | None = None  # what To says where it is not the target: the first target, after a redirect
    continues: Continuation | None = None


@dataclass(slots=True)
class _Branch:
    """One early dialog."""

    dialog: Dialog
    slot: offer.OfferSlot
    reliable: ReliableReceiver = field(default_factory=ReliableReceiver)
    answer: bytes = b""  # what a 1xx described: a foretaste until `settled`
    settled: bool = False


@dataclass(slots=True)
class _SetUp:
    """What is known while the call is being set up."""

    parameters: CallParameters
    invite: Request
    branch: str
    rounds: int = 0
    branches: dict[str, _Branch] = field(default_factory=dict)  # by remote tag


class OutgoingUsage(InviteUsage):
    """The caller's side. The constructor's actions hold the INVITE."""

    state: State = State.CALLING

    def __init__(self, identity: Identity, parameters: CallParameters, *, now: float) -> None:
        before = parameters.continues
        super().__init__(
            identity,
            before.call_id if before is not None else identity.call_id(),
            before.local_tag if before is not None else identity.tag(),
        )
        self.owns_call_id = True
        self.local_body = parameters.offer
        # Not always 1: a random start tells two calls apart in a trace (§8.1.1.5 allows any).
        sequence = before.sequence if before is not None else identity.rng.randint(1, 9999)
        invite = self._invite(parameters, sequence)
        self._set_up = _SetUp(parameters, invite, branch_of(invite))
        self.slot.offer_sent()
        self._timers.set(SessionTimer.RING_LIMIT, now + parameters.ring_limit_s)
        self._actions.append(StartRequest(invite, parameters.destination))

    @property
    def destination(self) -> Address:
        """Where the INVITE was sent."""
        return self._set_up.parameters.destination

    @property
    def continuation(self) -> Continuation:
        """What the INVITE of a redirected call goes on with."""
        return Continuation(self.call_id, self.local_tag, self._set_up.invite.cseq.number + 1)

    def cancel(self, now: float, reason: str = "cancelled", cause: Reason | None = None) -> None:
        """Stop calling. A 2xx that crosses the CANCEL is acknowledged and hung up (§9.1).

        `cause` goes to the peer as the Reason header of the CANCEL, or of the BYE (RFC 3326).
        """
        if self.state is State.CALLING:
            self._end_reason, self._cause = reason, cause
            self._timers.stop(SessionTimer.RING_LIMIT)
            self._enter("cancel")
        elif self.state is State.EARLY:
            self._end_reason, self._cause = reason, cause
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
        elif self.state in _SETTING_UP:
            if response.status == 422 and self._ask_longer(response):
                return
            self._drop_peer_change()
            self._enter("300-699")
            why = self._end_reason or reason_of(response) or response.reason
            self._end(True, response.status, why, response, causes_of(response))

    def request_failed(self, branch: str, why: Failure, now: float) -> None:
        """The client transaction with `branch` got no final response."""
        if branch != self._set_up.branch:
            super().request_failed(branch, why, now)
        elif self.state in (State.CALLING, State.CANCEL_WAITING):
            self._enter("no response")
            # A timeout counts as 408, a transport that fails as 503 (§8.1.3.1).
            status = 503 if why is Failure.TRANSPORT else 408
            self._end(False, status, self._end_reason or why.value)

    def dialog_of_sent(self, sent: Request) -> Dialog | None:
        """Before the 2xx, each branch counts for itself."""
        branch = self._set_up.branches.get(sent.to.tag or "")
        return branch.dialog if branch is not None and self.state in _SETTING_UP else self.dialog

    def replace_request(self, sent: Request, again: Request) -> bool:
        """`sent` was challenged, and `again` is to take its place. A call that is being cancelled is not."""
        if sent.method == "PRACK":
            return self.state in _SETTING_UP
        if branch_of(sent) != self._set_up.branch:
            return super().replace_request(sent, again)
        if self.state not in (State.CALLING, State.EARLY):
            return False
        self._enter("challenged")
        self._begin_again(again, self._set_up.rounds)
        return True

    def _begin_again(self, invite: Request, rounds: int) -> None:
        """Early dialogs end with the final response that made us ask again."""
        self._drop_peer_change()
        self._own = None
        self._set_up = _SetUp(self._set_up.parameters, invite, branch_of(invite), rounds)
        self.dialog, self.slot, self._settled = None, _slot_with_offer(), False

    def _receive_provisional(self, response: Response, now: float) -> None:
        if self.state not in _SETTING_UP:
            return
        waiting = self.state is State.CANCEL_WAITING
        self._enter("1xx")
        if waiting:
            self._send_cancel(now)
        if response.status == 100:
            return
        branch = self._branch(response)
        if branch is None:
            self._actions.append(Ringing(response))
            return
        rseq = rseq_of(response)
        if rseq is not None:
            if not branch.reliable.take(rseq):
                return  # a copy, or one whose predecessor was lost: it comes again (RFC 3262 §4)
            self._send_prack(branch, RAck(rseq, response.cseq.number, "INVITE"))
        self._learn(response)
        self.dialog, self.slot = branch.dialog, branch.slot
        self._settled = branch.settled
        self._actions.append(Ringing(response))
        if response.body and response.content_type == ACCEPT:
            self._take_early(branch, response, reliable=rseq is not None)

    def _branch(self, response: Response) -> _Branch | None:
        """The early dialog of this response; None when it makes none, or one too many."""
        tag, branches = response.to.tag, self._set_up.branches
        if not tag:
            return None
        if tag not in branches:
            if len(branches) >= MAX_BRANCHES:
                return None
            dialog = uac_dialog(self._set_up.invite, response, self.destination)
            branches[tag] = _Branch(dialog, _slot_with_offer())
        return branches[tag]

    def _take_early(self, branch: _Branch, response: Response, *, reliable: bool) -> None:
        if branch.settled:
            return  # the answer stands; only an UPDATE changes it now
        known, branch.answer = branch.answer, response.body
        if reliable:
            branch.slot.answer_received()
            branch.settled = self._settled = True
            self.peer_body = response.body
        if reliable or response.body != known:
            self._actions.append(EarlyMedia(response.to.tag or "", response.body, reliable))

    def _send_prack(self, branch: _Branch, rack: RAck) -> None:
        prack = branch.dialog.request("PRACK", self._identity.via())
        prack.headers.add("RAck", str(rack))
        self._actions.append(StartRequest(prack, branch.dialog.next_hop))

    def _receive_success(self, response: Response, now: float) -> None:
        if self._repeat_ack(response):
            return
        dialog = uac_dialog(self._set_up.invite, response, self.destination)
        branch = self._set_up.branches.get(response.to.tag or "")
        if branch is not None:
            # The 2xx says route and target anew (§13.2.2.4), but PRACK and UPDATE have counted on.
            dialog.local_sequence = branch.dialog.local_sequence
            dialog.remote_sequence = branch.dialog.remote_sequence
        if self.state not in _SETTING_UP:
            # The request was forked and a second branch answered too: it is let go at once (§13.2.2.4).
            self._send_ack(dialog, response.cseq.number)
            bye = dialog.request("BYE", self._identity.via())
            if branch is not None:
                branch.dialog.local_sequence = dialog.local_sequence
            self._actions.append(StartRequest(bye, dialog.next_hop))
            return
        self._leave_other_branches(branch, dialog)
        # Changed by UPDATE since, where that was the branch heard last.
        settled = branch is not None and branch.settled
        described = self.peer_body if branch is not None and self.slot is branch.slot else b""
        dialog.confirm()
        self.dialog = dialog
        self.slot = branch.slot if branch is not None else _slot_with_offer()
        self._timers.clear()
        cancelled = self.state in (State.CANCEL_WAITING, State.CANCELLING)
        self._enter("2xx")
        self._learn(response)
        self._send_ack(dialog, response.cseq.number)
        if cancelled:
            self.slot.refused()
            self._send_bye(now)
            return
        self.clock.answered(response, now)
        self._arm_clock()
        if settled and branch is not None:
            self._actions.append(Established(described or branch.answer))
            return
        # A server that answered in a 183 may leave the 2xx empty; §13.2.1 wants it repeated, not all do.
        answer = response.body or (branch.answer if branch is not None else b"")
        if self._take_answer(answer):
            self._actions.append(Established(answer))
        else:
            self._end_for("the 2xx carries no answer", now)

    def _leave_other_branches(self, chosen: _Branch | None, dialog: Dialog) -> None:
        """What is open with another early dialog ends with it; what is open with the chosen one goes on."""
        slot = chosen.slot if chosen is not None else None
        if self._peer_change is not None and self._peer_change.slot is not slot:
            self._drop_peer_change()
        if self._own is not None and self._own.slot is slot:
            self._own.dialog = dialog
        else:
            self._own = None

    def _ask_longer(self, response: Response) -> bool:
        """Send the INVITE again with the interval that a 422 asks for (RFC 4028 §7.3)."""
        set_up = self._set_up
        if self.state not in (State.CALLING, State.EARLY) or set_up.rounds == MAX_ROUNDS:
            return False
        if not self.clock.raise_to(response):
            return False
        self._enter("asked again")
        invite = self._invite(set_up.parameters, set_up.invite.cseq.number + 1)
        self._begin_again(invite, set_up.rounds + 1)
        self._actions.append(StartRequest(invite, self.destination))
        return True

    def _dialog_of(self, request: Request) -> Dialog | None:
        """Before the 2xx, a request may come from any branch: what it says is about that one."""
        branch = self._set_up.branches.get(request.from_.tag or "")
        if branch is not None and self.state in (State.EARLY, State.CANCELLING):
            self.dialog, self.slot, self._settled = branch.dialog, branch.slot, branch.settled
        return super()._dialog_of(request)

    def _receive_bye(self, request: Request, key: ServerKey, now: float) -> None:
        """Also before our 2xx came: all its copies were lost, and the callee gave up (§13.3.1.4)."""
        unanswered = self.state in (State.EARLY, State.CANCELLING)
        super()._receive_bye(request, key, now)
        if unanswered:
            self._actions.append(AbandonInvite(self._set_up.branch))

    def _send_cancel(self, now: float) -> None:
        self._timers.clear()
        self._timers.set(SessionTimer.CANCEL_LIMIT, now + GIVE_UP)
        headers = (("Reason", str(self._cause)),) if self._cause is not None else ()
        self._actions.append(StartRequest(cancel_for(self._set_up.invite, headers=headers), self.destination))

    def _fire(self, timer: SessionTimer, deadline: float, now: float) -> None:
        match timer:
            case SessionTimer.RING_LIMIT:
                self.cancel(now, "no answer in time", Reason("SIP", 408, "no answer in time"))
            case SessionTimer.CANCEL_LIMIT if self.state is State.CANCELLING:
                self._enter("no response")
                self._actions.append(AbandonInvite(self._set_up.branch))
                self._end(False, 408, self._end_reason)
            case _:
                super()._fire(timer, deadline, now)

    def _invite(self, parameters: CallParameters, sequence: int) -> Request:
        own = (
            *self._identity.capabilities(),
            ("User-Agent", self._identity.product),
            *self.clock.ask(),
        )
        return new_request(
            "INVITE",
            parameters.target,
            via=self._identity.via(),
            from_=NameAddr(parameters.from_display, parameters.from_uri, {"tag": self.local_tag}),
            to=NameAddr("", (parameters.to or parameters.target).without_headers()),
            call_id=self.call_id,
            cseq=sequence,
            contact=self._identity.contact,
            headers=(*own, *parameters.headers),
            body=parameters.offer,
            content_type=ACCEPT,
        )


def _slot_with_offer() -> offer.OfferSlot:
    """The slot of a branch that has our INVITE's offer."""
    slot = offer.OfferSlot()
    slot.offer_sent()
    return slot
