"""Calls that end in every way there is, made by a peer that keeps to no manners, and what they leave behind.

`Rogue` speaks raw SIP over any datagram socket: the emulated network's under a mock clock, or a real one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from enum import Enum

import trio

from aywa.errors import AywaError
from aywa.proto.sdp.audio import LocalAudio, NoCommonCodec
from aywa.proto.sdp.offer_answer import accept_offer, make_offer
from aywa.proto.sip.stream_address import Transport
from aywa.proto.sip.uri import parse_uri
from aywa.ua import IncomingCall, UserAgent
from aywa.ua.udp import DatagramSocket
from tests.kit.torture_wire import Reader, follow_up, header, status_of

STAYS_S = 1.0
SILENCE_S = 2.0  # how long a step is waited for
_LOCAL = LocalAudio("127.0.0.1", 40_000)
_SDP = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
_NO_CODEC = _SDP.replace(b"RTP/AVP 0", b"RTP/AVP 97")


class Ending(Enum):
    """How a call ends. The first group calls the user agent, the second is called by it."""

    CALLER_BYE = "the caller hangs up"
    CALLEE_BYE = "the user agent hangs up"
    CANCELLED = "CANCEL before the answer"
    REJECTED = "486, acknowledged"
    REJECTED_NO_ACK = "486 that nobody acknowledges"
    NO_ACK = "200 that nobody acknowledges"
    GARBAGE = "an offer that is none"
    NO_CODEC = "an offer without a common codec"
    EXPIRED = "a session timer that nobody refreshes"
    VANISHED = "the peer is gone without a word"
    REFER = "REFER, then BYE"
    REINVITE = "a re-INVITE with an offer that is none, then BYE"
    BYE_EARLY = "BYE before the answer"

    CUT = "a connection that breaks within the call"

    OUT_BYE = "called, answered, hung up"
    OUT_BUSY = "called, busy"
    OUT_CANCELLED = "called, rings too long"
    OUT_SILENT = "called, no answer of any kind"
    OUT_VANISHED = "called, answered, then gone"


INCOMING = tuple(each for each in Ending if not each.name.startswith("OUT_"))
DATAGRAMS = tuple(each for each in Ending if each is not Ending.CUT)


@dataclass(slots=True)
class Ports:
    """What stands for RTP ports where there is no engine."""

    taken: int = 0

    @contextmanager
    def reserve(self) -> Iterator[None]:
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


class Callee:
    """What the user agent's calls get: the user of the Request-URI says which ending it is."""

    def __init__(self, reserve: Callable[[], AbstractContextManager[object]]) -> None:
        self.outcomes: Counter[str] = Counter()
        self._reserve = reserve

    async def take(self, call: IncomingCall) -> None:
        """One call from the other side."""
        ending = Ending[call.request.uri.user_text]
        with self._reserve():
            try:
                await self._serve(call, ending)
            except AywaError as error:
                self.outcomes[type(error).__name__] += 1
            else:
                self.outcomes["served"] += 1

    async def _serve(self, call: IncomingCall, ending: Ending) -> None:
        await call.ring()
        if ending in (Ending.REJECTED, Ending.REJECTED_NO_ACK):
            await call.reject(486)
            return
        if ending in (Ending.CANCELLED, Ending.BYE_EARLY):
            await call.wait_cancelled()
            return
        assert call.offer is not None
        try:
            answer = accept_offer(call.offer, _LOCAL).answer
        except NoCommonCodec:
            await call.reject(488)
            return
        session = await call.answer(answer)
        if ending in (Ending.CALLEE_BYE, Ending.VANISHED, Ending.CUT):
            await trio.sleep(STAYS_S)
            await session.hangup()
        await session.wait_ended()


@dataclass
class Rogue:
    """A peer at `socket.local` that calls `agent` and is called by it."""

    socket: DatagramSocket
    agent: UserAgent
    finals: Counter[str] = field(default_factory=Counter)
    _inboxes: dict[bytes, trio.MemorySendChannel[bytes]] = field(default_factory=dict)
    _number: int = 0

    async def listen(self) -> None:
        """Hand what comes to whom it is for, and answer what the user agent calls; until cancelled."""
        while True:
            for data, _ in await self.socket.receive():
                inbox = self._inboxes.get(header(data, "Call-ID"))
                if inbox is not None:
                    inbox.send_nowait(data)
                elif not data.startswith(b"SIP/"):
                    self._serve(data)

    # -- called by the user agent

    def _serve(self, data: bytes) -> None:
        """Stateless: the user that is called says what happens."""
        method = data.split(b" ", 1)[0]
        user = data.split(b"sip:", 1)[1].split(b"@")[0].decode()
        if method == b"ACK" or user == Ending.OUT_SILENT.name:
            return
        if method == b"INVITE":
            status = {Ending.OUT_BUSY.name: 486, Ending.OUT_CANCELLED.name: 180}.get(user, 200)
            self._answer(data, status, user, _SDP if status == 200 else b"")
        elif method == b"CANCEL":
            self._answer(data, 200, user)
            self._answer(data.replace(b" CANCEL", b" INVITE"), 487, user)
        elif user != Ending.OUT_VANISHED.name:
            self._answer(data, 200, user)

    def _answer(self, data: bytes, status: int, user: str, body: bytes = b"") -> None:
        host, port = self.socket.local
        to = header(data, "To")
        lines = [f"SIP/2.0 {status} x".encode()]
        lines += [name.encode() + b": " + header(data, name) for name in ("Via", "From", "Call-ID", "CSeq")]
        lines.append(b"To: " + (to if b";tag=" in to else to + b";tag=rogue"))
        lines.append(f"Contact: <sip:{user}@{host}:{port}>\r\nContent-Length: {len(body)}".encode())
        if body:
            lines.append(b"Content-Type: application/sdp")
        self._send(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    def _send(self, data: bytes) -> None:
        self.socket.send_nowait(data, self.agent.local)

    async def be_called(self, ending: Ending) -> None:
        """A call of the user agent's own."""
        host, port = self.socket.local
        target = parse_uri(f"sip:{ending.name}@{host}:{port}")
        try:
            session = await self.agent.invite(
                target,
                from_uri=parse_uri("sip:churn@127.0.0.1"),
                offer=make_offer(_LOCAL, 1, 1),
                ring_timeout_s=STAYS_S,
            )
        except AywaError as error:
            self.finals[type(error).__name__] += 1
            return
        await trio.sleep(STAYS_S)
        await session.hangup()
        self.finals["hung up"] += 1

    # -- calling it

    async def call(self, ending: Ending) -> None:
        """One call with that ending."""
        if ending not in INCOMING:
            await self.be_called(ending)
            return
        self._number += 1
        if ending is Ending.CUT:
            await self._call_and_cut(self._number)
            return
        call_id = b"churn-%d" % self._number
        send, receive = trio.open_memory_channel[bytes](64)
        self._inboxes[call_id] = send
        try:
            await self._call(ending, call_id, self._number, receive)
        finally:
            del self._inboxes[call_id]

    async def _call(
        self, ending: Ending, call_id: bytes, number: int, inbox: trio.MemoryReceiveChannel[bytes]
    ) -> None:
        invite = self._invite(ending, call_id, number)
        if ending in (Ending.CANCELLED, Ending.BYE_EARLY):
            ringing = await self._expect(invite, inbox, 180)
            gone = invite.replace(b"INVITE", b"CANCEL") if ending is Ending.CANCELLED else None
            self._send(gone or follow_up("BYE", invite, ringing, number))
        final = await self._expect(invite, inbox, 200)
        status = status_of(final) if final else 0
        self.finals[f"{ending.name} {status}"] += 1
        if not final or ending in (Ending.NO_ACK, Ending.REJECTED_NO_ACK):
            return
        self._send(follow_up("ACK", invite, final, number))
        if status >= 300 or ending in (Ending.VANISHED, Ending.EXPIRED):
            return
        if ending is Ending.CALLEE_BYE:
            await self._answer_bye(inbox)
            return
        if ending in (Ending.REFER, Ending.REINVITE):
            await self._ask_within(ending, invite, final, number, inbox)
        self._send(follow_up("BYE", invite, final, number + 1_000_000).replace(b"CSeq: 2 ", b"CSeq: 9 "))
        await self._next(inbox, lambda data: header(data, "CSeq").endswith(b"BYE"))

    async def _call_and_cut(self, number: int) -> None:
        """Over TCP, and gone as soon as it is up."""
        invite = self._invite(Ending.CUT, b"churn-%d" % number, number).replace(b"/UDP", b"/TCP")
        with trio.fail_after(SILENCE_S * 5):
            stream = await trio.open_tcp_stream(*self.agent.streams.local[Transport.TCP])
            await stream.send_all(invite)
            reader, final = Reader(stream), b"SIP/2.0 100 x"
            while final and status_of(final) < 200:
                final = await reader.next()
            self.finals[f"CUT {status_of(final) if final else 0}"] += 1
            if final:
                await stream.send_all(follow_up("ACK", invite, final, number))
        await trio.aclose_forcefully(stream)

    async def _ask_within(
        self,
        ending: Ending,
        invite: bytes,
        final: bytes,
        number: int,
        inbox: trio.MemoryReceiveChannel[bytes],
    ) -> None:
        within = follow_up("BYE", invite, final, number + 2_000_000)
        if ending is Ending.REFER:
            asked = within.replace(b"BYE", b"REFER").replace(
                b"Max-Forwards", b"Refer-To: <sip:x@127.0.0.1>\r\nContact: <sip:r@127.0.0.1>\r\nMax-Forwards"
            )
        else:
            kind = b"Contact: <sip:r@127.0.0.1>\r\nContent-Type: application/sdp\r\n"
            kind += b"Content-Length: 7\r\n\r\nnot sdp"
            asked = within.replace(b"BYE", b"INVITE").replace(b"Content-Length: 0\r\n\r\n", kind)
        self._send(asked)
        answer = await self._next(
            inbox, lambda data: header(data, "CSeq").startswith(b"2 ") and status_of(data) >= 200
        )
        self.finals[f"{ending.name} within {status_of(answer) if answer else 0}"] += 1
        if answer and ending is Ending.REINVITE:
            self._send(follow_up("ACK", asked, answer, number + 2_000_000))

    async def _answer_bye(self, inbox: trio.MemoryReceiveChannel[bytes]) -> None:
        bye = await self._next(inbox, lambda data: data.startswith(b"BYE "))
        if bye:
            self._answer(bye, 200, "rogue")

    async def _expect(self, invite: bytes, inbox: trio.MemoryReceiveChannel[bytes], least: int) -> bytes:
        """Send the INVITE and wait for a status of its own."""
        self._send(invite)
        return await self._next(
            inbox,
            lambda data: (
                data.startswith(b"SIP/")
                and header(data, "CSeq").endswith(b"INVITE")
                and status_of(data) >= least
            ),
        )

    async def _next(self, inbox: trio.MemoryReceiveChannel[bytes], wanted: Callable[[bytes], bool]) -> bytes:
        with trio.move_on_after(SILENCE_S):
            async for data in inbox:
                if wanted(data):
                    return data
        return b""

    def _invite(self, ending: Ending, call_id: bytes, number: int) -> bytes:
        host, port = self.socket.local
        body = {Ending.GARBAGE: b"not sdp", Ending.NO_CODEC: _NO_CODEC}.get(ending, _SDP)
        timer = (
            b"Session-Expires: 90;refresher=uac\r\nSupported: timer\r\n" if ending is Ending.EXPIRED else b""
        )
        return (
            (
                f"INVITE sip:{ending.name}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};"
                f"branch=z9hG4bKi{number};rport\r\nFrom: <sip:rogue@{host}>;tag=r{number}\r\n"
                f"To: <sip:{ending.name}@127.0.0.1>\r\nCall-ID: {call_id.decode()}\r\nCSeq: 1 INVITE\r\n"
                f"Contact: <sip:rogue@{host}:{port}>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\n"
            ).encode()
            + timer
            + b"Content-Length: %d\r\n\r\n" % len(body)
            + body
        )


@dataclass(frozen=True, slots=True)
class Left:
    """What there is of a user agent at one moment."""

    sessions: int
    transactions: int
    owners: int
    timers: bool
    listeners: int
    ports: int
    tasks: int


def left_of(agent: UserAgent, ports: int) -> Left:
    """Everything that calls could leave behind."""
    core = agent.endpoint.core
    return Left(
        len(core.sessions),
        len(core.transactions),
        len(core._owners) + len(core._invites),
        core.deadline is not None,
        len(agent.endpoint._listeners) + len(agent.endpoint._requests) + len(agent.endpoint._called),
        ports,
        trio.lowlevel.current_statistics().tasks_living,
    )


async def run_mixed(
    rogue: Rogue, total: int, per_s: float, endings: tuple[Ending, ...] = tuple(Ending)
) -> None:
    """`total` calls, the endings in turn, so many begun a second; returns when the last has ended."""
    run: Callable[[Ending], Awaitable[None]] = rogue.call
    async with trio.open_nursery() as nursery:
        for number in range(total):
            nursery.start_soon(run, endings[number % len(endings)])
            await trio.sleep(1 / per_s)
