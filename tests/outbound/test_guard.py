"""Nothing that a URL from outside can say leads to a server inside."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

import httpcore
import pytest
import trio

from aywa.errors import OutboundError, OutboundFault
from aywa.outbound import dialling
from aywa.outbound.client import Ask, OutboundClient, open_outbound
from aywa.proto.outbound_rules import PUBLIC_ONLY, OutboundRules, outbound_rules
from aywa.proto.public_ip import is_public
from tests.kit.address_spellings import spelling

PUBLIC, PUBLIC6 = "93.184.216.34", "2606:2800:220:1::1"
SPELLINGS = 1000


@dataclass
class World:
    """A canary on loopback, a server that stands for the public internet, and what was dialled."""

    port: int
    touched: int = 0
    dialled: list[str] = field(default_factory=list)
    names: dict[str, list[list[str]]] = field(default_factory=dict)
    answers: list[bytes] = field(default_factory=list)
    outside: int = 0
    requests: list[bytes] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> list[str]:
        """The system's answer for what it knows without asking anybody; else the next of the test's."""
        if (answers := self.names.get(host)) is not None:
            return answers.pop(0) if len(answers) > 1 else answers[0]
        if host.endswith(".example.com"):
            return [PUBLIC]
        if host.startswith(("localhost", "ip6-localhost")):
            return ["127.0.0.1", "::1"]
        return await dialling.resolve(host, port)

    async def dial(self, address: str, port: int, bound_s: float) -> httpcore.AsyncNetworkStream:
        """As the real one, but the public internet is the stand-in."""
        self.dialled.append(address)
        if is_public(address):
            return await dialling.dial("127.0.0.1", self.outside, bound_s)
        return await dialling.dial(address, port, bound_s)

    def client(self, rules: OutboundRules = PUBLIC_ONLY):  # type: ignore[no-untyped-def]
        return open_outbound(rules, kept=0, resolve=self.resolve, dial=self.dial)

    async def canary(self, stream: trio.SocketStream) -> None:
        self.touched += 1
        await stream.aclose()

    async def serve(self, stream: trio.SocketStream) -> None:
        request = bytes(await stream.receive_some(65_536))
        while request.startswith(b"POST") and not request.endswith(b"body"):
            request += await stream.receive_some(65_536)
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else b"HTTP/1.1 204 No Content\r\n\r\n"
        await stream.send_all(answer)
        await stream.aclose()


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    listeners = [listener]
    with suppress(OSError):  # a machine without IPv6 has no canary there
        listeners += await trio.open_tcp_listeners(port, host="::1")
    made = World(port)
    async with trio.open_nursery() as nursery:
        (outside,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        made.outside = outside.socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, made.canary, listeners)
        nursery.start_soon(trio.serve_listeners, made.serve, [outside])
        yield made
        nursery.cancel_scope.cancel()


async def refused(client: OutboundClient, ask: Ask) -> OutboundError:
    with pytest.raises(OutboundError) as refusal:
        await client.ask(ask)
    return refusal.value


def leads_inside(url: str) -> bool:
    """What the system's own resolver makes of the host as a naive reader finds it."""
    host = url.split("://", 1)[-1].rpartition("@")[2].split("/")[0].rpartition(":")[0].strip("[]")
    try:
        found = socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError, ValueError):
        return False
    return not all(is_public(str(entry[4][0])) for entry in found)


async def test_no_spelling_of_a_private_address_reaches_anything() -> None:
    rng = Random(6)
    async with world() as made, made.client() as client:
        urls = [spelling(rng, made.port) for _ in range(SPELLINGS)]
        assert sum(leads_inside(url) for url in urls) > SPELLINGS / 3  # the dangers are real ones
        for url in urls:
            error = await refused(client, Ask(url, bound_s=5.0, redirects=3))
            assert error.fault in (OutboundFault.REFUSED, OutboundFault.UNRESOLVED), (url, error)
            assert str(made.port) not in error.detail
        assert (made.touched, made.dialled) == (0, [])


async def test_every_spelling_is_refused_behind_a_redirect() -> None:
    rng = Random(7)
    async with world() as made, made.client() as client:
        for _ in range(200):
            where = (
                spelling(rng, made.port).encode("utf-8", "replace").replace(b"\n", b"").replace(b"\0", b"")
            )
            made.answers = [b"HTTP/1.1 302 Found\r\nLocation: " + where + b"\r\nContent-Length: 0\r\n\r\n"]
            await _either(client, Ask("http://a.example.com/", redirects=3))
        assert made.touched == 0
        assert set(made.dialled) == {PUBLIC}


async def _either(client: OutboundClient, ask: Ask) -> None:
    """A redirect to a path of the same server is no danger: `//…` without a scheme may be one."""
    try:
        await client.ask(ask)
    except OutboundError:
        return


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("inside", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.8", "fe80::1%lo"])
async def test_mixed_records_are_refused_whole(inside: str, order: int) -> None:
    async with world() as made, made.client() as client:
        for outside in ([PUBLIC], [PUBLIC6], [PUBLIC, PUBLIC6]):
            made.names["mixed.example.com"] = [[*outside, inside][::order]]
            error = await refused(client, Ask(f"http://mixed.example.com:{made.port}/"))
            assert error.fault is OutboundFault.REFUSED
        assert (made.touched, made.dialled) == (0, [])


async def test_a_name_that_changes_its_mind_gains_nothing() -> None:
    async with world() as made, made.client() as client:
        for answers in ([[PUBLIC], ["127.0.0.1"]], [["127.0.0.1"], [PUBLIC]], [[PUBLIC, PUBLIC6], ["::1"]]):
            for _ in range(20):
                made.names["rebind.example.com"] = [list(answer) for answer in answers]
                await _either(client, Ask(f"http://rebind.example.com:{made.port}/"))
                await _either(client, Ask(f"http://rebind.example.com:{made.port}/"))
        assert made.touched == 0
        assert set(made.dialled) == {PUBLIC}  # as many connections as answers that were public
        assert len(made.requests) == 60


async def test_what_the_operator_lists_is_reached() -> None:
    async with world() as made:
        for listed in ("127.0.0.1", "127.0.0.0/30", "inside.example.com"):
            made.names["inside.example.com"] = [["127.0.0.1"]]
            async with made.client(outbound_rules((listed,))) as client:
                await refused(
                    client, Ask(f"http://inside.example.com:{made.port}/")
                )  # the canary says nothing
        assert made.touched == 3
        async with made.client(outbound_rules(("10.0.0.0/8", "other.example.com"))) as client:
            await refused(client, Ask(f"http://inside.example.com:{made.port}/"))
        assert made.touched == 3


async def test_host_and_headers_are_those_of_the_name() -> None:
    async with world() as made, made.client() as client:
        made.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nhi"]
        headers = [
            ("X-Key", "k"),
            ("Host", "evil"),
            ("Content-Length", "9"),
            ("Bad\r\nX", "y"),
            ("X-C", "a\r\nb"),
        ]
        answer = await client.ask(
            Ask("http://A.example.COM/p q".replace(" ", "%20"), "POST", headers, b"body")
        )
        assert (answer.status, answer.body, answer.headers["x-a"]) == (200, b"hi", "b")
        (request,) = made.requests
        head, _, body = request.partition(b"\r\n\r\n")
        assert head.startswith(
            b"POST /p%20q HTTP/1.1\r\nHost: a.example.com\r\nX-Key: k\r\nUser-Agent: aywa/"
        )
        assert head.count(b"ontent-Length") == 1
        assert b"evil" not in request
        assert body == b"body"


async def test_credentials_do_not_follow_a_redirect_elsewhere() -> None:
    async with world() as made, made.client() as client:
        made.answers = [b"HTTP/1.1 302 Found\r\nLocation: http://b.example.com/\r\nContent-Length: 0\r\n\r\n"]
        headers = [("Authorization", "Bearer secret")]
        await client.ask(Ask("http://a.example.com/", headers=headers, redirects=1))
        assert [b"secret" in request for request in made.requests] == [True, False]


async def test_bounds_of_time_and_size(autojump_clock: trio.testing.MockClock) -> None:
    async def forever(host: str, port: int) -> list[str]:
        await trio.sleep_forever()
        raise AssertionError

    async with open_outbound(PUBLIC_ONLY, resolve=forever) as client:
        error = await refused(client, Ask("https://a.example.com/", bound_s=3.0))
        assert error.fault is OutboundFault.TIMEOUT
        assert trio.current_time() == pytest.approx(3.0)

    async def slow(address: str, port: int, bound_s: float) -> httpcore.AsyncNetworkStream:
        await trio.sleep_forever()
        raise AssertionError

    async def public(host: str, port: int) -> list[str]:
        return [PUBLIC]

    async with open_outbound(PUBLIC_ONLY, resolve=public, dial=slow) as client:
        error = await refused(client, Ask("https://a.example.com/", bound_s=60.0))
        assert (error.fault, error.detail) == (OutboundFault.TIMEOUT, "the server does not answer in time")
        assert trio.current_time() == pytest.approx(13.0)


async def test_a_long_answer_is_cut_or_refused() -> None:
    async with world() as made, made.client() as client:
        long = b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + b"x" * 3000
        made.answers = [long, long]
        assert len((await client.ask(Ask("http://a.example.com/", max_bytes=1024, cut=True))).body) == 1024
        error = await refused(client, Ask("http://a.example.com/", max_bytes=1024))
        assert error.fault is OutboundFault.TOO_LONG


async def test_one_address_that_fails_leaves_the_next() -> None:
    async with world() as made:

        async def dial(address: str, port: int, bound_s: float) -> httpcore.AsyncNetworkStream:
            if address == PUBLIC6:
                raise httpcore.ConnectError
            return await made.dial(address, port, bound_s)

        made.names["two.example.com"] = [[PUBLIC6, PUBLIC]]
        async with open_outbound(PUBLIC_ONLY, resolve=made.resolve, dial=dial) as client:
            assert (await client.ask(Ask("http://two.example.com/"))).status == 204
        async with open_outbound(PUBLIC_ONLY, resolve=made.resolve, dial=_refuse) as client:
            error = await refused(client, Ask("http://two.example.com/"))
            assert error.fault is OutboundFault.UNREACHABLE


async def _refuse(address: str, port: int, bound_s: float) -> httpcore.AsyncNetworkStream:
    raise httpcore.ConnectError
