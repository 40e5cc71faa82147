"""`/events` over real HTTP and a real websocket: order, filters, tenants, coming back, limits, its end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import trio
from hypercorn.trio import serve

from aywa.bridge.redis import open_redis
from aywa.clock import wall_ms
from aywa.events.redis_log import RedisEventLog
from aywa.events.stream import EventStream, open_events
from aywa.events.subscription import CloseReason
from aywa.settings import HttpSettings
from aywa_server.app import create_app
from aywa_server.http_server import bind_http, http_config
from aywa_server.parts import Parts
from tests.kit.api_parts import API_KEY, AUTH, make_parts
from tests.kit.event_client import (
    EventClient,
    EventSocket,
    SocketClosedError,
    open_event_client,
    open_event_socket,
)
from tests.kit.event_world import RedisServer, entry, open_redis_server
from tests.kit.postgres import postgres_url
from tests.kit.tenant_world import open_tenant_world

__all__ = ["postgres_url"]
pytestmark = pytest.mark.live


@dataclass
class Server:
    """An API that runs, and its events."""

    url: str
    events: EventStream

    def tell(self, call_id: str, *seqs: int, **more: Any) -> None:
        for seq in seqs:
            self.events.publish_nowait(entry(call_id, seq, **more))

    @asynccontextmanager
    async def stream(self, query: str = "", **headers: str) -> AsyncIterator[EventClient]:
        """Server-sent events."""
        given = AUTH | {name.replace("_", "-"): value for name, value in headers.items()}
        async with open_event_client(self.port, f"/events?{query}", given) as client:
            assert client.status == 200
            assert client.headers["content-type"] == "text/event-stream; charset=utf-8"
            yield client

    def socket(
        self, query: str = "", headers: dict[str, str] = AUTH
    ) -> AbstractAsyncContextManager[EventSocket]:
        """A websocket."""
        return open_event_socket(self.port, f"/events?{query}", headers)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@asynccontextmanager
async def open_server(
    events: EventStream, parts: Parts | None = None, **limits: int
) -> AsyncIterator[Server]:
    """The real app on a real socket."""
    http = HttpSettings(port=0, api_keys=(API_KEY,), rate_per_key=0, **limits)
    sock = bind_http(http)
    port = sock.getsockname()[1]
    whole = replace(parts or make_parts(), http=http, events=events, now=trio.current_time)
    stop = trio.Event()
    async with trio.open_nursery() as nursery:
        config = http_config(http, sock)
        await nursery.start(partial(serve, create_app(whole), config, shutdown_trigger=stop.wait))
        try:
            yield Server(f"http://127.0.0.1:{port}", events)
        finally:
            events.close(CloseReason.STOPPING)
            stop.set()


@asynccontextmanager
async def open_alone(**limits: int) -> AsyncIterator[Server]:
    """One node without Redis."""
    async with open_events("k3f9", None, wall_ms) as events, open_server(events, **limits) as server:
        yield server


async def test_server_sent_events_come_in_order_with_what_they_say() -> None:
    async with open_alone() as server, server.stream() as messages:
        assert (await messages.next())["type"] == "open"
        server.tell("a", 1, text="Grüße\nund mehr")
        first = await messages.next()
        assert first["data"] == {"text": "Grüße\nund mehr"}
        assert {"callId": "a", "seq": 1, "type": "turn.user", "atMs": 1}.items() <= first.items()
        assert first["at"].endswith("Z")
        server.tell("b", *range(2, 300))
        assert await messages.seqs(298) == [("b", seq) for seq in range(2, 300)]
        assert messages.raw[0] == "retry: 2000"


async def test_a_websocket_says_the_same() -> None:
    async with open_alone() as server, server.stream() as messages, server.socket() as socket:
        assert await socket.next() == await messages.next()
        server.tell("a", *range(1, 50))
        assert [await socket.next() for _ in range(49)] == [await messages.next() for _ in range(49)]


@pytest.mark.parametrize("over", ["sse", "websocket"])
async def test_whoever_was_cut_off_comes_back_and_has_lost_nothing(over: str) -> None:
    async with open_alone() as server:
        seen: list[int] = []
        last = ""
        told = 0
        for _ in range(6):
            resume = f"lastEventId={last}" if last else ""
            if over == "sse":
                async with server.stream("", **({"Last_Event_ID": last} if last else {})) as messages:
                    last = (await messages.next())["id"]
                    server.tell("a", *range(told, told + 20))
                    for _ in range(13):
                        message = await messages.next()
                        last = message["id"]
                        seen.append(message["seq"])
            else:
                async with server.socket(resume) as socket:
                    last = (await socket.next())["id"]
                    server.tell("a", *range(told, told + 20))
                    for _ in range(13):
                        message = await socket.next()
                        last = message["id"]
                        seen.append(message["seq"])
            told += 20
            server.tell("a", told)  # while nobody listens
            told += 1
        assert seen == list(range(len(seen)))
        assert len(seen) == 78


async def test_filters() -> None:
    async with open_alone() as server:
        server.events.publish_nowait(entry("a", 1, "call.created", assistant_id="desk"))
        for number, kind in enumerate(("turn.user", "turn.assistant", "call.ended", "stt.partial"), 2):
            server.tell("a", number, kind=kind)
            server.tell("b", number, kind=kind)
        for query, expected in (
            ("callId=a", [("a", n) for n in range(1, 6)]),
            ("assistantId=desk&types=call", [("a", 1), ("a", 4)]),
            ("types=turn.*,call.ended&callId=b", [("b", 2), ("b", 3), ("b", 4)]),
            ("types=turn.user&types=stt", [("a", 2), ("b", 2), ("a", 5), ("b", 5)]),
            ("callId=nobody", []),
        ):
            async with server.stream(f"follow=false&{query}") as messages:
                found = await messages.rest()
            events = [(m["callId"], m["seq"]) for m in found if "callId" in m]
            assert events == expected, query
            assert [m["type"] for m in found[:2]] == ["open", "gap"], "what was before the start is not known"


@pytest.mark.parametrize(
    "query",
    [
        "types=",
        "types=Turn",
        "follow=maybe",
        "lastEventId=7",
        "since=yesterday",
        "callId=",
        "what=1",
        "types=" + ",".join(["turn"] * 101),
    ],
)
async def test_a_query_at_fault_is_refused_by_both(query: str) -> None:
    async with open_alone() as server:
        answer = await get(server, f"/events?{query}")
        assert answer.status_code == 400
        assert answer.json()["field"] == query.partition("=")[0]
        assert await refused(server, query) == 400


async def get(server: Server, path: str, headers: dict[str, str] = AUTH) -> httpx.Response:
    async with httpx.AsyncClient(base_url=server.url, timeout=10) as client:
        return await client.get(path, headers=headers)


async def refused(server: Server, query: str = "", headers: dict[str, str] = AUTH) -> int:
    """The status that a websocket is refused with."""
    with pytest.raises(SocketClosedError) as rejected:
        async with server.socket(query, headers):
            pass
    return rejected.value.code


async def test_without_a_key_there_is_nothing() -> None:
    async with open_alone() as server:
        assert (await get(server, "/events", {})).status_code == 401
        assert await refused(server, "", {}) == 401


async def test_a_key_has_so_many_streams_and_gets_one_back_when_it_leaves() -> None:
    async with open_alone(streams_per_key=2, streams=5) as server:
        async with server.stream() as first, server.socket() as second:
            await first.next()
            await second.next()
            answer = await get(server, "/events")
            assert answer.status_code == 429
            assert answer.headers["Retry-After"] == "5"
            assert await refused(server) == 429
        await until(lambda: not server.events.hub.listeners)
        async with server.stream() as again:
            assert (await again.next())["type"] == "open"


async def test_head_does_not_wait_for_events() -> None:
    async with open_alone() as server, httpx.AsyncClient(base_url=server.url, timeout=5) as client:
        answer = await client.head("/events", headers=AUTH)
        assert answer.status_code == 200
        assert not answer.content


async def test_a_client_that_does_not_read_ends_with_the_reason() -> None:
    async with open_alone() as server, server.socket() as socket:
        assert (await socket.next())["type"] == "open"
        big = "x" * 20_000
        for seq in range(3_000):  # more than the socket's buffers and the queue hold
            server.tell("a", seq, text=big)
            if seq % 100 == 0:
                await trio.lowlevel.checkpoint()
        messages = [await socket.next()]
        while messages[-1]["type"] != "closed":
            messages.append(await socket.next())
        assert messages[-1]["reason"] == "too-slow"
        assert messages[-1]["id"] == messages[-2]["id"]
        with pytest.raises(SocketClosedError) as closed:
            await socket.next()
        assert closed.value.code == 1013
        assert closed.value.reason == "too-slow"
        assert server.events.gauges()["event_listeners_dropped"] == 1


async def test_streams_are_ended_politely_and_new_ones_refused() -> None:
    async with open_alone() as server, server.stream() as messages, server.socket() as socket:
        await messages.next()
        await socket.next()
        server.tell("a", 1)
        server.events.close(CloseReason.STOPPING)
        assert await messages.seqs(1) == [("a", 1)]
        assert (await messages.next())["reason"] == "stopping"
        with pytest.raises(EOFError):
            await messages.next()
        assert [(await socket.next())["type"] for _ in range(2)] == ["turn.user", "closed"]
        with pytest.raises(SocketClosedError) as closed:
            await socket.next()
        assert closed.value.code == 1001
        late = await get(server, "/events")
        assert late.status_code == 503
        assert "Retry-After" in late.headers


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with open_redis_server(tmp_path) as server:
        yield server


@asynccontextmanager
async def open_cluster(redis: RedisServer) -> AsyncIterator[tuple[Server, Server]]:
    """Two nodes on one Redis."""
    async with (
        open_redis(redis.url) as first,
        open_redis(redis.url) as second,
        open_events("aaaa", RedisEventLog(first, bytes, bytes), wall_ms) as one,
        open_events("bbbb", RedisEventLog(second, bytes, bytes), wall_ms) as two,
        open_server(one) as here,
        open_server(two) as there,
    ):
        await shared(here, there)
        yield here, there


async def shared(*servers: Server) -> None:
    await until(lambda: not any(server.events.gauges()["events_apart"] for server in servers))


async def until(met: Callable[[], bool]) -> None:
    with trio.fail_after(15):
        while True:
            if met():
                return
            await trio.sleep(0.02)


async def test_a_client_moves_between_nodes_and_loses_nothing(redis: RedisServer) -> None:
    async with open_cluster(redis) as (here, there):
        async with here.stream() as messages:
            await messages.next()
            here.tell("a", *range(10))
            there.tell("b", *range(10))
            seen = [await messages.next() for _ in range(12)]
        here.tell("a", *range(10, 20))
        async with there.stream(f"lastEventId={seen[-1]['id']}") as messages:
            await messages.next()
            there.tell("b", *range(10, 20))
            seen += [await messages.next() for _ in range(28)]
        ids = [tuple(map(int, message["id"].replace("-", ".").split("."))) for message in seen]
        assert ids == sorted(set(ids))
        for call in "ab":
            assert [m["seq"] for m in seen if m["callId"] == call] == list(range(20))


async def test_redis_dies_and_comes_back(redis: RedisServer) -> None:
    async with open_cluster(redis) as (here, there), here.stream() as near, there.stream() as far:
        await near.next()
        await far.next()
        here.tell("a", 1)
        assert await near.seqs(1) == await far.seqs(1) == [("a", 1)]
        redis.kill()
        here.tell("a", 2, 3)
        assert await near.seqs(2) == [("a", 2), ("a", 3)]
        redis.start()
        await shared(here, there)
        here.tell("a", 4)
        told = [await far.next() for _ in range(4)]
        assert [m["seq"] for m in told if "seq" in m] == [2, 3, 4]
        assert "stream-lost" in [m.get("reason") for m in told], "it came back empty"


async def test_a_tenant_gets_only_its_own_and_a_revoked_key_nothing_more(
    postgres_url: str, tmp_path: Path
) -> None:
    async with open_tenant_world(postgres_url) as world, open_events("k3f9", None, wall_ms) as events:
        ours = await world.found("ours", tmp_path)
        theirs = await world.found("theirs", tmp_path)
        async with (
            open_server(events, world.parts) as server,
            server.socket(headers=ours.headers) as socket,
        ):
            await socket.next()
            for seq in range(1, 20):
                server.tell(theirs.call_id, seq, org_id=UUID(theirs.id), text=theirs.canary)
                server.tell(ours.call_id, seq, org_id=UUID(ours.id))
            messages = [await socket.next() for _ in range(19)]
            assert {message["callId"] for message in messages} == {ours.call_id}
            assert theirs.canary not in json.dumps(messages)
            unknown = await get(server, f"/events?follow=false&callId={theirs.call_id}", ours.headers)
            assert theirs.canary not in unknown.text
            assert theirs.call_id not in unknown.text
            await world.ask("DELETE", f"/api-key/{ours.key_id}", ours.headers)
            with trio.fail_after(1.5):
                assert (await socket.next())["reason"] == "refused"
            with pytest.raises(SocketClosedError) as closed:
                await socket.next()
            assert closed.value.code == 1008
