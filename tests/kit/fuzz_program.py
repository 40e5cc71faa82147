"""A fuzzed user agent core: each input is a program of what peer, user, network and clock do to it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from aywa.errors import LocalProtocolError
from aywa.proto.sip.core import IncomingCall, SessionSaid, UserAgentCore
from aywa.proto.sip.layer_actions import Transmit
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.session_states import OfferArrived
from aywa.proto.sip.session_uac import CallParameters
from aywa.proto.sip.session_uas import IncomingUsage
from aywa.proto.sip.uri import parse_uri
from tests.kit.fuzz_targets import MESSAGES, Outcome, Trial
from tests.kit.mutate import mutated
from tests.kit.sip_messages import ALICE, ANSWER, OFFER, identity, request, response

_METHODS = ("ACK", "BYE", "INVITE", "OPTIONS", "CANCEL", "INFO", "UPDATE", "PRACK")
_STATUSES = (100, 180, 183, 200, 202, 302, 401, 407, 408, 422, 481, 486, 487, 491, 503, 603)
_STEPS_S = (0.0, 0.1, 0.5, 0.5, 1.0, 2.0, 4.0, 8.0, 31.9, 32.1, 45.0, 64.0, 90.0, 180.0, 600.0, 1800.0)
_TARGET = CallParameters(parse_uri("sip:x@192.0.2.1"), parse_uri("sip:bob@192.0.2.2"), OFFER, ALICE)
_LONGEST = 400  # bytes of a program that are run: two a step
SETTLED_S = 4000.0  # longer than any session interval here and what follows it


class TransactionTarget:
    """Whatever the order, nothing is raised, and in the end no session and no transaction is left."""

    name = "transactions"
    seeds: Sequence[bytes] = (
        bytes((0, 0, 4, 0, 4, 1, 1, 0, 3, 4, 1, 1)),  # called, rung, answered, acknowledged, hung up
        bytes((0, 5, 10, 5, 3, 9, 0, 2, 4, 2)),  # cancelled; another one refused
        bytes((5, 0, 2, 1, 2, 3, 3, 4, 4, 4, 2, 3)),  # a call of ours
        bytes((5, 0, 2, 6, 2, 3, 6, 0, 2, 3, 7, 0, 8, 0, 9, 0, 9, 1, 11, 1)),
        bytes((0, 0, 4, 1, 1, 0, 1, 2, 1, 6, 1, 7, 3, 15, 1, 5)),
    )

    def trial(self, data: bytes, rng: Random) -> Trial:
        seed = rng.getrandbits(32)

        def run() -> Outcome:
            program = _Program(Random(seed))
            for at in range(0, min(len(data), _LONGEST) - 1, 2):
                program.step(data[at], data[at + 1])
            program.settle()
            return Outcome(program.calls > 0, program.size)

        return run


class _Program:
    """One core, a peer without manners, a user without patience."""

    def __init__(self, rng: Random) -> None:
        self.calls = 0
        self.size = 0  # bytes in and out
        self._rng = rng
        self._core = UserAgentCore(identity(), limit=40)
        self._now = 0.0
        self._usages: list[InviteUsage] = []
        self._sent: list[Request | Response] = []
        self._sequence = 1
        self._last: bytes = b""

    def step(self, operation: int, argument: int) -> None:
        """Do one thing."""
        steps = (
            *(
                self._invite,
                self._in_dialog,
                self._respond,
                self._wait,
                self._user,
                self._call,
                self._options,
            ),
            *(self._fail, self._lose, self._noise, self._cancel, self._again),
        )
        steps[operation % len(steps)](argument)
        self._drain()

    def settle(self) -> None:
        """Hang up whatever there is, let time pass, and see that nothing is left."""
        for usage in self._core.sessions:
            self._user_act(usage, 3)
        self._drain()
        self._run_to(self._now + SETTLED_S)
        assert not self._core.sessions, "a session is left"
        assert len(self._core.transactions) == 0, "a transaction is left"
        assert self._core.deadline is None, "a timer is left"

    def _deliver(self, data: bytes) -> None:
        self._last = data
        self.size += len(data)
        self._core.receive_datagram(data, ALICE, self._now)

    def _invite(self, argument: int) -> None:
        headers = (("Supported", "timer, 100rel"), ("Session-Expires", "90")) if argument & 64 else ()
        message = request(
            call_id=f"call-{argument & 3}",
            branch=f"z9hG4bK{argument >> 2 & 7}" if argument & 128 else f"z9hG4bK-{self._sequence}",
            body=b"" if argument & 32 else OFFER,
            headers=headers,
        )
        self._sequence += 1
        self._deliver(message.encode())

    def _in_dialog(self, argument: int) -> None:
        if not self._usages:
            return
        usage = self._usages[(argument >> 3) % len(self._usages)]
        method = _METHODS[argument % 8]
        self._sequence += argument >> 7
        message = request(
            method,
            branch=f"z9hG4bKd{self._sequence}",
            sequence=self._sequence if method != "ACK" else 1,
            to_tag=usage.local_tag,
            call_id=usage.call_id,
            from_tag="from-alice" if isinstance(usage, IncomingUsage) else "to-bob",
            body=OFFER if argument & 64 else b"",
            headers=(("RAck", "1 1 INVITE"), ("Session-Expires", "90")) if argument & 32 else (),
        )
        self._deliver(message.encode())

    def _respond(self, argument: int) -> None:
        asked = [each for each in self._sent if isinstance(each, Request) and each.method != "ACK"]
        if not asked:
            return
        to = asked[-1 - (argument >> 4) % min(4, len(asked))]
        answer = response(to, _STATUSES[argument % 16], body=ANSWER if argument & 1 else b"")
        if answer.status in (401, 407):
            answer.headers.add("WWW-Authenticate", 'Digest realm="x", nonce="n"')
        self._deliver(answer.encode())

    def _wait(self, argument: int) -> None:
        self._run_to(self._now + _STEPS_S[argument % 16])

    def _user(self, argument: int) -> None:
        if self._usages:
            self._user_act(self._usages[(argument >> 2) % len(self._usages)], argument)

    def _user_act(self, usage: InviteUsage, argument: int) -> None:
        """What an application does; what it may not do now is refused to it by LocalProtocolError."""
        try:
            match argument % 4, usage:
                case 0, IncomingUsage():
                    usage.ring(self._now)
                case 1, IncomingUsage():
                    usage.accept(ANSWER, self._now)
                case 2, IncomingUsage():
                    usage.progress(ANSWER, self._now)
                case 3, IncomingUsage() if usage.waiting:
                    usage.reject(486, self._now)
                case _:
                    usage.hang_up(self._now, "enough")
        except LocalProtocolError:
            pass
        self._core.apply(usage, self._now)

    def _call(self, argument: int) -> None:
        if len(self._usages) < 24:
            self._usages.append(self._core.invite(_TARGET, self._now))

    def _options(self, argument: int) -> None:
        self._core.options(parse_uri("sip:bob@192.0.2.1"), ALICE, self._now)

    def _fail(self, argument: int) -> None:
        if self._sent:
            self._core.transmit_failed(self._sent[-1 - argument % min(8, len(self._sent))], self._now)

    def _lose(self, argument: int) -> None:
        self._core.connection_lost(lambda address: address == ALICE, self._now)

    def _noise(self, argument: int) -> None:
        seeds = [self._last, *(message.encode() for message in self._sent[-3:])] if argument & 1 else MESSAGES
        self._deliver(
            next(mutated([seed for seed in seeds if seed] or MESSAGES, 1, self._rng.getrandbits(32)))
        )

    def _cancel(self, argument: int) -> None:
        message = request("CANCEL", call_id=f"call-{argument & 3}", branch=f"z9hG4bK{argument >> 2 & 7}")
        self._deliver(message.encode())

    def _again(self, argument: int) -> None:
        if self._last:
            self._deliver(self._last)

    def _run_to(self, until: float) -> None:
        while (deadline := self._core.deadline) is not None and deadline <= until:
            self._now = max(self._now, deadline)
            self._core.handle_timers(self._now)
            self._drain()
        self._now = until

    def _drain(self) -> None:
        for action in self._core.actions():
            match action:
                case IncomingCall(usage):
                    self.calls += 1
                    self._usages.append(usage)
                case SessionSaid(usage, OfferArrived()):
                    usage.answer_offer(ANSWER if self._sequence % 2 else None, self._now)
                    self._core.apply(usage, self._now)
                case Transmit(message):
                    self.size += len(message.encode())
                    self._sent.append(message)
                    del self._sent[:-32]
                case _:
                    pass
