"""TCP and TLS on loopback: whole calls, hostile peers, and the limits."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from subprocess import DEVNULL, PIPE

import pytest
import trio
import trio.testing
import trustme

from aywa.errors import ConfigError, TransportError
from aywa.proto.sip.stream_address import StreamAddress, Transport
from aywa.proto.sip.uri import Uri
from aywa.settings import SipSettings, StrangerPolicy, TlsClientAuth
from aywa.ua import InviteFailed, UserAgent, open_user_agent
from aywa.ua.tcp import StreamLimits
from tests.kit.sip_agents import ALICE_URI, answer, offer, refuse_calls, talk

pytestmark = [pytest.mark.live, pytest.mark.beside]
LOOPBACK = SipSettings(host="127.0.0.1", port=0, tcp_port=0)
OPTIONS = (
    b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5999;branch=z9hG4bK%d;rport\r\n"
    b"From: <sip:b@127.0.0.1>;tag=1\r\nTo: <sip:a@127.0.0.1>\r\nCall-ID: c%d\r\nCSeq: 1 OPTIONS\r\n"
    b"Content-Length: 0\r\n\r\n"
)


def options(number: int = 1) -> bytes:
    return OPTIONS % (number, number)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`server.pem`, `client.pem`, `ca.pem`, and a `stranger.pem` that this authority did not sign."""
    folder = tmp_path_factory.mktemp("tls")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    ca.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    ca.issue_cert("client.example").private_key_and_cert_chain_pem.write_to_path(str(folder / "client.pem"))
    trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(
        str(folder / "stranger.pem")
    )
    return folder


@asynccontextmanager
async def served(settings: SipSettings = LOOPBACK) -> AsyncIterator[tuple[UserAgent, trio.SocketStream]]:
    """A user agent, and a raw connection to its TCP port."""
    async with open_user_agent(settings, rng=Random(1), on_call=talk) as agent:
        with trio.fail_after(20):
            stream = await trio.open_tcp_stream(*agent.streams.local[Transport.TCP])
            async with stream:
                yield agent, stream


def uri_of(agent: UserAgent, transport: Transport, host: str = "127.0.0.1") -> Uri:
    port = agent.streams.local[transport][1]
    return Uri("sip", "bob", host=host, port=port, parameters={"transport": transport.value.lower()})


async def call(alice: UserAgent, target: Uri) -> None:
    session = await alice.invite(target, from_uri=ALICE_URI, offer=offer())
    assert session.answer == answer()
    await session.hangup()
    assert session.ended is not None
    assert session.ended.sip_status == 200


async def read_until(stream: trio.abc.ReceiveStream, mark: bytes) -> bytes:
    data = b""
    while mark not in data:
        more = await stream.receive_some(4096)
        assert more, data
        data += more
    return data


async def read_all(stream: trio.abc.ReceiveStream) -> bytes:
    """All until the end, which a reset is too."""
    data = b""
    with suppress(trio.BrokenResourceError):
        while more := await stream.receive_some(4096):
            data += more
    return data


async def test_calls_over_one_tcp_connection() -> None:
    async with (
        open_user_agent(LOOPBACK, rng=Random(1), on_call=refuse_calls) as alice,
        open_user_agent(LOOPBACK, rng=Random(2), on_call=talk) as bob,
    ):
        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:
                for _ in range(20):
                    nursery.start_soon(call, alice, uri_of(bob, Transport.TCP))
        assert (alice.streams.counters.opened, bob.streams.counters.accepted) == (1, 1)
        # INVITE, ACK, BYE; 100, 180, 200, 200: no transaction sends anything twice. A 200 whose ACK takes
        # half a second comes again by any transport (RFC 3261 §13.3.1.4), and is acknowledged again.
        asked, answered = bob.counters[0].datagrams, alice.counters[0].datagrams
        assert (asked >= 60, answered) == (True, asked + 20)
        assert bob.counters[1].retransmissions == 0
        assert alice.counters[0].faults == bob.counters[0].faults == 0


@pytest.mark.parametrize("auth", list(TlsClientAuth))
async def test_calls_over_tls(certificates: Path, auth: TlsClientAuth) -> None:
    theirs = replace(
        LOOPBACK,
        tls_port=0,
        tls_cert=str(certificates / "server.pem"),
        tls_ca=str(certificates / "ca.pem"),
        tls_client_auth=auth,
    )
    ours = replace(LOOPBACK, tls_ca=theirs.tls_ca, tls_cert=str(certificates / "client.pem"))
    async with (
        open_user_agent(ours, rng=Random(1), on_call=refuse_calls) as alice,
        open_user_agent(theirs, rng=Random(2), on_call=talk) as bob,
    ):
        with trio.fail_after(20):
            await call(alice, uri_of(bob, Transport.TLS, "localhost"))
            sips = Uri("sips", "bob", host="localhost", port=bob.streams.local[Transport.TLS][1])
            await call(alice, sips)
        assert alice.streams.counters.opened == 1


@pytest.mark.parametrize(
    ("server", "host", "auth"),
    [
        ("stranger.pem", "localhost", TlsClientAuth.OFF),  # an authority that is not believed
        ("server.pem", "127.0.0.1", TlsClientAuth.OFF),  # another name than the one called
        ("server.pem", "localhost", TlsClientAuth.REQUIRED),  # no certificate of ours
    ],
)
async def test_tls_that_is_not_believed(
    certificates: Path, server: str, host: str, auth: TlsClientAuth
) -> None:
    ca = str(certificates / "ca.pem")
    theirs = replace(
        LOOPBACK, tls_port=0, tls_cert=str(certificates / server), tls_ca=ca, tls_client_auth=auth
    )
    async with (
        open_user_agent(replace(LOOPBACK, tls_ca=ca), rng=Random(1), on_call=refuse_calls) as alice,
        open_user_agent(theirs, rng=Random(2), on_call=talk) as bob,
    ):
        with trio.fail_after(20), pytest.raises(InviteFailed) as failure:
            await alice.invite(uri_of(bob, Transport.TLS, host), from_uri=ALICE_URI, offer=offer())
        assert failure.value.status == 503
        assert bob.counters[0].datagrams == 0


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
async def test_openssl_speaks_to_us(certificates: Path) -> None:
    settings = replace(LOOPBACK, tls_port=0, tls_cert=str(certificates / "server.pem"))
    async with served(settings) as (agent, _):
        port = agent.streams.local[Transport.TLS][1]
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost"]
        command += ["-CAfile", str(certificates / "ca.pem"), "-verify_return_error", "-quiet"]
        run = partial(trio.run_process, command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, check=False)
        async with trio.open_nursery() as nursery:
            process: trio.Process = await nursery.start(run)
            assert process.stdin is not None
            assert process.stdout is not None
            await process.stdin.send_all(options().replace(b"/TCP", b"/TLS"))
            assert (await read_until(process.stdout, b"\r\n\r\n")).startswith(b"SIP/2.0 200 OK\r\n")
            process.kill()


async def test_certificates_that_cannot_be_read_are_reported_together(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("nothing")
    settings = SipSettings(tls_port=0, tls_cert=str(tmp_path / "none.pem"), tls_ca=str(tmp_path / "bad.pem"))
    with pytest.raises(ConfigError) as error:
        async with open_user_agent(settings, rng=Random(1), on_call=talk):
            pass
    assert [gap.name for gap in error.value.gaps] == ["RUNTIME_SIP_TLS_CA", "RUNTIME_SIP_TLS_CERT"]


async def test_tcp_port_taken_is_one_sentence() -> None:
    async with served() as (agent, _):
        port = agent.streams.local[Transport.TCP][1]
        with pytest.raises(TransportError, match=f"Cannot receive SIP over TCP on 127.0.0.1:{port}"):
            async with open_user_agent(replace(LOOPBACK, tcp_port=port), rng=Random(1), on_call=talk):
                pass


async def test_pings_and_requests_in_pieces() -> None:
    async with served() as (_, stream):
        await stream.send_all(b"\r\n\r\n")
        assert await stream.receive_some(10) == b"\r\n"
        await stream.send_all(options(1)[:50])
        await trio.testing.wait_all_tasks_blocked(0.01)
        await stream.send_all(options(1)[50:] + options(2))
        answers = await read_until(stream, b"z9hG4bK2")
        assert answers.count(b"SIP/2.0 200 OK") == 2


async def test_half_close_still_gets_its_answer() -> None:
    async with served() as (_, stream):
        await stream.send_all(options())
        await stream.send_eof()
        assert b"200 OK" in await read_until(stream, b"\r\n\r\n")
        assert await stream.receive_some(10) == b""


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (options().replace(b"Content-Length: 0\r\n", b""), b"SIP/2.0 400 "),
        (options().replace(b": 0\r\n", b": 99999\r\n"), b"SIP/2.0 513 "),
        (options().replace(b": 0\r\n", b": -1\r\n"), b"SIP/2.0 400 "),
        (options().replace(b"CSeq", b"X: 1\r\n" * 300 + b"CSeq"), b"SIP/2.0 513 "),
    ],
)
async def test_lost_framing_is_refused_and_closed(data: bytes, status: bytes) -> None:
    async with served() as (agent, stream):
        await stream.send_all(data + options(2))
        said = await read_all(stream)
        assert said.startswith(status)
        assert said.count(b"SIP/2.0 ") == 1
        assert agent.counters[0].broken == 1


async def test_garbage_closes_and_others_live() -> None:
    async with served() as (agent, stream):
        other = await trio.open_tcp_stream(*agent.streams.local[Transport.TCP])
        await other.send_all(Random(1).randbytes(50_000))
        async with other:
            assert await read_all(other) == b""
        await stream.send_all(options())
        assert b"200 OK" in await read_until(stream, b"\r\n\r\n")
        assert agent.counters[0].faults == 0


async def test_strangers_get_no_connection() -> None:
    async with open_user_agent(
        replace(LOOPBACK, trunks=("192.0.2.1",)), rng=Random(1), on_call=talk
    ) as agent:
        stream = await trio.open_tcp_stream(*agent.streams.local[Transport.TCP])
        async with stream:
            with trio.fail_after(5):
                assert await read_all(stream) == b""
        assert agent.streams.counters.refused == 1


async def test_strangers_are_told_403_where_the_policy_says_so_and_have_few_seconds() -> None:
    settings = replace(LOOPBACK, trunks=("192.0.2.1",), strangers=StrangerPolicy.FORBIDDEN)
    limits = StreamLimits(stranger_per_source=2, stranger_s=0.2)
    async with open_user_agent(settings, rng=Random(1), on_call=talk) as agent:
        agent.streams.limits = limits
        where = agent.streams.local[Transport.TCP]
        async with await trio.open_tcp_stream(*where) as stream, await trio.open_tcp_stream(*where) as other:
            await stream.send_all(options())
            with trio.fail_after(5):
                assert (await read_all(stream)).startswith(b"SIP/2.0 403 Forbidden\r\n")
                assert await read_all(other) == b""  # it said nothing, and was not waited for
        streams = [await trio.open_tcp_stream(*where) for _ in range(5)]
        counters = agent.streams.counters
        while counters.accepted + counters.refused < 7:
            await trio.testing.wait_all_tasks_blocked(0.01)
        assert counters.refused == 3
        for each in streams:
            await trio.aclose_forcefully(each)
        assert agent.endpoint.core.sessions == []
        assert len(agent.endpoint.core.transactions) == 0


async def test_thousand_connections_and_no_more_from_one_source() -> None:
    async with served() as (agent, first):
        streams = []
        async with trio.open_nursery() as nursery:

            async def connect() -> None:
                streams.append(await trio.open_tcp_stream(*agent.streams.local[Transport.TCP]))

            for _ in range(1000):
                nursery.start_soon(connect)
        counters = agent.streams.counters
        while counters.accepted + counters.refused < 1001:
            await trio.testing.wait_all_tasks_blocked(0.01)
        assert (counters.accepted, len(agent.streams)) == (256, 256)
        await first.send_all(options())
        assert b"200 OK" in await read_until(first, b"\r\n\r\n")
        for stream in streams:
            await trio.aclose_forcefully(stream)
        while len(agent.streams) > 1:
            await trio.testing.wait_all_tasks_blocked(0.01)


async def test_nobody_listens() -> None:
    async with open_user_agent(LOOPBACK, rng=Random(1), on_call=talk) as agent:
        target = Uri("sip", "x", host="127.0.0.1", port=9, parameters={"transport": "tcp"})
        with trio.fail_after(5), pytest.raises(InviteFailed) as failure:
            await agent.invite(target, from_uri=ALICE_URI, offer=offer())
        assert failure.value.status == 503
        assert agent.streams.counters.failed == 1
        assert len(agent.streams) == 0


async def test_ipv6_over_udp_and_tcp() -> None:
    settings = replace(LOOPBACK, host="::1", trunks=("::1",))
    async with (
        open_user_agent(settings, rng=Random(1), on_call=refuse_calls) as alice,
        open_user_agent(settings, rng=Random(2), on_call=talk) as bob,
    ):
        with trio.fail_after(20):
            await call(alice, Uri("sip", "bob", host="::1", port=bob.local[1]))
            await call(alice, uri_of(bob, Transport.TCP, "::1"))
        assert bob.streams.counters.accepted == 1


def test_stream_addresses_differ_from_datagram_addresses() -> None:
    assert StreamAddress("192.0.2.1", 5060, Transport.TCP) != ("192.0.2.1", 5060)
    assert StreamAddress("192.0.2.1", 5060, Transport.TCP) != StreamAddress("192.0.2.1", 5060, Transport.TLS)


async def test_a_trunk_above_its_rate_is_read_more_slowly_and_loses_nothing() -> None:
    settings = replace(LOOPBACK, trunk_rate=100)  # 200 in hand
    count = 400
    async with served(settings) as (agent, stream), trio.open_nursery() as nursery:
        nursery.start_soon(stream.send_all, b"".join(options(number) for number in range(count)))
        received = b""
        while received.count(b"SIP/2.0 200 OK") < count:
            received += await stream.receive_some(65_536)
        counters = agent.counters[0]
        assert counters.limited == 0
        assert counters.pauses > 1
        assert {b"Call-ID: c%d\r\n" % number in received for number in range(count)} == {True}
