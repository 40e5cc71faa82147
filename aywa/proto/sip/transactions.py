"""Transaction matching and ownership: RFC 3261 §17.1.3, §17.2.3, §18.2, RFC 3581.

The layer holds every live transaction, gives each message to the one it belongs to, and passes up
what belongs to none. It sends nothing itself: `actions()` says what to transmit and where to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2s
from typing import TypeAlias

from aywa.errors import LocalProtocolError, ParseError
from aywa.proto.sip.build import response_to
from aywa.proto.sip.deadlines import Deadlines
from aywa.proto.sip.departure import Departures
from aywa.proto.sip.header import MAGIC_COOKIE
from aywa.proto.sip.invite_client import InviteClientTransaction
from aywa.proto.sip.invite_client import State as InviteClientState
from aywa.proto.sip.invite_server import InviteServerTransaction
from aywa.proto.sip.invite_server import State as InviteServerState
from aywa.proto.sip.layer_actions import (
    AckArrived,
    ClientKey,
    LayerAction,
    RequestArrived,
    ResponseArrived,
    ServerKey,
    TransactionFailed,
    TransactionOver,
    Transmit,
)
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.non_invite_client import NonInviteClientTransaction
from aywa.proto.sip.non_invite_client import State as NonInviteClientState
from aywa.proto.sip.non_invite_server import NonInviteServerTransaction
from aywa.proto.sip.non_invite_server import State as NonInviteServerState
from aywa.proto.sip.refuse import refusal_for
from aywa.proto.sip.routing import Address, reply_address, response_address, stamp_source
from aywa.proto.sip.stream_address import StreamAddress
from aywa.proto.sip.transaction_actions import Action, Deliver, Failed, Send

DEFAULT_LIMIT = 20_000  # a call costs two transactions of 32 s each: 300 call attempts a second
# Above this many, answers that mean nothing but themselves are not remembered any more: 30 MB at 7 KiB each.
CROWD = 4_000
RETRY_AFTER_S = 5
_TAGGED_BY = 2048  # bytes of a broken request that make the tag of its refusal

_OVER = (
    InviteClientState.TERMINATED,
    InviteServerState.TERMINATED,
    NonInviteClientState.TERMINATED,
    NonInviteServerState.TERMINATED,
)


_Client: TypeAlias = InviteClientTransaction | NonInviteClientTransaction
_Server: TypeAlias = InviteServerTransaction | NonInviteServerTransaction


@dataclass(slots=True)
class Counters:
    """What the layer has seen and refused; each only grows."""

    requests: int = 0
    responses: int = 0
    retransmissions: int = 0
    stray_responses: int = 0
    merged: int = 0
    refused_for_load: int = 0
    without_cookie: int = 0
    forgotten: int = 0  # answered without remembering it, for want of room
    broken: int = 0


class TransactionLayer:
    """All transactions of one transport. One input -> drain `actions()` -> wait until `deadline`."""

    def __init__(self, *, limit: int = DEFAULT_LIMIT, departures: Departures | None = None) -> None:
        self.counters = Counters()
        self._departures = departures
        self._limit = limit
        self._clients: dict[ClientKey, tuple[_Client, Address]] = {}
        self._servers: dict[ServerKey, tuple[_Server, Address]] = {}
        self._merge: dict[tuple[str, str, int, str], ServerKey] = {}
        self._deadlines: Deadlines[ClientKey | ServerKey] = Deadlines()
        self._actions: deque[LayerAction] = deque()

    def __len__(self) -> int:
        return len(self._clients) + len(self._servers)

    @property
    def deadline(self) -> float | None:
        """When `handle_timers` wants to be called (monotonic seconds); None: never."""
        return self._deadlines.next

    @property
    def expects_responses(self) -> bool:
        """True while a request of ours is open."""
        return bool(self._clients)

    def actions(self) -> Iterator[LayerAction]:
        """What to do now, in order; each is given out once."""
        while self._actions:
            yield self._actions.popleft()

    def handle_timers(self, now: float) -> None:
        """Fire every timer due at `now`."""
        for key in list(self._deadlines.pop_due(now)):
            held = self._held(key)
            if held is not None:
                held[0].handle_timers(now)
                self._collect(key)

    # -- towards the network

    def start(self, request: Request, destination: Address, now: float) -> ClientKey:
        """Open a client transaction for `request`, whose top Via carries a fresh branch."""
        key = ClientKey(branch_of(request), request.method)
        kind = InviteClientTransaction if request.method == "INVITE" else NonInviteClientTransaction
        destination = self.prepare(request, destination)
        reliable = isinstance(destination, StreamAddress)
        self._clients[key] = (kind(request, now=now, reliable=reliable), destination)
        self._collect(key)
        return key

    def respond(
        self,
        key: ServerKey,
        response: Response,
        now: float,
        *,
        repeatable: bool = False,
        crowd: int = CROWD,
    ) -> None:
        """Answer the request of server transaction `key`; a transaction that is gone takes nothing.

        `repeatable`: the answer says the same whenever it is asked for. Where more than `crowd` transactions
        are open, its transaction is over with it, as if it had been answered without state (§8.2.7).
        """
        held = self._servers.get(key)
        if held is None:
            return
        self.prepare(response, held[1])
        held[0].respond(response, now)
        self._collect(key)
        if repeatable and len(self) > crowd and response.status >= 200 and key in self._servers:
            self.counters.forgotten += 1
            self._deadlines.set(key, None)
            self._forget(key, held[0])

    def prepare(self, message: Request | Response, destination: Address) -> Address:
        """Write the transport of `destination` into `message`; where it goes in the end (§18.1.1)."""
        return destination if self._departures is None else self._departures.prepare(message, destination)

    def sent(self, key: ClientKey) -> tuple[Request, Address] | None:
        """The request of client transaction `key` and where it went; None once that is over."""
        held = self._clients.get(key)
        return None if held is None else (held[0].request, held[1])

    def abandon(self, key: ClientKey, now: float) -> None:
        """Forget an INVITE that was cancelled and never got its final response (§9.1)."""
        held = self._clients.get(key)
        if held is not None and isinstance(held[0], InviteClientTransaction):
            held[0].abandon(now)
            self._collect(key)

    def transmit_failed(self, message: Request | Response, now: float) -> None:
        """The transport refused to send `message`."""
        key: ClientKey | ServerKey
        if isinstance(message, Response):
            try:
                key = _server_key(message, message.cseq.method)
            except (ParseError, LocalProtocolError):
                return  # the refusal of a broken request, whose headers it repeats: it has no transaction
        else:
            key = ClientKey(branch_of(message), "INVITE" if message.method == "ACK" else message.method)
        held = self._held(key)
        if held is not None:
            held[0].transport_failed(now)
            self._collect(key)

    def connection_lost(self, lost: Callable[[Address], bool], now: float) -> None:
        """A connection broke: requests that went to an address that `lost` names get no answer (§18.4)."""
        for key in [key for key, held in self._clients.items() if lost(held[1])]:
            self._clients[key][0].transport_failed(now)
            self._collect(key)

    # -- from the network

    def receive(self, message: Request | Response, source: Address, now: float) -> None:
        """A parsed message came from `source`."""
        if isinstance(message, Response):
            self._receive_response(message, source, now)
        else:
            self._receive_request(message, source, now)

    def refuse(self, data: bytes, error: ParseError, source: Address) -> None:
        """Answer bytes that `parse_datagram` refused with `error`, where there is someone to answer."""
        self.counters.broken += 1
        tag = blake2s(data[:_TAGGED_BY], digest_size=6).hexdigest()  # the same for each copy (§8.2.7)
        response = refusal_for(data, error, to_tag=tag)
        if response is None:
            return
        try:
            via = response.via
        except ParseError:
            return  # a lower Via is broken: the answer would be too
        self._actions.append(Transmit(response, reply_address(via, source)))

    def _receive_response(self, response: Response, source: Address, now: float) -> None:
        self.counters.responses += 1
        key = ClientKey(branch_of(response), response.cseq.method)
        held = self._clients.get(key)
        if held is None:
            self.counters.stray_responses += 1  # §18.1.2: a UA has no use for it
            return
        held[0].receive_response(response, now)
        self._collect(key, source)

    def _receive_request(self, request: Request, source: Address, now: float) -> None:
        self.counters.requests += 1
        stamp_source(request, source)
        self.counters.without_cookie += not branch_of(request).startswith(MAGIC_COOKIE)
        method = "INVITE" if request.method == "ACK" else request.method
        key = _server_key(request, method)
        held = self._servers.get(key)
        if request.method == "ACK":
            self._receive_ack(request, key, source, now)
        elif held is not None:
            self.counters.retransmissions += 1
            if isinstance(held[0], InviteServerTransaction):
                held[0].receive_invite(now)
            else:
                held[0].receive_request(now)
            self._collect(key)
        else:
            self._open(request, key, source, now)

    def _receive_ack(self, request: Request, key: ServerKey, source: Address, now: float) -> None:
        held = self._servers.get(key)
        transaction = held[0] if held is not None else None
        if isinstance(transaction, InviteServerTransaction) and transaction.state in (
            InviteServerState.COMPLETED,
            InviteServerState.CONFIRMED,
        ):
            transaction.receive_ack(now)
            self._collect(key)
        else:
            self._actions.append(AckArrived(request, source))

    def _open(self, request: Request, key: ServerKey, source: Address, now: float) -> None:
        merge = _merge_key(request)
        if merge is not None and merge in self._merge:
            # The same request over two paths: §8.2.2.2. Copies of this one are answered the same way.
            self.counters.merged += 1
            self._answer_without_state(request, source, response_to(request, 482))
            return
        if len(self) >= self._limit and request.method not in ("BYE", "CANCEL"):
            # No state, so a flood cannot grow anything, and a retransmission gets the same answer.
            # BYE and CANCEL give resources back and are let in.
            self.counters.refused_for_load += 1
            busy = response_to(request, 503, headers=(("Retry-After", str(RETRY_AFTER_S)),))
            self._answer_without_state(request, source, busy)
            return
        kind = InviteServerTransaction if request.method == "INVITE" else NonInviteServerTransaction
        reliable = isinstance(source, StreamAddress)
        self._servers[key] = (kind(request, now=now, reliable=reliable), response_address(request, source))
        if merge is not None:
            self._merge[merge] = key
        self._collect(key)
        self._actions.append(RequestArrived(key, request, source))

    def refuse_without_state(self, request: Request, source: Address, status: int) -> None:
        """Refuse a request that never reaches a transaction; each copy gets the same answer (§8.2.7)."""
        stamp_source(request, source)
        self._answer_without_state(request, source, response_to(request, status))

    def _answer_without_state(self, request: Request, source: Address, response: Response) -> None:
        if response.to.tag is None:
            # A stateless answer must carry the same tag each time (§8.2.7): made from the request.
            response.headers.set("To", str(response.to.with_tag(lasting_tag(request))))
        self._actions.append(Transmit(response, response_address(request, source)))

    # -- bookkeeping

    def _held(self, key: ClientKey | ServerKey) -> tuple[_Client | _Server, Address] | None:
        return self._clients.get(key) if isinstance(key, ClientKey) else self._servers.get(key)

    def _collect(self, key: ClientKey | ServerKey, source: Address | None = None) -> None:
        """Turn a transaction's actions into the layer's, and note its deadline or its end."""
        held = self._held(key)
        assert held is not None, "only live transactions are collected"
        transaction, peer = held
        for action in transaction.actions():
            self._actions.append(_lift(action, key, peer, source))
        if transaction.state not in _OVER:
            self._deadlines.set(key, transaction.deadline)
            return
        self._deadlines.set(key, None)
        if isinstance(key, ClientKey):
            del self._clients[key]
            self._actions.append(TransactionOver(key))
        else:
            self._forget(key, transaction)

    def _forget(self, key: ServerKey, transaction: _Client | _Server) -> None:
        del self._servers[key]
        merge = _merge_key(transaction.request)
        if merge is not None and self._merge.get(merge) == key:
            del self._merge[merge]
        self._actions.append(TransactionOver(key))


def _lift(action: Action, key: ClientKey | ServerKey, peer: Address, source: Address | None) -> LayerAction:
    match action:
        case Send(message):
            return Transmit(message, peer)
        case Deliver(response):
            assert isinstance(key, ClientKey), "only client transactions deliver responses"
            return ResponseArrived(key, response, source or peer)
        case Failed(why):
            return TransactionFailed(key, why)


def lasting_tag(request: Request) -> str:
    """A tag for answers without state: made from the request, so that each copy gets the same (§8.2.7)."""
    seed = f"{request.call_id} {branch_of(request)}".encode(errors="surrogateescape")
    return blake2s(seed, digest_size=6).hexdigest()


def branch_of(message: Request | Response) -> str:
    """The branch of the top Via; empty when there is none."""
    return message.via.branch or ""


def _server_key(message: Request | Response, method: str) -> ServerKey:
    branch = branch_of(message)
    if not branch.startswith(MAGIC_COOKIE):
        # A caller of RFC 2543 (§17.2.3): what his INVITE, its copies, its ACK and its CANCEL have in common.
        # The Request-URI, of which the same fields follow, is left out: a response has none.
        seed = f"{message.from_.tag} {message.call_id} {message.cseq.number} {branch}"
        branch = f"2543 {blake2s(seed.encode(errors='surrogateescape'), digest_size=16).hexdigest()}"
    return ServerKey(branch, message.via.sent_by, method)


def _merge_key(request: Request) -> tuple[str, str, int, str] | None:
    """What makes two requests the same one (§8.2.2.2); None inside a dialog and for a CANCEL."""
    if request.to.tag is not None or request.method == "CANCEL":
        return None
    cseq = request.cseq
    return (request.from_.tag or "", request.call_id, cseq.number, cseq.method)
