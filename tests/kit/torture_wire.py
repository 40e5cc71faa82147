"""A tester on loopback that sends raw messages to a user agent and gathers whatever comes back.

Answers over UDP go to the port that a Via names, so it listens on every port of RFC 4475 and RFC 5118.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import trio

PORTS = (5060, 5070, 6050, 19823)
CONTROL_S = 5.0  # what a loaded machine may take; the CPU time is what is bounded
GRACE_S = 0.02
_STATUS = re.compile(rb"^SIP/2\.0 ([1-6][0-9]{2}) ", re.MULTILINE)
_LENGTH = re.compile(rb"\r\n(?:Content-Length|l)[ \t]*:[ \t]*([0-9]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back: whole responses, and what answering the control cost in seconds, by wall and by CPU."""

    responses: list[bytes]
    control_s: float
    control_cpu_s: float

    @property
    def finals(self) -> set[int]:
        """Final statuses; {0} when nothing came."""
        return {status_of(each) for each in self.responses if status_of(each) >= 200} or {0}


def status_of(response: bytes) -> int:
    """The status of a response."""
    match = _STATUS.match(response)
    assert match is not None, response
    return int(match[1])


def header(message: bytes, name: str) -> bytes:
    """The value of a header of this stack, which prints one a line; empty when it is not there."""
    match = re.search(rb"\r\n" + name.encode() + rb": ([^\r\n]*)", message)
    return match[1] if match else b""


def follow_up(method: str, invite: bytes, response: bytes, number: int) -> bytes:
    """The ACK or BYE of a call that `invite` made, where `response` answered it."""
    sequence = int(header(response, "CSeq").split()[0]) + (method == "BYE")
    contact = re.search(rb"<(sip:[^>]*)>", header(response, "Contact"))
    target = (
        contact[1] if (contact and method == "BYE") or (contact and status_of(response) < 300) else b"sip:a@b"
    )
    via = (
        header(response, "Via")
        if status_of(response) >= 300
        else b"SIP/2.0/UDP t;branch=z9hG4bKf%d;rport" % number
    )
    return b"\r\n".join(
        (
            method.encode() + b" " + target + b" SIP/2.0",
            b"Via: " + via,
            *(f"{name}: ".encode() + header(response, name) for name in ("From", "To", "Call-ID")),
            b"CSeq: %d " % sequence + method.encode(),
            b"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
        )
    )


def control(number: int, host: str, transport: str) -> bytes:
    """An OPTIONS that every user agent answers with 200."""
    return (
        f"OPTIONS sip:control@{host} SIP/2.0\r\n"
        f"Via: SIP/2.0/{transport} {host}:5060;branch=z9hG4bKcontrol{number};rport\r\n"
        f"From: <sip:c@{host}>;tag=c{number}\r\nTo: <sip:control@{host}>\r\nCall-ID: control{number}\r\n"
        "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode()


class Torturer:
    """Sends from port 5060 of `host`; `udp` and `tcp` are where the user agent is."""

    def __init__(
        self, sockets: list[trio.socket.SocketType], udp: tuple[str, int], tcp: tuple[str, int], host: str
    ) -> None:
        self._sockets = sockets
        self._udp, self._tcp, self._host = udp, tcp, host
        self._uri_host = f"[{host}]" if ":" in host else host
        self._number = 0
        self._came: list[bytes] = []
        self._news = trio.Event()

    async def listen(self) -> None:
        """Gather until cancelled."""
        async with trio.open_nursery() as nursery:
            for each in self._sockets:
                nursery.start_soon(self._receive, each)

    async def _receive(self, sock: trio.socket.SocketType) -> None:
        while True:
            data, _ = await sock.recvfrom(65_535)
            self._came.append(data)
            self._news.set()
            self._news = trio.Event()

    async def over_udp(self, data: bytes) -> Heard:
        """Send `data`, then a control OPTIONS; what came before the control's answer, or follows a 1xx."""
        self._came.clear()
        await self._sockets[0].sendto(data, self._udp)
        spent = await self._control_udp()
        self._took_control()
        while any(status_of(each) < 200 for each in self._came) and not self._finals():
            await self._wait()
        await trio.sleep(GRACE_S)
        responses = list(self._came)
        for response in responses:
            if await self._end_call(data, response, self._send_udp):
                while not any(header(each, "CSeq").endswith(b"BYE") for each in self._came):
                    await self._wait()
        return Heard(responses, *spent)

    async def _control_udp(self) -> tuple[float, float]:
        self._number += 1
        began, cpu = time.perf_counter(), time.process_time()
        await self._send_udp(control(self._number, self._uri_host, "UDP"))
        while not any(f"Call-ID: control{self._number}\r".encode() in each for each in self._came):
            await self._wait()
        return time.perf_counter() - began, time.process_time() - cpu

    def _took_control(self) -> None:
        answers = [each for each in self._came if b"\r\nCall-ID: control" in each]
        assert [status_of(each) for each in answers] == [200]
        self._came.remove(answers[0])

    def _finals(self) -> list[bytes]:
        return [each for each in self._came if status_of(each) >= 200]

    async def _wait(self) -> None:
        with trio.fail_after(CONTROL_S):
            await self._news.wait()

    async def _send_udp(self, data: bytes) -> None:
        await self._sockets[0].sendto(data, self._udp)

    async def _end_call(
        self, invite: bytes, response: bytes, send: Callable[[bytes], Awaitable[None]]
    ) -> bool:
        """Acknowledge what needs it, hang up what was answered; True when a BYE is to be answered."""
        if not header(response, "CSeq").endswith(b"INVITE") or status_of(response) < 200:
            return False
        self._number += 1
        await send(follow_up("ACK", invite, response, self._number))
        if status_of(response) < 300:
            self._number += 1
            await send(follow_up("BYE", invite, response, self._number))
        return status_of(response) < 300

    async def over_tcp(self, data: bytes, *, ends: bool, expected: int = 1) -> Heard:
        """The same over a connection of its own; `ends`: no more is sent on it, which cuts the message."""
        stream = await self._connect()
        async with stream:
            await stream.send_all(data)
            if ends:
                await stream.send_eof()
            spent = await self._control_tcp()
            responses: list[bytes] = []
            reader = Reader(stream)
            with trio.move_on_after(CONTROL_S if expected else GRACE_S):
                while sum(status_of(each) >= 200 for each in responses) < max(1, expected):
                    response = await reader.next()
                    if not response:
                        break
                    responses.append(response)
            with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
                for response in responses:
                    if await self._end_call(data, response, stream.send_all):
                        with trio.fail_after(CONTROL_S):
                            while not header(await reader.next(), "CSeq").endswith(b"BYE"):
                                pass
        return Heard(responses, *spent)

    async def _control_tcp(self) -> tuple[float, float]:
        self._number += 1
        began, cpu = time.perf_counter(), time.process_time()
        with trio.fail_after(CONTROL_S):
            async with await self._connect() as stream:
                await stream.send_all(control(self._number, self._uri_host, "TCP"))
                assert status_of(await Reader(stream).next()) == 200
        return time.perf_counter() - began, time.process_time() - cpu

    async def _connect(self) -> trio.SocketStream:
        raw = trio.socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET)
        await raw.bind((self._host, 0))
        await raw.connect(self._tcp)
        return trio.SocketStream(raw)


class Reader:
    """Cuts a connection into responses."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._buffer = b""

    async def next(self) -> bytes:
        """The next whole response; empty when the connection is over."""
        while True:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            length = _LENGTH.search(head)
            size = int(length[1]) if length else 0
            if end and len(rest) >= size:
                self._buffer = rest[size:]
                return head + end + rest[:size]
            try:
                data = await self._stream.receive_some(16_384)
            except trio.BrokenResourceError:
                data = b""
            if not data:
                return b""
            self._buffer += data


@asynccontextmanager
async def open_torturer(
    udp: tuple[str, int], tcp: tuple[str, int], host: str, ports: Iterable[int] = PORTS
) -> AsyncIterator[Torturer]:
    """A tester on `host`, an address of loopback, while the block lasts."""
    sockets = []
    try:
        for port in ports:
            each = trio.socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
            sockets.append(each)
            await each.bind((host, port))
        async with trio.open_nursery() as nursery:
            tester = Torturer(sockets, udp, tcp, host)
            nursery.start_soon(tester.listen)
            yield tester
            nursery.cancel_scope.cancel()
    finally:
        for each in sockets:
            each.close()
