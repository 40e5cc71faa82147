"""Requests inside a session that carry something to the peer: INFO, MESSAGE and NOTIFY of our own.

They change nothing of the session (RFC 6086, RFC 3428); `MessageAnswered` tells once what comes of each.
"""

from __future__ import annotations

from aywa.errors import LocalProtocolError
from aywa.proto.sip.identity import Identity
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.session_referral import ReferringSession
from aywa.proto.sip.session_states import MessageAnswered, StartRequest, State
from aywa.proto.sip.transaction_actions import Failure
from aywa.proto.sip.transactions import branch_of

METHODS = ("INFO", "MESSAGE", "NOTIFY")
MOST_OPEN = 8  # each lasts 32 s at most; a peer that answers none of so many takes none
MAX_BODY = 4096  # bytes


class MessagingSession(ReferringSession):
    """One input -> drain `actions()` -> wait until `deadline` or the next input."""

    def __init__(self, identity: Identity, call_id: str, local_tag: str) -> None:
        super().__init__(identity, call_id, local_tag)
        self._messages: dict[str, str] = {}  # methods of those that are open, by branch

    def send_message(
        self,
        method: str,
        headers: tuple[tuple[str, str], ...] = (),
        content_type: str = "",
        body: bytes = b"",
    ) -> None:
        """Send a request of METHODS; `headers` were checked by `check_custom_headers`.

        Raises LocalProtocolError unless the session is confirmed, and while MOST_OPEN are open.
        """
        dialog = self.dialog
        if self.state is not State.CONFIRMED or dialog is None:
            raise LocalProtocolError("a message needs a confirmed session")
        if len(self._messages) >= MOST_OPEN:
            raise LocalProtocolError(f"{MOST_OPEN} messages are open")
        assert method in METHODS, method
        via = self._identity.via()
        request = dialog.request(method, via, contact=self._identity.contact)
        for name, value in headers:
            request.headers.add(name, value)
        if content_type:
            request.headers.set("Content-Type", content_type)
        request.body = body
        self._messages[via.branch or ""] = method
        self._actions.append(StartRequest(request, dialog.next_hop))

    def receive_response(self, response: Response, now: float) -> None:
        """A response to a request of this session."""
        method = self._messages.get(branch_of(response))
        if method is None:
            super().receive_response(response, now)
        elif response.status >= 200:
            del self._messages[branch_of(response)]
            self._actions.append(MessageAnswered(method, response.status))
            if response.status in (408, 481):  # RFC 5057 §5.1: the dialog is gone
                self._end_for("the peer no longer knows the session", now)

    def request_failed(self, branch: str, why: Failure, now: float) -> None:
        """The client transaction with `branch` got no final response."""
        method = self._messages.pop(branch, None)
        if method is None:
            super().request_failed(branch, why, now)
        else:
            self._actions.append(MessageAnswered(method, None))

    def replace_request(self, sent: Request, again: Request) -> bool:
        """`sent` was challenged, and `again` is to take its place."""
        method = self._messages.pop(branch_of(sent), None)
        if method is None:
            return super().replace_request(sent, again)
        self._messages[branch_of(again)] = method
        return self.state is State.CONFIRMED
