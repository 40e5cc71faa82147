"""The credentials of calls: requests that are challenged go out again with an answer (RFC 3261 §22.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from aywa.proto.sip.digest import Credentials
from aywa.proto.sip.digest_client import Attempt, AuthenticationRefused, DigestClient
from aywa.proto.sip.header import CSeq
from aywa.proto.sip.headers import Headers
from aywa.proto.sip.identity import Identity
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.routing import Address
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.transactions import branch_of

CHALLENGES = (401, 407)
_SessionKey: TypeAlias = tuple[str, str]
_UNSIGNED = ("ACK", "CANCEL")  # neither can be sent again, so neither is challenged (§22.1)


@dataclass(slots=True)
class _Call:
    """What one call has been asked for. Its answers go to `host` alone: nobody else needs them."""

    client: DigestClient
    host: str
    attempts: dict[str, Attempt] = field(default_factory=dict)  # by branch
    invites: dict[int, Request] = field(default_factory=dict)  # by sequence number: their ACKs repeat it


class CallAuth:
    """Signs the requests of calls whose peer has asked for it, and no others."""

    def __init__(self, identity: Identity, find: Callable[[Address], Credentials | None]) -> None:
        self._identity = identity
        self._find = find
        self._chosen: dict[_SessionKey, Credentials] = {}
        self._calls: dict[_SessionKey, _Call] = {}

    def __len__(self) -> int:
        return len(self._calls) + len(self._chosen)

    def choose(self, usage: InviteUsage, credentials: Credentials) -> None:
        """Use these for one call, whatever the address of its peer says."""
        self._chosen[_key_of(usage)] = credentials

    def forget(self, usage: InviteUsage) -> None:
        """The call is over."""
        self._chosen.pop(_key_of(usage), None)
        self._calls.pop(_key_of(usage), None)

    def sign(self, usage: InviteUsage, request: Request, destination: Address) -> None:
        """Put answers to what the peer has asked before into a request that is about to leave."""
        call = self._calls.get(_key_of(usage))
        if call is None or call.host != destination[0]:
            return
        if request.method == "ACK":
            invite = call.invites.get(request.cseq.number)
            if invite is not None:
                call.client.authorize(request, invite)
        elif request.method not in _UNSIGNED:
            call.client.authorize(request)
            self._note(call, request)

    def accept(self, usage: InviteUsage, response: Response) -> None:
        """A final response other than a challenge came."""
        call = self._calls.get(_key_of(usage))
        if call is not None:
            call.attempts.pop(branch_of(response), None)
            if response.success:
                call.client.accept(response)

    def renew(
        self, usage: InviteUsage, sent: Request, destination: Address, response: Response
    ) -> Request | None:
        """The request that follows a 401 or 407: a new branch and number, the same Call-ID and tags.

        None when there is nothing to answer with, or nobody waits for it any more. The response's reason
        phrase then says why, naming the realm and no secret.
        """
        call = self._calls.get(_key_of(usage)) or self._open(usage, destination)
        if call is None or call.host != destination[0] or sent.method in _UNSIGNED:
            return None
        attempt = call.attempts.pop(branch_of(sent), None) or Attempt()
        try:
            call.client.answer(response, attempt)
        except AuthenticationRefused as refused:
            response.reason = refused.detail
            return None
        again = _copied(sent, self._identity)
        dialog = usage.dialog_of_sent(sent)
        number = max(sent.cseq.number, dialog.local_sequence if dialog is not None else 0) + 1
        again.headers.set("CSeq", str(CSeq(number, sent.method)))
        if not usage.replace_request(sent, again):
            return None
        if dialog is not None:
            dialog.local_sequence = number
        call.client.authorize(again)
        call.attempts[branch_of(again)] = attempt
        self._note(call, again)
        return again

    def _open(self, usage: InviteUsage, destination: Address) -> _Call | None:
        credentials = self._chosen.get(_key_of(usage)) or self._find(destination)
        if credentials is None:
            return None
        call = _Call(DigestClient(credentials, self._identity.rng), destination[0])
        self._calls[_key_of(usage)] = call
        return call

    def _note(self, call: _Call, request: Request) -> None:
        if request.method == "INVITE":
            call.invites = {request.cseq.number: request}  # one INVITE of a side is open at a time (§14.1)


def _key_of(usage: InviteUsage) -> _SessionKey:
    return usage.call_id, usage.local_tag


def _copied(sent: Request, identity: Identity) -> Request:
    """The same request with a branch of its own."""
    again = Request(sent.method, sent.uri, Headers(sent.headers.items()), sent.body)
    via = replace(sent.via, parameters={**sent.via.parameters, "branch": identity.via().branch})
    again.headers.set("Via", str(via))
    return again
