"""Calls over streams, from the connection to their record: real sockets, the table of calls, fakes behind
it.
"""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
import trio
import trustme

from aywa.call.control import EndCall
from aywa.call.live import LiveCall
from aywa.errors import ConfigError, EndCode, EndSide, TransportError
from aywa.ports.store import CallRow
from aywa.proto.audiosocket.frame import Kind
from aywa.settings import CallSettings, TransportSettings, TrunkCredentials, TrunkSettings
from aywa.transports.entrance import MAX_SILENT, SPEAKS_WITHIN_S
from aywa.transports.opening import ASTERISK_WS, AUDIOSOCKET, Transports, open_transports
from aywa.transports.session import StreamCall
from aywa.ua.trunk import Trunks
from tests.kit.call_world import CallWorld, happens
from tests.kit.stream_peers import AudioSocketPeer, WebSocketPeer, connected

PASSWORD = "a-long-password-it-is"
SETTINGS = TransportSettings(audiosocket_port=0, ws_port=0, ws_password=PASSWORD, max_connections=3)
TRUNKS = Trunks(
    ("127.0.0.1",),
    (TrunkSettings("strict", ("127.0.0.3",), (TrunkCredentials("in", "secret"),)),),
)


@dataclass
class StreamWorld:
    """Listeners before a table of calls."""

    calls: CallWorld = field(default_factory=CallWorld)
    full: bool = False

    @asynccontextmanager
    async def open(self, settings: TransportSettings = SETTINGS) -> AsyncIterator[Transports]:
        async with self.calls.table() as table:

            async def take(call: StreamCall) -> None:
                await table.take_incoming(call)

            async with open_transports(
                settings,
                trunks=TRUNKS,
                media_host="127.0.0.1",
                rng=Random(1),
                on_call=take,
                overloaded=lambda host: self.full,
            ) as transports:
                self.table = table
                yield transports

    async def live(self, count: int = 1) -> LiveCall:
        """The newest call, once so many are answered."""
        await happens(lambda: len(self.calls.engine.legs) >= count)
        await happens(lambda: len(self.calls.entries("call.answered")) >= count)
        return self.table.live()[-1]

    def ended(self) -> dict[str, object]:
        """How the only call ended."""
        (ended,) = self.calls.entries("call.ended")
        return ended


async def test_audiosocket_call_keys_and_the_callers_hang_up() -> None:
    world = StreamWorld()
    async with world.open() as transports, connected(transports.addresses[AUDIOSOCKET]) as stream:
        peer = AudioSocketPeer(stream)
        await peer.begin()
        live = await world.live()
        assert live.row.sip_call_id == "11111111-2222-3333-4444-555555555555"
        await peer.send(Kind.KEY, b"7")
        await happens(lambda: bool(world.calls.entries("media.digit")))
        await peer.stream.send_eof()
        await live.over.wait()
        await peer.read_to_end()
    assert world.calls.entries("media.digit") == [{"digit": "7", "duration_ms": 0, "by": "info"}]
    assert (world.ended()["code"], world.ended()["side"]) == ("customer-ended-call", "caller")
    assert world.calls.entries("call.trunk") == [
        {"trunk": "addresses", "authenticated": False, "by": "address"}
    ]
    (leg,) = world.calls.engine.legs
    assert leg.rate_hz == 16_000  # linear audio is kept whole, whatever its rate
    assert transports.counters.open == 0


async def test_we_hang_up_on_audiosocket() -> None:
    world = StreamWorld()
    async with world.open() as transports, connected(transports.addresses[AUDIOSOCKET]) as stream:
        peer = AudioSocketPeer(stream)
        await peer.begin()
        live = await world.live()
        await live.control(EndCall())
        await peer.read_to_end()  # which Asterisk does not: it closes when it has the hang-up
        assert peer.frames[-1].kind is Kind.HANGUP
        await live.over.wait()
    assert (world.ended()["code"], world.ended()["side"]) == ("manually-canceled", "operator")


async def test_a_connection_that_breaks_ends_its_call_with_the_reason() -> None:
    world = StreamWorld()
    async with world.open() as transports, connected(transports.addresses[AUDIOSOCKET]) as stream:
        peer = AudioSocketPeer(stream)
        await peer.begin()
        live = await world.live()
        await stream.send_all(b"\x10\x01\x40half")
        await stream.aclose()
        await live.over.wait()
    ended = world.ended()
    assert ended["code"] == EndCode.SIP_ERROR.value
    assert ended["side"] == EndSide.SYSTEM.value
    assert ended["detail"] == "the connection ended in a frame"


async def test_who_closes_while_we_speak_has_hung_up() -> None:
    """What we sent was not read, so the close becomes a reset, which outruns what was said before it."""
    world = StreamWorld()
    async with world.open() as transports, connected(transports.addresses[AUDIOSOCKET]) as stream:
        await AudioSocketPeer(stream).begin()
        live = await world.live()
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await stream.aclose()
        with trio.fail_after(10):
            await live.over.wait()
    assert world.ended()["code"] == "customer-ended-call"
    assert world.ended()["detail"] == "the connection was reset"


@pytest.mark.parametrize("as_json", [False, True])
async def test_websocket_call_both_ways(as_json: bool) -> None:
    world = StreamWorld()
    async with world.open() as transports, connected(transports.addresses[ASTERISK_WS]) as stream:
        peer = WebSocketPeer(stream, as_json=as_json)
        await peer.shake_hands("/asterisk?from=100&to=611", password=PASSWORD)
        await peer.begin()
        live = await world.live()
        await peer.read_until(lambda: bool(peer.texts))
        assert peer.commands() == ["ANSWER"]
        assert (live.row.from_uri, live.row.to_uri) == ("<sip:100@127.0.0.1>", "<sip:611@127.0.0.1>")
        await peer.tell("DTMF_END", digit="9", channel_id="17.9")
        await happens(lambda: bool(world.calls.entries("media.digit")))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(live.control, EndCall())
            await peer.read_until(lambda: "HANGUP" in peer.commands())
            await peer.close(1000)
            await peer.read_until(lambda: peer.close_code is not None)
            assert peer.close_code == 1000
        await live.over.wait()
    assert world.ended()["code"] == "manually-canceled"
    (trunk,) = world.calls.entries("call.trunk")
    assert trunk["by"] == "credentials"
    (facts,) = world.calls.entries("call.facts")
    assert facts["headers"] == {"X-Transport": "asterisk-ws", "X-Asterisk-Channel": "WebSocket/media/0x7f"}


async def test_a_websocket_over_tls(tmp_path: Path) -> None:
    """And one that speaks plainly on the same port."""
    ca = trustme.CA()
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "ws.pem"))
    trusting = ssl.create_default_context()
    ca.configure_trust(trusting)
    world = StreamWorld()
    async with world.open(replace(SETTINGS, ws_tls_cert=str(tmp_path / "ws.pem"))) as transports:
        address = transports.addresses[ASTERISK_WS]
        async with connected(address) as raw:
            peer = WebSocketPeer(trio.SSLStream(raw, trusting, server_hostname="127.0.0.1"))
            await peer.shake_hands(password=PASSWORD)
            await peer.begin("ulaw", 160)
            live = await world.live()
            await peer.close()
            await peer.read_until(lambda: peer.close_code is not None)
            await live.over.wait()
        async with connected(address) as raw:
            await raw.send_all(b"GET /asterisk HTTP/1.1\r\n\r\n")
            with trio.fail_after(5):
                while await raw.receive_some(100):
                    pass
        await happens(lambda: transports.counters.malformed == 1)
    assert world.ended()["code"] == "customer-ended-call"


async def test_a_certificate_that_cannot_be_used_is_told_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "ws.pem").write_text("no certificate")
    with pytest.RaisesGroup(ConfigError, flatten_subgroups=True) as raised:
        async with StreamWorld().open(replace(SETTINGS, ws_tls_cert=str(tmp_path / "ws.pem"))):
            pass
    assert "RUNTIME_ASTERISK_WS_TLS_CERT" in str(raised.value.exceptions)


async def test_a_port_that_is_taken_is_told_in_one_sentence() -> None:
    async with StreamWorld().open() as transports:
        port = transports.addresses[AUDIOSOCKET][1]
        with pytest.RaisesGroup(
            pytest.RaisesExc(TransportError, match=f"Cannot take audiosocket on 127.0.0.1:{port}: "),
            flatten_subgroups=True,
        ):
            async with StreamWorld().open(replace(SETTINGS, audiosocket_port=port)):
                pass


async def test_the_table_refuses_and_the_far_side_is_hung_up_on() -> None:
    world = StreamWorld(CallWorld(settings=CallSettings(max_calls=0)))
    async with world.open() as transports:
        async with connected(transports.addresses[AUDIOSOCKET]) as stream:
            peer = AudioSocketPeer(stream)
            await peer.begin()
            await peer.read_until(lambda: bool(peer.frames))
            await stream.send_eof()
            await peer.read_to_end()
        async with connected(transports.addresses[ASTERISK_WS]) as stream:
            websocket = WebSocketPeer(stream)
            await websocket.shake_hands(password=PASSWORD)
            await websocket.begin()
            await websocket.read_until(lambda: bool(websocket.texts))
            await stream.aclose()
        await happens(lambda: transports.counters.open == 0)
    assert [frame.kind for frame in peer.frames] == [Kind.HANGUP]
    assert websocket.commands() == ["HANGUP"]  # never answered: Dial goes on to the next extension
    assert [ended["code"] for ended in world.calls.entries("call.ended")] == [EndCode.OVERLOADED.value] * 2


async def test_what_is_overloaded_makes_no_record() -> None:
    world = StreamWorld(full=True)
    async with world.open() as transports, connected(transports.addresses[AUDIOSOCKET]) as stream:
        peer = AudioSocketPeer(stream)
        await peer.begin()
        await peer.read_until(lambda: bool(peer.frames))
        await stream.send_eof()
        await peer.read_to_end()
        assert transports.counters.refused == 1
    assert [frame.kind for frame in peer.frames] == [Kind.HANGUP]
    assert not world.calls.store.rows


async def test_who_may_connect() -> None:
    """Nobody of no trunk; over AudioSocket nobody either whose trunk asks for credentials."""
    world = StreamWorld()
    async with world.open() as transports:
        for host in ("127.0.0.2", "127.0.0.3"):
            async with connected(transports.addresses[AUDIOSOCKET], host) as stream:
                peer = AudioSocketPeer(stream)
                await peer.read_to_end()
                assert peer.frames == []
        assert transports.counters.strangers == 2
        async with connected(transports.addresses[ASTERISK_WS], "127.0.0.3") as stream:
            websocket = WebSocketPeer(stream)
            await websocket.shake_hands(password=PASSWORD)
            assert websocket.status == 101


async def test_the_limit_of_connections_is_for_all_together() -> None:
    world = StreamWorld()
    async with world.open() as transports:
        address = transports.addresses[AUDIOSOCKET]
        async with connected(address) as first, connected(address) as second, connected(address) as third:
            for number, stream in enumerate((first, second, third), 1):
                await AudioSocketPeer(stream).begin(uuid=UUID(int=number))
            await happens(lambda: transports.counters.open == 3)
            async with connected(address) as stream:
                assert not await stream.receive_some(1)
            assert transports.counters.crowded == 1
        await happens(lambda: transports.counters.open == 0)


async def test_who_says_nothing_takes_no_place_of_a_call() -> None:
    world = StreamWorld()
    async with world.open() as transports, AsyncExitStack() as silent:
        address = transports.addresses[AUDIOSOCKET]
        for _ in range(MAX_SILENT):
            await silent.enter_async_context(connected(address))
        await happens(lambda: transports.counters.accepted == MAX_SILENT)
        assert transports.counters.open == 0
        async with connected(address) as stream:  # all of them have just come
            assert not await stream.receive_some(1)
        assert transports.counters.crowded == 1
        await trio.sleep(SPEAKS_WITHIN_S)
        async with connected(address) as stream:  # who has been silent longest goes
            await AudioSocketPeer(stream).begin()
            await world.live()
            assert (transports.counters.open, transports.counters.malformed) == (1, 1)


async def test_a_host_that_guesses_is_banned() -> None:
    world = StreamWorld()
    async with world.open() as transports:
        address = transports.addresses[ASTERISK_WS]
        for _ in range(10):
            async with connected(address) as stream:
                peer = WebSocketPeer(stream)
                await peer.shake_hands(password="wrong-password-that-is")
                assert peer.status == 401
        async with connected(address) as stream:
            assert not await stream.receive_some(1)
    assert transports.counters.credentials == 11


async def test_calls_end_by_themselves() -> None:
    world = StreamWorld()
    async with world.open() as transports:
        address = transports.addresses[AUDIOSOCKET]
        async with connected(address) as first, connected(address) as other:
            await AudioSocketPeer(first).begin(uuid=UUID(int=1))
            await world.live(1)
            peer = AudioSocketPeer(other)
            await peer.begin(uuid=UUID(int=2))
            await world.live(2)
            await first.aclose()
            await peer.send(Kind.KEY, b"1")
            await happens(lambda: bool(world.calls.entries("media.digit")))
            await peer.send(Kind.HANGUP)
            await happens(lambda: not world.table.live())
    assert {row.end_reason.code for row in rows(world) if row.end_reason} == {EndCode.CUSTOMER_HANGUP}


def rows(world: StreamWorld) -> list[CallRow]:
    """What is recorded of the calls."""
    return list(world.calls.store.rows.values())
