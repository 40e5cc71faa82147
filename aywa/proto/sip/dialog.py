"""Dialogs: RFC 3261 §12."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from aywa.errors import LocalProtocolError, RemoteProtocolError
from aywa.proto.sip.build import new_request
from aywa.proto.sip.header import MAGIC_COOKIE, NameAddr, Via
from aywa.proto.sip.machine import next_states
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.routing import Address, next_hop
from aywa.proto.sip.uri import Uri


class State(Enum):
    """Where the dialog is."""

    EARLY = "a provisional response with a tag made it"
    CONFIRMED = "a 2xx made or confirmed it"
    TERMINATED = "over"


TRANSITIONS: tuple[tuple[State, str, State], ...] = (
    (State.EARLY, "2xx", State.CONFIRMED),
    (State.EARLY, "300-699", State.TERMINATED),
    (State.CONFIRMED, "2xx", State.CONFIRMED),
    (State.CONFIRMED, "BYE", State.TERMINATED),
    (State.TERMINATED, "BYE", State.TERMINATED),
)
_NEXT = next_states(TRANSITIONS)


@dataclass(frozen=True, slots=True)
class DialogId:
    """Names a dialog from this side (§12)."""

    call_id: str
    local_tag: str
    remote_tag: str


@dataclass(slots=True)
class Dialog:
    """One peer-to-peer SIP relationship: tags, sequence numbers, route set, remote target."""

    call_id: str
    local: NameAddr
    remote: NameAddr
    local_sequence: int
    remote_sequence: int | None
    remote_target: Uri
    route_set: tuple[NameAddr, ...]
    fallback: Address  # where requests go when the next hop names no IP address
    state: State = State.EARLY

    @property
    def id(self) -> DialogId:
        """Call-ID, local tag, remote tag."""
        return DialogId(self.call_id, self.local.tag or "", self.remote.tag or "")

    def _enter(self, event: str) -> None:
        target = _NEXT.get((self.state, event))
        if target is None:
            raise LocalProtocolError(f"dialog has no transition from {self.state.name} on {event}")
        self.state = target

    def confirm(self) -> None:
        """A 2xx was sent or received."""
        self._enter("2xx")

    def end(self) -> None:
        """A BYE was sent or received (or an early dialog was refused)."""
        self._enter("BYE" if self.state is not State.EARLY else "300-699")

    def accept_sequence(self, request: Request) -> None:
        """Check and take over the CSeq of a request in this dialog (§12.2.2).

        Raises RemoteProtocolError(500) for a number not above the last one: it is out of order.
        """
        number = request.cseq.number
        if self.remote_sequence is not None and number <= self.remote_sequence:
            raise RemoteProtocolError("CSeq out of order", status_hint=500)
        self.remote_sequence = number

    def refresh_target(self, message: Request | Response) -> None:
        """Take the Contact of a target refresh request or its 2xx as the new remote target (§12.2)."""
        contact = message.contact
        if contact is not None:
            self.remote_target = contact.uri

    def request(self, method: str, via: Via, *, contact: NameAddr | None = None) -> Request:
        """A request in this dialog with the next sequence number (§12.2.1.1)."""
        self.local_sequence += 1
        return self._build(method, via, self.local_sequence, contact)

    def ack(self, via: Via, sequence: int) -> Request:
        """The ACK of the 2xx that answered the INVITE with `sequence` (§13.2.2.4)."""
        return self._build("ACK", via, sequence, None)

    def _build(self, method: str, via: Via, sequence: int, contact: NameAddr | None) -> Request:
        target = self.remote_target
        routes = list(self.route_set)
        if routes and not routes[0].uri.loose_routing:
            # A strict router wants to see itself in the request line; the target moves to the end.
            target = routes.pop(0).uri
            routes.append(NameAddr("", self.remote_target))
        return new_request(
            method,
            target,
            via=via,
            from_=self.local,
            to=self.remote,
            call_id=self.call_id,
            cseq=sequence,
            contact=contact,
            routes=routes,
        )

    @property
    def next_hop(self) -> Address:
        """Where a request in this dialog is sent: the first route, else the remote target (§12.2.1.1)."""
        return next_hop(self.route_set[0].uri if self.route_set else self.remote_target, self.fallback)


def uas_dialog(request: Request, local_tag: str, source: Address) -> Dialog:
    """The dialog a UAS makes when it answers `request` with `local_tag` (§12.1.1).

    Raises RemoteProtocolError(400) when the request has no Contact. A caller of RFC 2543, whom its Via shows,
    need not have one: he is then where From says.
    """
    contact = request.contact
    if contact is None and (request.via.branch or "").startswith(MAGIC_COOKIE):
        raise RemoteProtocolError("INVITE without Contact", status_hint=400)
    return Dialog(
        call_id=request.call_id,
        local=request.to.with_tag(local_tag),
        remote=request.from_,
        local_sequence=0,
        remote_sequence=request.cseq.number,
        remote_target=(contact or request.from_).uri,
        route_set=tuple(request.record_routes),
        fallback=source,
    )


def uac_dialog(request: Request, response: Response, destination: Address) -> Dialog:
    """The dialog a UAC makes from a response with a To tag (§12.1.2).

    A 1xx without Contact leaves the request's own URI as the target; a 2xx brings one.
    """
    contact = response.contact
    return Dialog(
        call_id=request.call_id,
        local=request.from_,
        remote=response.to,
        local_sequence=request.cseq.number,
        remote_sequence=None,
        remote_target=contact.uri if contact is not None else request.uri,
        route_set=tuple(reversed(response.record_routes)),
        fallback=destination,
    )
