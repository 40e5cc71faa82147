"""The user agent core: transactions below, sessions above, RFC 3261 §8, §11 and §12.2.2 in between.

Everything a SIP user agent decides is decided here, without a socket and without a clock:

```
datagram -> parse -> receive() -> actions(): Transmit ---------> socket
                         |                   IncomingCall -----> a new call for the application
                     deadline                SessionSaid ------> an event of one session
                         |                   RequestDone ------> the end of an OPTIONS of ours
                  handle_timers()
```
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from aywa.errors import ParseError, RemoteProtocolError
from aywa.proto.sip.build import new_request, response_to
from aywa.proto.sip.call_auth import CHALLENGES, CallAuth
from aywa.proto.sip.deadlines import Deadlines
from aywa.proto.sip.departure import Departures
from aywa.proto.sip.digest import Credentials
from aywa.proto.sip.header import NameAddr
from aywa.proto.sip.identity import Identity
from aywa.proto.sip.layer_actions import (
    AckArrived,
    ClientKey,
    RequestArrived,
    ResponseArrived,
    ServerKey,
    TransactionFailed,
    TransactionOver,
    Transmit,
)
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.parser import parse_datagram
from aywa.proto.sip.replacement import replaced_session
from aywa.proto.sip.routing import Address
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.session_states import AbandonInvite, Answer, SendAck, SessionEvent, StartRequest
from aywa.proto.sip.session_timer import refuse_interval
from aywa.proto.sip.session_uac import CallParameters, OutgoingUsage
from aywa.proto.sip.session_uas import IncomingUsage
from aywa.proto.sip.transaction_actions import Failure
from aywa.proto.sip.transactions import CROWD, DEFAULT_LIMIT, TransactionLayer, lasting_tag
from aywa.proto.sip.uas_rules import refuse
from aywa.proto.sip.uri import Uri


@dataclass(frozen=True, slots=True)
class SipLoad:
    """Whether new calls are taken. Overloaded: INVITE and OPTIONS get 503 with Retry-After."""

    overloaded: bool = False
    retry_after_s: int = 5


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """A new call waits for `ring`, `accept` or `reject`; `replaces`: the session it takes the place of."""

    usage: IncomingUsage
    replaces: InviteUsage | None = None


@dataclass(frozen=True, slots=True)
class SessionSaid:
    """One session has something to tell."""

    usage: InviteUsage
    event: SessionEvent


@dataclass(frozen=True, slots=True)
class RequestDone:
    """A request outside sessions is over: its final response, or None and why there is none."""

    key: ClientKey
    response: Response | None
    why: Failure | None


CoreAction: TypeAlias = Transmit | IncomingCall | SessionSaid | RequestDone
_SessionKey: TypeAlias = tuple[str, str]  # Call-ID and our tag, which is unique alone
Guard: TypeAlias = Callable[[Request, Address, float], Response | None]


class UserAgentCore:
    """One input -> drain `actions()` -> wait until `deadline` or the next input."""

    def __init__(
        self,
        identity: Identity,
        *,
        load: Callable[[], SipLoad] | None = None,
        limit: int = DEFAULT_LIMIT,
        departures: Departures | None = None,
        credentials: Callable[[Address], Credentials | None] = lambda destination: None,
        guard: Guard = lambda request, source, now: None,
    ) -> None:
        self.identity = identity
        self.transactions = TransactionLayer(limit=limit, departures=departures)
        self.auth = CallAuth(identity, credentials)
        self._load = load
        self._guard = guard  # the refusal a new INVITE has earned, if any
        self._sessions: dict[_SessionKey, InviteUsage] = {}
        self._owners: dict[ClientKey, InviteUsage | None] = {}  # None: a request outside sessions
        self._invites: dict[ServerKey, IncomingUsage] = {}
        self._deadlines: Deadlines[_SessionKey] = Deadlines()
        self._actions: deque[CoreAction] = deque()

    @property
    def deadline(self) -> float | None:
        """When `handle_timers` wants to be called (monotonic seconds); None: never."""
        mine, theirs = self._deadlines.next, self.transactions.deadline
        return min((at for at in (mine, theirs) if at is not None), default=None)

    @property
    def sessions(self) -> list[InviteUsage]:
        """The sessions that are not over."""
        return list(self._sessions.values())

    def actions(self) -> Iterator[CoreAction]:
        """What to do now, in order; each is given out once."""
        while self._actions:
            yield self._actions.popleft()

    # -- inputs

    def receive(self, message: Request | Response, source: Address, now: float) -> None:
        """A parsed message came from `source`."""
        self.transactions.receive(message, source, now)
        self._pump(now)

    def receive_datagram(self, data: bytes, source: Address, now: float) -> bool:
        """Bytes came from `source`; False when they were not a message that can be acted on.

        A broken request is refused without state where it can be answered at all, a broken response dropped.
        """
        try:
            message = parse_datagram(data)
        except ParseError as error:
            self.transactions.refuse(data, error, source)
            self._pump(now)
            return False
        self.receive(message, source, now)
        return True

    def transmit_failed(self, message: Request | Response, now: float) -> None:
        """The transport refused to send `message`."""
        self.transactions.transmit_failed(message, now)
        self._pump(now)

    def receive_broken(self, data: bytes, error: ParseError, source: Address, now: float) -> None:
        """A stream brought what is no message, for the reason `error`: refuse it where that can be done."""
        self.transactions.refuse(data, error, source)
        self._pump(now)

    def connection_lost(self, lost: Callable[[Address], bool], now: float) -> None:
        """A connection broke; `lost` tells the addresses that were reached by it."""
        self.transactions.connection_lost(lost, now)
        self._pump(now)

    def handle_timers(self, now: float) -> None:
        """Fire everything due at `now`."""
        self.transactions.handle_timers(now)
        for key in list(self._deadlines.pop_due(now)):
            usage = self._sessions.get(key)
            if usage is not None:
                usage.handle_timers(now)
                self._collect(usage, now)
        self._pump(now)

    def invite(
        self, parameters: CallParameters, now: float, credentials: Credentials | None = None
    ) -> OutgoingUsage:
        """Call someone. `credentials` go before those that the destination's address stands for."""
        usage = OutgoingUsage(self.identity, parameters, now=now)
        if credentials is not None:
            self.auth.choose(usage, credentials)
        self._sessions[(usage.call_id, usage.local_tag)] = usage
        self.apply(usage, now)
        return usage

    def options(self, target: Uri, destination: Address, now: float) -> ClientKey:
        """Ask `target` what it can do (§11.1); `RequestDone` with this key tells."""
        request = new_request(
            "OPTIONS",
            target,
            via=self.identity.via(),
            from_=NameAddr("", self.identity.contact.uri, {"tag": self.identity.tag()}),
            to=NameAddr("", target.without_headers()),
            call_id=self.identity.call_id(),
            cseq=1,
            contact=self.identity.contact,
            headers=(*self.identity.capabilities(), ("User-Agent", self.identity.product)),
        )
        return self.ask(request, destination, now)

    def ask(self, request: Request, destination: Address, now: float) -> ClientKey:
        """Send a request outside sessions; `RequestDone` with this key tells."""
        key = ClientKey(request.via.branch or "", request.method)
        self._owners[key] = None  # known before it starts: the first send may fail at once
        self.transactions.start(request, destination, now)
        self._pump(now)
        return key

    def forbid(self, data: bytes, source: Address, now: float) -> None:
        """Answer a stranger's request with 403, without state; anything else of his is dropped."""
        try:
            request = parse_datagram(data)
        except ParseError:
            return
        if isinstance(request, Request) and request.method != "ACK":
            self.transactions.refuse_without_state(request, source, 403)
            self._pump(now)

    def apply(self, usage: InviteUsage, now: float) -> None:
        """Carry out what a call of one of the session's own methods asked for."""
        self._collect(usage, now)
        self._pump(now)

    # -- from the transaction layer

    def _pump(self, now: float) -> None:
        for action in self.transactions.actions():
            match action:
                case Transmit():
                    self._actions.append(action)
                case RequestArrived(key, request, source):
                    self._receive_request(key, request, source, now)
                case AckArrived(request):
                    self._receive_ack(request, now)
                case ResponseArrived(key, response):
                    self._receive_response(key, response, now)
                case TransactionFailed(key, why):
                    self._transaction_failed(key, why, now)
                case TransactionOver(key):
                    if isinstance(key, ClientKey):
                        self._owners.pop(key, None)
                    else:
                        self._invites.pop(key, None)

    def _receive_request(self, key: ServerKey, request: Request, source: Address, now: float) -> None:
        refusal = refuse(request, self.identity.extensions)
        if refusal is None and request.method in ("INVITE", "UPDATE"):
            refusal = refuse_interval(request, self.identity.policy)
        if refusal is not None:
            self._respond(key, refusal, now)
        elif request.method == "CANCEL":
            self._receive_cancel(key, request, now)
        elif request.to.tag is not None:
            self._receive_in_dialog(key, request, now)
        elif request.method == "INVITE":
            self._receive_invite(key, request, source, now)
        elif request.method == "OPTIONS":
            self._respond(key, self._busy(request) or self._able(request), now)
        else:
            # A REFER outside a session asks for a call that nobody of ours is in; a BYE, NOTIFY and the rest
            # belong to a dialog that is not there (§15.1.2, RFC 6665 §4.1.3).
            self._respond(key, response_to(request, 603 if request.method == "REFER" else 481), now)

    def _receive_in_dialog(self, key: ServerKey, request: Request, now: float) -> None:
        usage = self._sessions.get((request.call_id, request.to.tag or ""))
        if usage is None:
            self._respond(key, response_to(request, 481), now)
        elif request.method == "OPTIONS":
            self._respond(key, self._able(request), now)
        else:
            usage.receive_request(request, key, now)
            self._collect(usage, now)

    def _receive_invite(self, key: ServerKey, request: Request, source: Address, now: float) -> None:
        refusal = self._guard(request, source, now) or self._busy(request)
        if refusal is not None and refusal.status == 503:
            # Without state (§8.2.7): what it costs to send a refusal again for 32 s is what a flood lives on.
            refusal.headers.set("To", str(refusal.to.with_tag(lasting_tag(request))))
            self._respond(key, refusal, now, crowd=0)
            return
        if refusal is not None:
            self._respond(key, refusal, now)
            return
        replaced = replaced_session(request, self._sessions.values())
        if isinstance(replaced, Response):
            self._respond(key, replaced, now)
            return
        try:
            usage = IncomingUsage(self.identity, request, key, source)
        except RemoteProtocolError as error:
            self._respond(key, response_to(request, error.status_hint), now)
            return
        self._sessions[(usage.call_id, usage.local_tag)] = usage
        self._invites[key] = usage
        self._actions.append(IncomingCall(usage, replaced))
        self._collect(usage, now)

    def _receive_cancel(self, key: ServerKey, request: Request, now: float) -> None:
        usage = self._invites.get(key.invite())
        if usage is None:
            self._respond(key, response_to(request, 481), now)
            return
        # The same tag as the INVITE's own responses (§9.2).
        self._respond(key, response_to(request, 200, to_tag=usage.local_tag), now)
        usage.receive_cancel(now, request)
        self._collect(usage, now)

    def _receive_ack(self, request: Request, now: float) -> None:
        usage = self._sessions.get((request.call_id, request.to.tag or ""))
        if usage is not None and usage.dialog is not None and usage.dialog.remote.tag == request.from_.tag:
            usage.receive_ack(request, now)
            self._collect(usage, now)
        # An ACK out of nowhere is never answered (§17): nothing is said, nothing is done.

    def _receive_response(self, key: ClientKey, response: Response, now: float) -> None:
        usage = self._owners.get(key)
        if usage is not None:
            if response.status in CHALLENGES and self._renew(key, usage, response, now):
                return
            if response.status >= 200:
                self.auth.accept(usage, response)
            usage.receive_response(response, now)
            self._collect(usage, now)
        elif response.status >= 200 and key in self._owners:
            self._actions.append(RequestDone(key, response, None))

    def _renew(self, key: ClientKey, usage: InviteUsage, response: Response, now: float) -> bool:
        """Send a challenged request again, with an answer; False when there is none (§22.2)."""
        sent = self.transactions.sent(key)
        if sent is None or not usage.alive:
            return False
        again = self.auth.renew(usage, *sent, response)
        if again is None:
            return False
        renewed = ClientKey(again.via.branch or "", again.method)
        self._owners[renewed] = usage
        self.transactions.start(again, sent[1], now)
        self._collect(usage, now)
        return True

    def _transaction_failed(self, key: ClientKey | ServerKey, why: Failure, now: float) -> None:
        if isinstance(key, ServerKey):
            incoming = self._invites.get(key)
            if incoming is not None and why is Failure.TRANSPORT:
                incoming.invite_failed(now)
                self._collect(incoming, now)
            return
        usage = self._owners.get(key)
        if usage is not None:
            usage.request_failed(key.branch, why, now)
            self._collect(usage, now)
        elif key in self._owners:
            self._actions.append(RequestDone(key, None, why))

    # -- from the sessions

    def _collect(self, usage: InviteUsage, now: float) -> None:
        for action in usage.actions():
            match action:
                case StartRequest(request, address):
                    # Known before it starts: the first send may fail at once.
                    key = ClientKey(request.via.branch or "", request.method)
                    self._owners[key] = usage
                    self.auth.sign(usage, request, address)
                    self.transactions.start(request, address, now)
                case SendAck(request, address):
                    self.auth.sign(usage, request, address)
                    self._actions.append(Transmit(request, self.transactions.prepare(request, address)))
                case Answer(server_key, response):
                    self.transactions.respond(server_key, response, now)
                case AbandonInvite(branch):
                    self.transactions.abandon(ClientKey(branch, "INVITE"), now)
                case event:
                    self._actions.append(SessionSaid(usage, event))
        key_of = (usage.call_id, usage.local_tag)
        if usage.alive:
            self._deadlines.set(key_of, usage.deadline)
        else:
            self._deadlines.set(key_of, None)
            self._sessions.pop(key_of, None)
            self.auth.forget(usage)

    # -- answers of the core itself

    def _respond(self, key: ServerKey, response: Response, now: float, *, crowd: int = CROWD) -> None:
        if response.to.tag is None:
            response.headers.set("To", str(response.to.with_tag(self.identity.tag())))  # §8.2.6.2
        response.headers.add("Server", self.identity.product)
        self.transactions.respond(key, response, now, repeatable=True, crowd=crowd)

    def _busy(self, request: Request) -> Response | None:
        load = self._load() if self._load is not None else SipLoad()
        if not load.overloaded:
            return None
        return response_to(request, 503, headers=(("Retry-After", str(load.retry_after_s)),))

    def _able(self, request: Request) -> Response:
        headers = (("Contact", str(self.identity.contact)), *self.identity.capabilities())
        return response_to(request, 200, headers=headers)
