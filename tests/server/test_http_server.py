"""The API on a real socket: Hypercorn's limits are ours, and it stops in time."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import pytest
import trio
from hypercorn.trio import serve

from aywa.errors import ConfigError
from aywa.settings import HttpSettings
from aywa_server.app import create_app
from aywa_server.http_server import bind_http, http_config
from tests.kit.api_parts import API_KEY, AUTH, DictCallStore, make_parts
from tests.kit.call_store_contract import call_row

pytestmark = pytest.mark.live

HTTP = HttpSettings(port=0, api_keys=(API_KEY,), read_timeout_s=1, keep_alive_s=1, graceful_timeout_s=1.0)


@asynccontextmanager
async def open_server(store: DictCallStore | None = None) -> AsyncIterator[int]:
    """A server on a free port, stopped at the end as SIGTERM stops it."""
    sock = bind_http(HTTP)
    port = sock.getsockname()[1]
    stopping = trio.Event()
    app = create_app(make_parts(store, http=HTTP))
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(serve, app, http_config(HTTP, sock), shutdown_trigger=stopping.wait))
        yield port
        stopping.set()


async def read_all(stream: trio.SocketStream) -> bytes:
    data = b""
    with trio.fail_after(10):
        async with stream:
            async for chunk in stream:
                data += chunk
    return data


async def test_requests_over_tcp() -> None:
    async with open_server() as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answer = await client.get("/call", headers=AUTH)
        assert (answer.status_code, answer.json()) == (200, [])
        assert "server" not in answer.headers
        assert (await client.get("/call")).status_code == 401


@pytest.mark.parametrize("sent", [b"", b"GET /health HTTP/1.1\r\nHost: x\r\n", b"\x16\x03\x01\x02"])
async def test_half_a_request_does_not_hold_a_connection(sent: bytes) -> None:
    async with open_server() as port:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        if sent:
            await stream.send_all(sent)
        await read_all(stream)  # ends: the server closes


async def test_a_body_that_never_comes_does_not_hold_a_connection() -> None:
    async with open_server() as port:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(
            b"POST /call/x/control HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 50\r\nX-API-Key: " + API_KEY.encode() + b"\r\n\r\n{"
        )
        await read_all(stream)


async def test_headers_have_a_limit() -> None:
    async with open_server() as port:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 40_000)
        assert b"HTTP/1.1 200" not in await read_all(stream)


async def test_an_announced_body_over_the_limit_is_refused_before_it_is_read() -> None:
    async with open_server() as port:
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(
            b"POST /call/x/control HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 999999999\r\nX-API-Key: " + API_KEY.encode() + b"\r\n\r\n{"
        )
        assert b"HTTP/1.1 413" in await read_all(stream)


async def test_a_client_that_stops_reading_does_not_hold_up_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aywa_server.http_server._SEND_STALL_MS", 1500)
    path = tmp_path / "long.wav"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    row = call_row(recording_path=str(path))
    with trio.fail_after(30):
        async with open_server(DictCallStore({row.id: row})) as port:
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            request = (
                f"GET /call/{row.id}/stereo-recording HTTP/1.1\r\nHost: x\r\nX-API-Key: {API_KEY}\r\n\r\n"
            )
            await stream.send_all(request.encode())
            assert (await stream.receive_some(12)) == b"HTTP/1.1 200"
    await stream.aclose()


def test_a_taken_port_names_the_setting() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"RUNTIME_HTTP_PORT: TCP 127\.0\.0\.1:{port} cannot be used"):
            bind_http(replace(HTTP, port=port))


def test_an_address_of_another_host_names_the_setting() -> None:
    with pytest.raises(ConfigError, match="RUNTIME_HTTP_HOST"):
        bind_http(replace(HTTP, host="192.0.2.1"))
