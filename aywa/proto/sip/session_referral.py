"""REFER and NOTIFY inside a session, both ways: one REFER of each side at a time (RFC 3515)."""

from __future__ import annotations

from aywa.errors import LocalProtocolError, ParseError
from aywa.proto.sip.header import Reason
from aywa.proto.sip.identity import Identity
from aywa.proto.sip.layer_actions import ServerKey
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.refer import (
    EVENT,
    SIPFRAG,
    ReferTo,
    parse_event,
    parse_refer_to,
    parse_sipfrag,
    parse_subscription_state,
    sipfrag,
)
from aywa.proto.sip.referral import REPORT_S, ReceivedReferral, SentReferral
from aywa.proto.sip.referral import State as Referral
from aywa.proto.sip.session_change import ChangingSession
from aywa.proto.sip.session_states import (
    Answer,
    ReferAnswered,
    ReferArrived,
    ReferReported,
    StartRequest,
    State,
)
from aywa.proto.sip.status import reason_phrase
from aywa.proto.sip.transaction_actions import Failure
from aywa.proto.sip.transactions import branch_of

TOLD_NO_MORE = 202  # the last NOTIFY told no final status: what was taken counts as done


class ReferringSession(ChangingSession):
    """One input -> drain `actions()` -> wait until `deadline` or the next input."""

    def __init__(self, identity: Identity, call_id: str, local_tag: str) -> None:
        super().__init__(identity, call_id, local_tag)
        self._sent_refer: SentReferral | None = None
        self._peer_refer: ReceivedReferral | None = None

    # -- what the user asks

    def refer(self, target: ReferTo, now: float, *, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Ask the peer to call `target`; `ReferAnswered` and `ReferReported` tell how it goes.

        Raises LocalProtocolError unless the session is confirmed and no REFER of ours is open.
        """
        dialog = self.dialog
        if self.state is not State.CONFIRMED or dialog is None:
            raise LocalProtocolError("a REFER needs a confirmed session")
        if self._sent_refer is not None and self._sent_refer.state is not Referral.OVER:
            raise LocalProtocolError("a REFER is open")
        via = self._identity.via()
        request = dialog.request("REFER", via, contact=self._identity.contact)
        request.headers.add("Refer-To", str(target))
        request.headers.add("Referred-By", f"<{dialog.local.uri}>")
        for name, value in (*headers, *self._identity.capabilities()):
            request.headers.add(name, value)
        self._sent_refer = SentReferral(via.branch or "", request.cseq.number)
        self._actions.append(StartRequest(request, dialog.next_hop))

    def answer_refer(self, status: int, now: float) -> None:
        """Take (202) or refuse (300 to 699) what `ReferArrived` announced; nothing when none waits."""
        refer = self._peer_refer
        if refer is None or refer.state is not Referral.WAITING:
            return
        if status >= 300:
            self._refuse_refer(refer, status)
        elif not refer.wants_reports:
            refer.enter("200 without reports")
            response = self._response(refer.request, 200, headers=(("Refer-Sub", "false"),))
            self._actions.append(Answer(refer.key, response))
        else:
            refer.enter("202 sent")
            headers = (("Contact", str(self._identity.contact)),)
            self._actions.append(Answer(refer.key, self._response(refer.request, 202, headers=headers)))
            self.report_refer(100, now)

    def _refuse_refer(self, refer: ReceivedReferral, status: int) -> None:
        refer.enter("300-699 sent")
        self._actions.append(Answer(refer.key, self._response(refer.request, status)))

    def report_refer(self, status: int, now: float) -> None:
        """Tell the peer how far the call is that its REFER asked for; a final status ends it."""
        refer, dialog = self._peer_refer, self.dialog
        if refer is None or refer.state is not Referral.REPORTING or dialog is None:
            return
        if self.state is not State.CONFIRMED:
            refer.enter("unsubscribed")
            return
        refer.enter("reported" if status < 200 else "last report")
        via = self._identity.via()
        request = dialog.request("NOTIFY", via, contact=self._identity.contact)
        request.headers.add("Event", f"{EVENT};id={refer.request.cseq.number}")
        active = f"active;expires={REPORT_S}"
        request.headers.add("Subscription-State", active if status < 200 else "terminated;reason=noresource")
        request.headers.set("Content-Type", f"{SIPFRAG};version=2.0")
        request.body = sipfrag(status, reason_phrase(status))
        refer.branch = via.branch or ""
        self._actions.append(StartRequest(request, dialog.next_hop))

    # -- what the network brings

    def receive_response(self, response: Response, now: float) -> None:
        """A response to a request of this session."""
        sent, peer, branch = self._sent_refer, self._peer_refer, branch_of(response)
        if sent is not None and branch == sent.branch:
            if response.status >= 200:
                self._refer_answered(sent, response, now)
        elif peer is not None and branch == peer.branch:
            if response.status == 481 and peer.state is Referral.REPORTING:
                peer.enter("unsubscribed")
        else:
            super().receive_response(response, now)

    def request_failed(self, branch: str, why: Failure, now: float) -> None:
        """The client transaction with `branch` got no final response."""
        sent, peer = self._sent_refer, self._peer_refer
        if sent is not None and branch == sent.branch:
            if sent.state is not Referral.OVER:
                sent.enter("no response")
                self._actions.append(ReferAnswered(None, reports=False))
        elif peer is None or branch != peer.branch:
            super().request_failed(branch, why, now)

    def replace_request(self, sent: Request, again: Request) -> bool:
        """`sent` was challenged, and `again` is to take its place."""
        refer = self._sent_refer
        if refer is not None and branch_of(sent) == refer.branch and self.state is State.CONFIRMED:
            refer.branch, refer.sequence = branch_of(again), again.cseq.number
            return True
        peer = self._peer_refer
        if peer is not None and branch_of(sent) == peer.branch:
            peer.branch = branch_of(again)
            return self.state is State.CONFIRMED
        return super().replace_request(sent, again)

    def _refer_answered(self, sent: SentReferral, response: Response, now: float) -> None:
        if sent.answered or sent.state is Referral.OVER:
            return  # the last NOTIFY has told all
        sent.answered = True
        if not response.success:
            sent.enter("300-699")
            self._actions.append(ReferAnswered(response.status, reports=False))
            if response.status in (408, 481):
                self._end_for("the peer no longer knows the session", now)
            return
        reports = (response.headers.get("Refer-Sub") or "").strip().lower() != "false"
        sent.enter("2xx" if reports else "2xx without reports")
        self._actions.append(ReferAnswered(response.status, reports))

    def _receive_notify(self, request: Request, key: ServerKey) -> None:
        sent = self._sent_refer
        try:
            package, identity = parse_event(request.headers.get("Event") or "")
            state = parse_subscription_state(request.headers.get("Subscription-State") or "active")
        except ParseError as error:
            self._actions.append(Answer(key, self._response(request, error.status_hint)))
            return
        if package != EVENT:
            refusal = self._response(request, 489, headers=(("Allow-Events", EVENT),))
            self._actions.append(Answer(key, refusal))
            return
        known = sent is not None and sent.state is not Referral.OVER
        if sent is None or not known or identity not in ("", str(sent.sequence)):
            self._actions.append(Answer(key, self._response(request, 481)))
            return
        self._actions.append(Answer(key, self._response(request, 200)))
        try:
            status = parse_sipfrag(request.body)
        except ParseError:
            status = 100  # an empty or unreadable body tells that there is a subscription
        last = state.over or status >= 200
        sent.enter("last NOTIFY" if last else "NOTIFY")
        self._actions.append(ReferReported(TOLD_NO_MORE if last and status < 200 else status, last))

    def _receive_refer(self, request: Request, key: ServerKey) -> None:
        open_one = self._peer_refer is not None and self._peer_refer.state is not Referral.OVER
        if self.state is not State.CONFIRMED or open_one:
            self._ask_later(request, key)
            return
        values = request.headers.get_all("Refer-To")
        try:
            if len(values) != 1:
                raise ParseError("A REFER has one Refer-To", where="Refer-To")
            target = parse_refer_to(values[0])
        except ParseError as error:
            self._actions.append(Answer(key, self._response(request, error.status_hint)))
            return
        self._peer_refer = ReceivedReferral(request, key)
        self._actions.append(ReferArrived(target))

    def _end(
        self,
        by_remote: bool,
        status: int | None,
        reason: str,
        response: Response | None = None,
        causes: tuple[Reason, ...] = (),
    ) -> None:
        if self._peer_refer is not None and self._peer_refer.state is Referral.WAITING:
            self._refuse_refer(self._peer_refer, 487)
        super()._end(by_remote, status, reason, response, causes)
