"""Two user agents of ours on an emulated network, stepped through time by whoever wakes next."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from aywa.proto.sip.core import CoreAction, IncomingCall, SessionSaid, UserAgentCore
from aywa.proto.sip.layer_actions import Transmit
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.parser import parse_datagram
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.session_states import SessionEvent
from aywa.proto.sip.session_uac import CallParameters, OutgoingUsage
from aywa.proto.sip.session_uas import IncomingUsage
from aywa.proto.sip.uri import parse_uri
from tests.kit.netem import Network, Weather
from tests.kit.sip_messages import ALICE, BOB, OFFER, identity

Address = tuple[str, int]


class Peer:
    """One user agent, what its sessions have said, and what it sent and received."""

    def __init__(self, address: Address, network: Network, seed: int) -> None:
        self.address = address
        self.core = UserAgentCore(identity(address, seed))
        self.calls: list[IncomingUsage] = []
        self.said: list[tuple[InviteUsage, SessionEvent]] = []
        self.sent: list[Request | Response] = []
        self.received: list[Request | Response] = []
        self.react: Callable[[Peer, CoreAction, float], None] = lambda peer, action, now: None
        self._network = network

    def drain(self, now: float) -> None:
        """Carry out what the core asks for; reactions may ask for more."""
        again = True
        while again:
            again = False
            for action in self.core.actions():
                again = True
                match action:
                    case Transmit(message, address):
                        self.sent.append(message)
                        self._network.send(message.encode(), self.address, address, now)
                    case IncomingCall(usage):
                        self.calls.append(usage)
                    case SessionSaid(usage, event):
                        self.said.append((usage, event))
                self.react(self, action, now)

    def events(self, usage: InviteUsage) -> list[SessionEvent]:
        """What one session has said, in order."""
        return [event for who, event in self.said if who is usage]

    def sent_methods(self) -> list[str]:
        """What was sent, as methods and statuses."""
        return [m.method if isinstance(m, Request) else str(m.status) for m in self.sent]


class SipPair:
    """Alice and Bob. `now` is the emulated time in seconds."""

    def __init__(self, weather: Weather | None = None, seed: int = 1) -> None:
        self.now = 0.0
        self.network = Network(weather or Weather(), Random(seed))
        self.alice = Peer(ALICE, self.network, seed + 1000)
        self.bob = Peer(BOB, self.network, seed + 2000)
        self.drop: Callable[[Request | Response, Peer], bool] = lambda message, to: False

    def call(self, *, ring_limit_s: float = 60.0, offer: bytes = OFFER) -> OutgoingUsage:
        """Alice calls Bob."""
        target = parse_uri(f"sip:bob@{BOB[0]}:{BOB[1]}")
        parameters = CallParameters(
            target, parse_uri("sip:alice@192.0.2.1"), offer, BOB, ring_limit_s=ring_limit_s
        )
        usage = self.alice.core.invite(parameters, self.now)
        self.alice.drain(self.now)
        return usage

    def do(self, peer: Peer, usage: InviteUsage, action: Callable[[float], None]) -> None:
        """Call one of a session's own methods, which takes `now`, and carry out what follows."""
        action(self.now)
        peer.core.apply(usage, self.now)
        peer.drain(self.now)

    def step(self, until: float) -> bool:
        """Jump to whoever wakes next, at most to `until`; False when nothing happens before it."""
        wakes = [self.network.deadline, self.alice.core.deadline, self.bob.core.deadline]
        at = min((w for w in wakes if w is not None), default=None)
        if at is None or at > until:
            self.now = max(self.now, until)
            return False
        self.now = max(self.now, at)
        for datagram in self.network.deliver(self.now):
            peer = self.alice if datagram.destination == ALICE else self.bob
            if datagram.destination != peer.address:
                continue  # nobody lives there
            message = parse_datagram(datagram.data)
            if not self.drop(message, peer):
                peer.received.append(message)
                peer.core.receive(message, datagram.source, self.now)
                peer.drain(self.now)
        for peer in (self.alice, self.bob):
            peer.core.handle_timers(self.now)
            peer.drain(self.now)
        return True

    def run(self, seconds: float) -> None:
        """Let that much time pass."""
        until = self.now + seconds
        while self.step(until):
            pass
