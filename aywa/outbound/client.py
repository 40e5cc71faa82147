"""Asks a URL that a user or a model named, within bounds, and never inside the operator's network unasked."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import ip_address

import httpcore
import trio

from aywa import __version__
from aywa.errors import OutboundError, OutboundFault, ParseError
from aywa.outbound.dialling import Dial, JudgedBackend, Resolve, dial, resolve
from aywa.proto.outbound_rules import OutboundRules
from aywa.proto.web_headers import operator_headers
from aywa.proto.web_target import WebTarget, parse_web_target

MAX_CONNECTIONS = 100
KEPT_S = 20.0  # what an idle connection is kept for
_REDIRECTS = (301, 302, 303, 307, 308)
_CLOSING_S = 2.0
_PHASE_S = 10.0  # connecting, sending and each piece of the answer; the whole has its own bound


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. `plain`: by http too; without it http is for hosts that the operator listed.

    `redirects`: how many are followed, each judged like the first URL; only GET follows any.
    `max_bytes`: of the answer. `cut`: a longer answer is cut there; without it that is an error.
    """

    url: str
    method: str = "GET"
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    bound_s: float = 10.0
    max_bytes: int = 65_536
    redirects: int = 0
    plain: bool = True
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Names of `headers` are lower case. `path`: of the URL that answered."""

    status: int
    headers: dict[str, str]
    body: bytes
    path: str


@dataclass(frozen=True, slots=True)
class AnswerStream:
    """What comes back while it comes. Names of `headers` are lower case."""

    status: int
    headers: dict[str, str]
    pieces: AsyncIterator[bytes]


class OutboundClient:
    """Many may ask at once. Open it with `open_outbound`."""

    def __init__(self, pool: httpcore.AsyncConnectionPool, rules: OutboundRules) -> None:
        self._pool = pool
        self._rules = rules

    async def ask(self, ask: Ask) -> Answer:
        """The answer, whatever its status. Raises OutboundError, in words without the URL."""
        with trio.move_on_after(ask.bound_s):
            try:
                return await self._follow(ask, parse_web_target(ask.url))
            except ParseError as error:
                raise OutboundError(error.detail, OutboundFault.REFUSED) from error
        raise OutboundError(f"the server took longer than {ask.bound_s:g} s", OutboundFault.TIMEOUT)

    async def _follow(self, ask: Ask, target: WebTarget) -> Answer:
        left = ask.redirects if ask.method == "GET" else 0
        while True:
            answer = await self._once(ask, target)
            where = answer.headers.get("location")
            if answer.status not in _REDIRECTS or where is None or not ask.redirects:
                return answer
            if not left:
                raise OutboundError("the server redirects too often", OutboundFault.PROTOCOL)
            left -= 1
            before, target = target, target.joined(where)
            if before.origin != target.origin:
                ask = replace(ask, headers=())  # they may be meant for the first host only

    async def _once(self, ask: Ask, target: WebTarget) -> Answer:
        check_target(target, self._rules, plain=ask.plain)
        with _told_apart():
            response = await self._pool.handle_async_request(_request(ask, target))
            try:
                body = await _body(response, ask)
            finally:
                await response.aclose()
        return Answer(response.status, _fields(response), body, target.path.partition("?")[0])

    @asynccontextmanager
    async def stream(self, ask: Ask) -> AsyncIterator[AnswerStream]:
        """The answer while it comes, redirects among them; `bound_s` is for all of it, what is done with it
        included. Raises OutboundError, also from its pieces.
        """
        with trio.move_on_after(ask.bound_s) as bound, _told_apart():
            try:
                target = parse_web_target(ask.url)
            except ParseError as error:
                raise OutboundError(error.detail, OutboundFault.REFUSED) from error
            check_target(target, self._rules, plain=ask.plain)
            response = await self._pool.handle_async_request(_request(ask, target))
            pieces = _pieces(response, ask.max_bytes)
            try:
                yield AnswerStream(response.status, _fields(response), pieces)
            finally:
                with trio.CancelScope() as enough:  # as in `_body`
                    enough.cancel()
                    async for _ in pieces:
                        pass
                with trio.move_on_after(_CLOSING_S, shield=True):
                    await response.aclose()
        if bound.cancelled_caught:
            raise OutboundError(f"the server took longer than {ask.bound_s:g} s", OutboundFault.TIMEOUT)


@asynccontextmanager
async def open_outbound(
    rules: OutboundRules,
    *,
    tls: ssl.SSLContext | None = None,
    kept: int = MAX_CONNECTIONS,
    most: int = MAX_CONNECTIONS,
    resolve: Resolve = resolve,
    dial: Dial = dial,
) -> AsyncIterator[OutboundClient]:
    """A client for as long as the block runs. `tls`: whom to trust; None: whom the system does.

    `kept`: connections that stay open for the next request to the same origin: their address was judged.
    `most`: at a time; who finds none waits for one.
    """
    async with httpcore.AsyncConnectionPool(
        ssl_context=tls or system_trust(),
        max_connections=most,
        max_keepalive_connections=kept,
        keepalive_expiry=KEPT_S,
        network_backend=JudgedBackend(rules, resolve, dial),
    ) as pool:
        yield OutboundClient(pool, rules)


def check_target(target: WebTarget, rules: OutboundRules, *, plain: bool) -> None:
    """Raises OutboundError where a URL itself says that it is not asked: by its scheme or its address."""
    if target.scheme == "http" and not plain and not rules.is_listed(target.host):
        raise OutboundError("http URLs are not fetched", OutboundFault.REFUSED)
    with suppress(ValueError):  # a name, which is judged by where it leads
        ip_address(target.host)
        rules.judge(target.host, [target.host])


def _request(ask: Ask, target: WebTarget) -> httpcore.Request:
    given = operator_headers(dict(ask.headers))
    names = {name.lower() for name, _ in given}
    fields = [("Host", target.authority), *given]
    if "user-agent" not in names:
        fields.append(("User-Agent", f"aywa/{__version__}"))
    if ask.body or ask.method not in ("GET", "HEAD"):
        fields.append(("Content-Length", str(len(ask.body))))
    phase_s = min(_PHASE_S, ask.bound_s) if ask.bound_s < 2 * _PHASE_S else ask.bound_s
    return httpcore.Request(
        ask.method,
        httpcore.URL(
            scheme=target.scheme.encode(),
            host=target.host.encode(),
            port=target.port,
            target=target.path.encode(),
        ),
        headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields],
        content=ask.body,
        extensions={
            "timeout": {"connect": _PHASE_S, "write": _PHASE_S, "read": phase_s, "pool": ask.bound_s},
            "sni_hostname": target.host,
        },
    )


async def _body(response: httpcore.Response, ask: Ask) -> bytes:
    body = bytearray()
    with trio.CancelScope() as enough:  # a cancelled reader takes all layers of the answer down in order
        async for piece in response.aiter_stream():
            body += piece
            if len(body) > ask.max_bytes:
                enough.cancel()
    if len(body) > ask.max_bytes and not ask.cut:
        raise OutboundError(f"the answer is larger than {ask.max_bytes} bytes", OutboundFault.TOO_LONG)
    return bytes(body[: ask.max_bytes])


async def _pieces(response: httpcore.Response, max_bytes: int) -> AsyncIterator[bytes]:
    left = max_bytes
    async for piece in response.aiter_stream():
        left -= len(piece)
        if left < 0:
            raise OutboundError(f"the answer is larger than {max_bytes} bytes", OutboundFault.TOO_LONG)
        yield piece


def _fields(response: httpcore.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}


@contextmanager
def _told_apart() -> Iterator[None]:
    """What goes wrong on the way, as `OutboundError`."""
    try:
        yield
    except (httpcore.ConnectTimeout, httpcore.TimeoutException) as error:
        raise OutboundError("the server does not answer in time", OutboundFault.TIMEOUT) from error
    except httpcore.ConnectError as error:
        raise _unreachable(error) from error
    except (httpcore.ProtocolError, httpcore.NetworkError) as error:
        raise OutboundError("the server does not speak HTTP, or broke off", OutboundFault.PROTOCOL) from error


def _unreachable(error: httpcore.ConnectError) -> OutboundError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return OutboundError("the server cannot be trusted, or speaks no TLS", OutboundFault.TLS)
        cause = cause.__cause__
    return OutboundError("the server cannot be reached", OutboundFault.UNREACHABLE)


@cache
def system_trust() -> ssl.SSLContext:
    """Read once: it takes twenty milliseconds."""
    return ssl.create_default_context()
