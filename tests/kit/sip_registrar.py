"""A registrar for tests: asks for credentials, keeps bindings, on transactions of ours."""

from __future__ import annotations

from random import Random

from aywa.proto.sip.build import response_to
from aywa.proto.sip.digest import Credentials
from aywa.proto.sip.digest_server import DigestServer, Verdict
from aywa.proto.sip.layer_actions import RequestArrived, Transmit
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.parser import is_keepalive, parse_datagram
from aywa.proto.sip.transactions import TransactionLayer

Address = tuple[str, int]


class Registrar:
    """One input -> `outgoing()` -> wait until `layer.deadline` or the next input."""

    def __init__(self, user: Credentials, rng: Random, *, life_s: float = 50.0) -> None:
        self.layer = TransactionLayer()
        self.bindings: dict[str, float] = {}  # contact to the time it ends
        self.refuse_with: int | None = None
        self.requests: list[Request] = []
        self.pings = 0
        self._digest = DigestServer("pbx", [user], key=rng.randbytes(32), life_s=life_s)

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """A datagram came."""
        if is_keepalive(data):
            self.pings += 1
            return
        self.layer.receive(parse_datagram(data), source, now)

    def outgoing(self, now: float) -> list[tuple[bytes, Address]]:
        """What to send now."""
        out = []
        for action in self.layer.actions():
            match action:
                case Transmit(message, address):
                    out.append((message.encode(), address))
                case RequestArrived(key, request, source):
                    self.requests.append(request)
                    self.layer.respond(key, self._judge(request, source[0], now), now)
        return out

    def _judge(self, request: Request, host: str, now: float) -> Response:
        if self.refuse_with is not None:
            return response_to(request, self.refuse_with, to_tag="r")
        verdict = self._digest.judge(request, host, now)
        if verdict is not Verdict.GRANTED:
            asks = self._digest.challenges(host, now, stale=verdict is Verdict.STALE)
            return response_to(request, 401, to_tag="r", headers=[("WWW-Authenticate", ask) for ask in asks])
        contact = request.contact
        assert contact is not None
        expires = int(contact.parameters.get("expires") or 0)
        self.bindings = {str(contact.uri): now + expires} if expires else {}
        listed = [("Contact", str(contact))] if expires else []
        return response_to(request, 200, to_tag="r", headers=listed)
