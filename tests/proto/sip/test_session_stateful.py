"""Random orders of everything a peer and a user can do: no exception, one end, nothing left behind."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from aywa.errors import LocalProtocolError
from aywa.proto.sip.core import IncomingCall, SessionSaid, UserAgentCore
from aywa.proto.sip.layer_actions import Transmit
from aywa.proto.sip.message import Request
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.session_states import Ended, Established, OfferArrived, State
from aywa.proto.sip.session_uac import CallParameters, OutgoingUsage
from aywa.proto.sip.session_uas import IncomingUsage
from aywa.proto.sip.uri import parse_uri
from tests.kit.sip_messages import ALICE, ANSWER, OFFER, identity, request, response

SMALL = settings(
    max_examples=150, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TARGET = CallParameters(parse_uri("sip:x@192.0.2.1"), parse_uri("sip:bob@192.0.2.2"), OFFER, ALICE)


class CoreMachine(RuleBasedStateMachine):
    """One core, a peer without manners, a user without patience."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.core = UserAgentCore(identity())
        self.usages: list[InviteUsage] = []
        self.ends: dict[InviteUsage, int] = {}
        self.established: dict[InviteUsage, int] = {}
        self.sent: list[Request] = []
        self.sequence = 1

    def drain(self) -> None:
        for action in self.core.actions():
            match action:
                case IncomingCall(usage):
                    self.usages.append(usage)
                case SessionSaid(usage, Ended()):
                    self.ends[usage] = self.ends.get(usage, 0) + 1
                case SessionSaid(usage, Established()):
                    self.established[usage] = self.established.get(usage, 0) + 1
                case SessionSaid(usage, OfferArrived()) if self.sequence % 2:
                    usage.answer_offer(ANSWER if self.sequence % 3 else None, self.now)
                    self.core.apply(usage, self.now)
                case Transmit(Request() as message):
                    self.sent.append(message)
                case _:
                    pass

    def receive(self, message: Request) -> None:
        self.core.receive(message, ALICE, self.now)
        self.drain()

    @rule(
        call=st.integers(1, 2),
        branch=st.integers(1, 3),
        offer=st.booleans(),
        extensions=st.sampled_from(["", "timer, 100rel"]),
        required=st.booleans(),
    )
    def invite_arrives(self, call: int, branch: int, offer: bool, extensions: str, required: bool) -> None:
        body = OFFER if offer else b""
        headers = (("Require" if required else "Supported", extensions), ("Allow", "UPDATE"))
        self.receive(request(call_id=f"call-{call}", branch=f"z9hG4bK{branch}", body=body, headers=headers))

    @rule(
        method=st.sampled_from(["ACK", "BYE", "INVITE", "OPTIONS", "CANCEL", "INFO", "UPDATE", "PRACK"]),
        which=st.integers(0, 5),
        sequence=st.integers(1, 6),
        branch=st.integers(1, 6),
        body=st.booleans(),
    )
    def in_dialog(self, method: str, which: int, sequence: int, branch: int, body: bool) -> None:
        if not self.usages:
            return
        usage = self.usages[which % len(self.usages)]
        message = request(
            method,
            branch=f"z9hG4bK{branch}",
            sequence=sequence,
            to_tag=usage.local_tag,
            call_id=usage.call_id,
            from_tag="from-alice" if isinstance(usage, IncomingUsage) else "to-bob",
            body=OFFER if body and method in ("INVITE", "ACK", "UPDATE", "PRACK") else b"",
            headers=self.headers_of(method, usage),
        )
        self.receive(message)

    def headers_of(self, method: str, usage: InviteUsage) -> tuple[tuple[str, str], ...]:
        """What makes a PRACK fit, mostly, and an UPDATE agree on a session timer."""
        if method == "PRACK" and isinstance(usage, IncomingUsage) and usage._reliable.response is not None:
            rseq = usage._reliable.response.headers.get("RSeq")
            return (("RAck", f"{rseq} 1 INVITE"),)
        if method in ("UPDATE", "INVITE"):
            return (("Supported", "timer"), ("Session-Expires", "90"), ("Allow", "UPDATE"))
        return ()

    @rule(call=st.integers(1, 2), branch=st.integers(1, 3))
    def cancel_arrives(self, call: int, branch: int) -> None:
        self.receive(request("CANCEL", call_id=f"call-{call}", branch=f"z9hG4bK{branch}"))

    @rule(
        which=st.integers(0, 20),
        status=st.sampled_from(
            [100, 180, 183, 200, 202, 302, 405, 408, 422, 481, 486, 487, 491, 500, 503, 603]
        ),
        tag=st.sampled_from(["to-bob", "to-carol"]),
        body=st.booleans(),
        rseq=st.integers(0, 3),
    )
    def response_arrives(self, which: int, status: int, tag: str, body: bool, rseq: int) -> None:
        asked = [message for message in self.sent if message.method != "ACK"]
        if asked:
            message = response(asked[which % len(asked)], status, tag=tag, body=ANSWER if body else b"")
            for name, value in (
                ("Allow", "UPDATE"),
                ("Min-SE", "2000"),
                ("Retry-After", str(rseq)),
                *((("Require", "100rel"), ("RSeq", str(rseq))) if rseq and status < 200 else ()),
                *((("Session-Expires", "90;refresher=uac"),) if rseq else ()),
            ):
                message.headers.add(name, value)
            self.core.receive(message, ALICE, self.now)
            self.drain()

    @rule()
    def call_out(self) -> None:
        if len(self.usages) < 6:
            self.usages.append(self.core.invite(TARGET, self.now))
            self.drain()

    @rule(
        which=st.integers(0, 5),
        what=st.sampled_from(
            [
                "ring",
                "progress",
                "accept",
                "reject",
                "hang_up",
                "cancel",
                "offer",
                "update",
                "beat",
                "answer",
                "refuse",
            ]
        ),
    )
    def user(self, which: int, what: str) -> None:
        if not self.usages:
            return
        usage = self.usages[which % len(self.usages)]
        self.sequence += 1
        try:
            match what, usage:
                case "ring", IncomingUsage():
                    usage.ring(self.now)
                case "progress", IncomingUsage():
                    usage.progress(ANSWER, self.now)
                case "update", _:
                    usage.update(OFFER, self.now)
                case "beat", _:
                    usage.update(b"", self.now)
                case "accept", IncomingUsage():
                    usage.accept(ANSWER, self.now)
                case "reject", IncomingUsage():
                    usage.reject(486, self.now)
                case "cancel", OutgoingUsage():
                    usage.cancel(self.now)
                case "hang_up", _:
                    usage.hang_up(self.now)
                case "offer", _:
                    usage.offer(OFFER, self.now)
                case "answer", _:
                    usage.answer_offer(ANSWER, self.now)
                case "refuse", _:
                    usage.answer_offer(None, self.now)
                case _:
                    pass
        except LocalProtocolError:
            assert what in ("ring", "progress", "accept", "reject", "offer", "update", "beat")
        self.core.apply(usage, self.now)
        self.drain()

    @rule(which=st.integers(0, 20))
    def send_fails(self, which: int) -> None:
        if self.sent:
            self.core.transmit_failed(self.sent[which % len(self.sent)], self.now)
            self.drain()

    @rule(seconds=st.sampled_from([0.0, 0.3, 1.0, 5.0, 33.0, 70.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.core.handle_timers(self.now)
        self.drain()

    @invariant()
    def ends_are_said_once(self) -> None:
        for usage in self.usages:
            assert self.ends.get(usage, 0) == (0 if usage.alive else 1)
            assert self.established.get(usage, 0) <= 1
            assert (usage in self.core.sessions) == usage.alive
        deadline = self.core.deadline
        assert deadline is None or deadline > self.now - 80

    def teardown(self) -> None:
        for usage in list(self.usages):
            if isinstance(usage, IncomingUsage) and usage.waiting:
                usage.reject(480, self.now)
            elif isinstance(usage, OutgoingUsage):
                usage.cancel(self.now)
            usage.hang_up(self.now)
            self.core.apply(usage, self.now)
        for _ in range(4000):
            self.drain()
            deadline = self.core.deadline
            if deadline is None:
                break
            self.now = max(self.now, deadline)
            self.core.handle_timers(self.now)
        self.drain()
        alive = [usage for usage in self.usages if usage.alive]
        assert alive == []
        assert self.core.sessions == []
        assert len(self.core.transactions) == 0
        assert all(usage.state is State.TERMINATED for usage in self.usages)


CoreMachine.TestCase.settings = SMALL
TestCoreMachine = CoreMachine.TestCase
