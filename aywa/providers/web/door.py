"""Requests and websockets to vendors. Whatever goes wrong comes out as `ProviderError`, in words of ours."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import httpcore
import trio

from aywa.errors import OutboundError, ParseError, ProviderError, ProviderFault
from aywa.outbound.client import (
    Answer,
    AnswerStream,
    Ask,
    OutboundClient,
    check_target,
    open_outbound,
    system_trust,
)
from aywa.outbound.dialling import Dial, JudgedBackend, Resolve, dial, resolve
from aywa.proto.outbound_rules import OutboundRules
from aywa.proto.web_headers import operator_headers
from aywa.proto.web_target import parse_web_target
from aywa.providers.web.access import Access
from aywa.providers.web.faults import outbound_error, status_error
from aywa.providers.web.socket import ProviderSocket

MAX_CONNECTIONS = 4000  # requests of a worker at a time: each call has at most two
KEPT = 200  # idle connections, each ready for a next request
MAX_BODY = 64 * 1024 * 1024  # of one answer
MAX_MESSAGE = 4 * 1024 * 1024  # of a websocket: a second of any audio, many times over
REFUSAL_S = 2.0  # how long the words of a refusal are waited for
WARM_S = 3.0


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """A vendor's answer, its status 2xx, while it comes. Names of `headers` are lower case."""

    status: int
    headers: dict[str, str]
    pieces: AsyncIterator[bytes]  # raises ProviderError


class ProviderDoor:
    """One for the process: connections are kept and shared by all calls. Open it with `open_door`."""

    def __init__(
        self,
        client: OutboundClient,
        backend: JudgedBackend,
        rules: OutboundRules,
        tls: ssl.SSLContext,
        nursery: trio.Nursery,
    ) -> None:
        self._client = client
        self._backend = backend
        self._rules = rules
        self._tls = tls
        self._nursery = nursery

    def start_soon(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run what keeps a connection, for as long as the door is open. It must not raise."""
        self._nursery.start_soon(task)

    @asynccontextmanager
    async def request(
        self,
        access: Access,
        *,
        stage: str,
        method: str = "POST",
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        first_byte_s: float = 8.0,
        whole_s: float = 120.0,
        max_bytes: int = MAX_BODY,
    ) -> AsyncIterator[WebAnswer]:
        """Ask; the block is entered when the head of a 2xx answer is there, within `first_byte_s` seconds.

        `path`: what follows the base URL, with its query. `whole_s`: for all of it, the block included.
        Leaving the block early ends the vendor's work: the connection is closed (HTTP/1.1 knows no other
        way). Raises ProviderError, also from the answer's pieces.
        """
        fields = access.fields(headers or {})
        ask = Ask(f"{access.base_url}{path}", method, fields, body, whole_s, max_bytes)
        names = {"provider": access.provider, "stage": stage}
        try:
            with trio.CancelScope(deadline=trio.current_time() + first_byte_s) as first:
                async with self._client.stream(ask) as answer:
                    first.deadline = float("inf")
                    if not 200 <= answer.status < 300:
                        raise await _refused(answer, **names)
                    yield WebAnswer(answer.status, answer.headers, _Told(answer.pieces, **names))
                    return
        except OutboundError as error:
            raise outbound_error(error, **names) from error
        raise _late(**names)

    async def fetch(
        self,
        access: Access,
        *,
        stage: str,
        method: str = "GET",
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        whole_s: float = 10.0,
        max_bytes: int = 1_048_576,
    ) -> Answer:
        """A whole answer, its status 2xx. Raises ProviderError."""
        fields = access.fields(headers or {})
        names = {"provider": access.provider, "stage": stage}
        try:
            answer = await self._client.ask(
                Ask(f"{access.base_url}{path}", method, fields, body, whole_s, max_bytes)
            )
        except OutboundError as error:
            raise outbound_error(error, **names) from error
        if not 200 <= answer.status < 300:
            raise status_error(answer.status, answer.headers, answer.body[:4096], now=_now(), **names)
        return answer

    @asynccontextmanager
    async def socket(
        self,
        access: Access,
        *,
        stage: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        subprotocols: Sequence[str] = (),
        connect_s: float = 5.0,
        max_message_bytes: int = MAX_MESSAGE,
    ) -> AsyncIterator[ProviderSocket]:
        """A websocket that is open, within `connect_s` seconds. Raises ProviderError."""
        names = {"provider": access.provider, "stage": stage}
        stream: httpcore.AsyncNetworkStream | None = None
        opened: ProviderSocket | None = None
        try:
            with trio.move_on_after(connect_s):
                stream, host, target = await self._connect(access, stage, path, connect_s)
                socket = ProviderSocket(stream, max_message_bytes=max_message_bytes, **names)
                fields = operator_headers(dict(access.fields(headers or {})))
                await socket.shake_hands(host, target, fields, subprotocols)
                opened = socket
            if opened is None:
                raise _late(**names)
            yield opened
        except OutboundError as error:
            raise outbound_error(error, **names) from error
        except (httpcore.NetworkError, httpcore.TimeoutException) as error:
            raise _error("The provider cannot be reached", ProviderFault.UNAVAILABLE, **names) from error
        finally:
            if opened is not None:
                await opened.aclose()
            elif stream is not None:
                with trio.move_on_after(1.0, shield=True):
                    await stream.aclose()

    async def warm(self, access: Access, *, stage: str) -> None:
        """Have a connection ready for the next request. Never raises ProviderError: the request will."""
        fields = access.fields({})
        try:
            await self._client.ask(Ask(f"{access.base_url}/", "HEAD", fields, b"", WARM_S, 65_536, cut=True))
        except OutboundError:
            return

    async def _connect(
        self, access: Access, stage: str, path: str, connect_s: float
    ) -> tuple[httpcore.AsyncNetworkStream, str, str]:
        """A stream to the judged address, the authority and what is asked for there."""
        try:
            target = parse_web_target(f"{access.base_url}{path}")
        except ParseError as error:
            raise _error(
                f"The provider's URL: {error.detail}",
                ProviderFault.REFUSED,
                provider=access.provider,
                stage=stage,
            ) from error
        check_target(target, self._rules, plain=True)
        stream = await self._backend.connect_tcp(target.host, target.port, connect_s)
        if target.scheme == "https":
            stream = await stream.start_tls(self._tls, target.host, connect_s)
        return stream, target.authority, target.path


@asynccontextmanager
async def open_door(
    rules: OutboundRules, *, tls: ssl.SSLContext | None = None, resolve: Resolve = resolve, dial: Dial = dial
) -> AsyncIterator[ProviderDoor]:
    """The door for as long as the block runs. `tls`: whom to trust; None: whom the system does."""
    trusted = tls or system_trust()
    async with (
        open_outbound(
            rules, tls=trusted, kept=KEPT, most=MAX_CONNECTIONS, resolve=resolve, dial=dial
        ) as client,
        trio.open_nursery() as nursery,
    ):
        yield ProviderDoor(client, JudgedBackend(rules, resolve, dial), rules, trusted, nursery)
        nursery.cancel_scope.cancel()


async def _refused(answer: AnswerStream, *, provider: str, stage: str) -> ProviderError:
    """The error for an answer whose status is not 2xx, with as much of its words as come soon."""
    body = bytearray()
    with trio.move_on_after(REFUSAL_S):
        async for piece in answer.pieces:
            body += piece
            if len(body) >= 4096:
                break
    return status_error(
        answer.status, answer.headers, bytes(body[:4096]), provider=provider, stage=stage, now=_now()
    )


class _Told:
    """Pieces, with what goes wrong between them as ProviderError. No generator: readers leave it halfway."""

    def __init__(self, pieces: AsyncIterator[bytes], *, provider: str, stage: str) -> None:
        self._pieces = pieces
        self._names = {"provider": provider, "stage": stage}

    def __aiter__(self) -> _Told:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._pieces)
        except OutboundError as error:
            raise outbound_error(error, **self._names) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _error("The provider broke off", ProviderFault.CLOSED, **self._names) from error
        except httpcore.TimeoutException as error:
            raise _error("The provider fell silent", ProviderFault.TIMEOUT, **self._names) from error


def _late(*, provider: str, stage: str) -> ProviderError:
    return _error(
        "The provider did not answer in time", ProviderFault.TIMEOUT, provider=provider, stage=stage
    )


def _error(detail: str, fault: ProviderFault, *, provider: str, stage: str) -> ProviderError:
    return ProviderError(detail, provider=provider, stage=stage, fault=fault)


def _now() -> datetime:
    return datetime.now().astimezone()
