"""The door to vendors against our own emulator host: answers, refusals, websockets, and every fault."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from random import Random

import pytest

from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.faults import Fault, FaultKind, Faults
from aywa.emulators.host import EmulatorHost, open_emulator
from aywa.errors import ProviderError, ProviderFault
from aywa.proto.outbound_rules import PUBLIC_ONLY, OutboundRules
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor, open_door
from aywa.providers.web.faults import retry_after, status_error

LOOPBACK = OutboundRules(networks=(ip_network("127.0.0.0/8"),))
NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Echo:
    """Tells what it was asked, in three pieces or messages."""

    name = "echo"

    async def http(self, request: Request, reply: Reply) -> None:
        if request.path == "/busy":
            await reply.json(429, {"error": {"code": "insufficient_quota", "message": "call 555 0100"}})
            return
        if await reply.begin(200, {"Content-Type": "text/plain"}):
            for piece in (request.method.encode(), request.headers.get("x-key", "").encode(), request.body):
                await reply.send(piece or b"-")
            await reply.end()

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        if request.headers.get("authorization") != "Token k":
            await socket.reject(401, b'{"err_code": "INVALID_AUTH"}')
            return
        await socket.accept()
        while (message := await socket.receive()) is not None:
            if message == "bye":
                await socket.close(4002, "no money")
                return
            await socket.send(message)


@asynccontextmanager
async def world(*script: Fault | None) -> AsyncIterator[tuple[ProviderDoor, Access, EmulatorHost]]:
    async with open_emulator(Echo(), Faults(script)) as host, open_door(LOOPBACK) as door:
        yield door, Access("echo", host.url, "k", {"X-Key": "operator"}), host


async def two_messages(door: ProviderDoor, access: Access) -> None:
    headers = {"Authorization": "Token k"}
    async with door.socket(access, stage="stt", path="/", headers=headers, connect_s=0.3) as socket:
        await socket.send("one")
        assert await socket.receive() == "one"
        await socket.send("two")
        await socket.receive()


async def ask(door: ProviderDoor, access: Access, path: str = "/x", **more: float) -> list[bytes]:
    async with door.request(access, stage="llm", path=path, body=b"question", **more) as answer:
        return [piece async for piece in answer.pieces]


async def test_an_answer_comes_in_pieces_with_the_operators_headers() -> None:
    async with world() as (door, access, host):
        assert b"".join(await ask(door, access)) == b"POSToperatorquestion"
        await door.warm(access, stage="llm")
        fetched = await door.fetch(access, stage="llm", path="/y?z=1", headers={"x-key": "own"})
        assert fetched.body == b"GETown-"
        assert [(each.method, each.target) for each in host.requests] == [
            ("POST", "/x"),
            ("HEAD", "/"),
            ("GET", "/y?z=1"),
        ]


async def test_a_refusal_tells_its_code_and_no_sentence_of_the_vendors() -> None:
    async with world() as (door, access, _):
        with pytest.raises(ProviderError) as caught:
            await ask(door, access, "/busy")
    error = caught.value
    assert (error.fault, error.status, error.retryable) == (ProviderFault.FUNDS, 429, False)
    assert error.detail == "The provider answered 429 (insufficient_quota)"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(FaultKind.REFUSE), ProviderFault.CLOSED),
        (Fault(FaultKind.HANG), ProviderFault.TIMEOUT),
        (Fault(FaultKind.STATUS, status=429, retry_after_s=7), ProviderFault.RATE_LIMITED),
        (Fault(FaultKind.STATUS, status=503), ProviderFault.UNAVAILABLE),
        (Fault(FaultKind.STATUS, status=401), ProviderFault.UNAUTHORISED),
        (Fault(FaultKind.RESET, after=1), ProviderFault.CLOSED),
        (Fault(FaultKind.CLOSE, after=1), ProviderFault.CLOSED),
        (Fault(FaultKind.SILENT), ProviderFault.TIMEOUT),
        (Fault(FaultKind.STALL, after=1), ProviderFault.TIMEOUT),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Fault) else value.value,
)
async def test_each_fault_of_a_request_is_told_apart(fault: Fault, expected: ProviderFault) -> None:
    async with world(fault) as (door, access, host):
        with pytest.raises(ProviderError) as caught:
            await ask(door, access, first_byte_s=0.3, whole_s=0.3)
        error = caught.value
        assert (error.fault, error.provider, error.stage) == (expected, "echo", "llm")
        assert error.retry_after_s == (7 if expected is ProviderFault.RATE_LIMITED else None)
        assert host.faults.struck == [fault.kind]
        assert b"".join(await ask(door, access)) == b"POSToperatorquestion"


async def test_leaving_early_ends_the_vendors_work_and_the_next_request_is_served() -> None:
    async with world(Fault(FaultKind.STALL, after=1)) as (door, access, _):
        async with door.request(access, stage="tts", path="/x") as answer:
            assert await anext(answer.pieces) == b"POST"
        assert b"".join(await ask(door, access)) == b"POSToperator" + b"question"


async def test_a_websocket_echoes_and_tells_why_it_closed() -> None:
    async with world() as (door, access, _):
        headers = {"Authorization": "Token k"}
        async with door.socket(access, stage="stt", path="/v1/listen?a=b", headers=headers) as socket:
            for message in ("text", b"\x00" * 100_000, "bye"):
                await socket.send(message)
            assert await socket.receive() == "text"
            assert await socket.receive() == b"\x00" * 100_000
            for _ in range(2):
                with pytest.raises(ProviderError) as caught:
                    await socket.receive()
                assert (caught.value.fault, caught.value.close_code) == (ProviderFault.CLOSED, 4002)
            with pytest.raises(ProviderError):
                await socket.send("more")


async def test_a_websocket_that_is_refused_says_by_what_status() -> None:
    async with world() as (door, access, _):
        with pytest.raises(ProviderError) as caught:
            async with door.socket(access, stage="stt", path="/v1/listen"):
                pytest.fail("it was refused")
    assert (caught.value.fault, caught.value.status) == (ProviderFault.UNAUTHORISED, 401)
    assert caught.value.detail == "The provider answered 401 (INVALID_AUTH)"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(FaultKind.REFUSE), ProviderFault.CLOSED),
        (Fault(FaultKind.HANG), ProviderFault.TIMEOUT),
        (Fault(FaultKind.STATUS, status=503), ProviderFault.UNAVAILABLE),
        (Fault(FaultKind.RESET, after=1), ProviderFault.CLOSED),
        (Fault(FaultKind.CLOSE, after=1, close_code=1012), ProviderFault.CLOSED),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Fault) else value.value,
)
async def test_each_fault_of_a_websocket_is_told_apart(fault: Fault, expected: ProviderFault) -> None:
    async with world(fault) as (door, access, _):
        with pytest.raises(ProviderError) as caught:
            await two_messages(door, access)
        assert caught.value.fault is expected
        if fault.kind is FaultKind.CLOSE:
            assert caught.value.close_code == 1012


async def test_what_is_shuffled_and_malformed_arrives_so() -> None:
    faults = Fault(FaultKind.SHUFFLED), Fault(FaultKind.MALFORMED, after=1)
    async with world(*faults) as (door, access, _):
        headers = {"Authorization": "Token k"}
        async with door.socket(access, stage="stt", path="/", headers=headers) as socket:
            for message in ("1", "2", "3"):
                await socket.send(message)
            assert [await socket.receive() for _ in range(3)] == ["2", "1", "3"]
        async with door.socket(access, stage="stt", path="/", headers=headers) as socket:
            for message in ("1", "2", "3"):
                await socket.send(message)
            told = [await socket.receive() for _ in range(3)]
    assert (told[0], told[2]) == ("1", "3")
    assert told[1] not in ("1", "2", "3")


async def test_nothing_inside_the_network_is_dialled_unless_it_is_listed() -> None:
    async with open_emulator(Echo()) as host, open_door(PUBLIC_ONLY) as door:
        access = Access("echo", host.url)
        with pytest.raises(ProviderError) as by_http:
            await ask(door, access)
        with pytest.raises(ProviderError) as by_socket:
            async with door.socket(access, stage="stt", path="/"):
                pytest.fail("it must not be dialled")
        assert host.requests == []
    assert {by_http.value.fault, by_socket.value.fault} == {ProviderFault.REFUSED}


async def test_an_unreachable_vendor_is_unavailable() -> None:
    async with open_emulator(Echo()) as host, open_door(LOOPBACK) as door:
        gone = Access("echo", host.url)
        host_port = host.port
    async with open_door(LOOPBACK) as door:
        assert host_port
        with pytest.raises(ProviderError) as caught:
            await ask(door, gone)
        assert caught.value.fault is ProviderFault.UNAVAILABLE
        with pytest.raises(ProviderError) as caught:
            async with door.socket(gone, stage="stt", path="/"):
                pytest.fail("nobody is there")
        assert caught.value.fault is ProviderFault.UNAVAILABLE


def test_retry_after_is_seconds_or_a_date_and_never_absurd() -> None:
    date = format_datetime(NOW + timedelta(seconds=30), usegmt=True)
    cases = {"7": 7.0, " 1.5 ": 1.5, date: 30.0, "1" * 9: 3600.0, "": None, "soon": None, "-3": None}
    assert {text: retry_after(text, NOW) for text in cases} == cases
    assert retry_after(None, NOW) is None


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (400, b"{}", ProviderFault.BAD_REQUEST),
        (402, b"", ProviderFault.FUNDS),
        (403, b"[1]", ProviderFault.UNAUTHORISED),
        (404, b"\xff", ProviderFault.BAD_REQUEST),
        (408, b"{", ProviderFault.TIMEOUT),
        (500, b'{"error": "it broke for +4930123"}', ProviderFault.UNAVAILABLE),
        (401, b'{"detail": {"status": "quota_exceeded"}}', ProviderFault.FUNDS),
        (529, b'{"type": "error", "error": {"type": "overloaded_error"}}', ProviderFault.UNAVAILABLE),
    ],
)
def test_a_status_is_judged_by_number_and_code(status: int, body: bytes, fault: ProviderFault) -> None:
    error = status_error(status, {}, body, provider="p", stage="llm", now=NOW)
    assert error.fault is fault
    assert "4930123" not in error.detail


def test_rates_strike_as_often_as_they_say_and_the_same_each_time() -> None:
    def drawn() -> list[FaultKind]:
        faults = Faults(rates={FaultKind.RESET: 0.1, FaultKind.HANG: 0.2}, rng=Random(5))
        for _ in range(1000):
            faults.next()
        return faults.struck

    struck = drawn()
    assert struck == drawn()
    assert 60 < struck.count(FaultKind.RESET) < 140
    assert 150 < struck.count(FaultKind.HANG) < 250
    with pytest.raises(ValueError, match="together at most 1"):
        Faults(rates={FaultKind.RESET: 0.6, FaultKind.HANG: 0.6})


async def test_a_connection_is_used_again() -> None:
    async with world() as (door, access, host):
        for _ in range(3):
            await ask(door, access)
        assert (len(host.requests), host.connections) == (3, 1)
