"""Fetching music: what is reached, what never is, and the bounds."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trio
import trustme

from aywa.errors import MediaError
from aywa.media.fetch import MAX_REDIRECTS, FetchRules, fetch
from aywa.proto.outbound_rules import OutboundRules, outbound_rules

INSIDE = outbound_rules(("127.0.0.1", "localhost"))
THAT_NAME = OutboundRules(hosts=frozenset({"127.0.0.1"}))
HOME = FetchRules(outbound=INSIDE, bound_s=5.0)


@dataclass
class Server:
    """Answers each request with the next of its answers."""

    port: int = 0
    answers: list[bytes] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)

    def url(self, path: str = "/hold.wav", scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}{path}"


def answer(body: bytes, media_type: str = "audio/wav", status: str = "200 OK", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def redirect(url: str) -> bytes:
    return answer(b"", status="302 Found", more=f"Location: {url}\r\n")


@asynccontextmanager
async def serving(
    *answers: bytes, wrap: Callable[[trio.SocketStream], Awaitable[trio.abc.Stream]] | None = None
) -> AsyncIterator[Server]:
    server = Server(answers=list(answers))

    async def serve(raw: trio.SocketStream) -> None:
        stream: trio.abc.Stream = raw if wrap is None else await wrap(raw)
        server.requests.append(bytes(await stream.receive_some(65_536)))
        if server.answers:
            await stream.send_all(server.answers.pop(0))
            await stream.aclose()
        else:
            await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
        server.port = listener.socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        yield server
        nursery.cancel_scope.cancel()


async def refused(url: str, rules: FetchRules, words: str) -> None:
    with pytest.raises(MediaError) as refusal:
        await fetch(url, rules)
    assert words in refusal.value.detail


async def test_a_file_with_what_it_is_called() -> None:
    async with serving(redirect("/other/hold.ulaw?x=1"), answer(b"abc", "audio/basic")) as server:
        fetched = await fetch(server.url(), HOME)
        assert (fetched.data, fetched.media_type, fetched.path) == (b"abc", "audio/basic", "/other/hold.ulaw")
        assert server.requests[1].startswith(b"GET /other/hold.ulaw?x=1 HTTP/1.1\r\n")


async def test_nothing_inside_is_asked() -> None:
    async with serving() as server:
        for rules in (
            FetchRules(plain=True),
            FetchRules(plain=True, outbound=outbound_rules(("elsewhere",))),
        ):
            await refused(server.url(), rules, "public internet")
            await refused(f"http://localhost:{server.port}/", rules, "public internet")
            await refused(f"http://[::ffff:127.0.0.1]:{server.port}/", rules, "public internet")
            await refused(f"http://2130706433:{server.port}/", rules, "")  # 127.0.0.1 as one number
        await refused("http://169.254.169.254/latest/meta-data/", FetchRules(plain=True), "public internet")
        assert server.requests == []


async def test_no_redirect_leads_inside() -> None:
    async with serving() as inner, serving(redirect(f"http://localhost:{inner.port}/")) as outer:
        await refused(outer.url(), FetchRules(outbound=THAT_NAME), "http URLs are not fetched")
        outer.answers = [redirect(f"https://localhost:{inner.port}/")]
        await refused(outer.url(), FetchRules(outbound=THAT_NAME), "public internet")
        outer.answers = [redirect("file:///etc/passwd")]
        await refused(outer.url(), HOME, "only http and https")
        assert inner.requests == []


async def test_http_only_where_it_may_be() -> None:
    await refused("http://example.test/", FetchRules(), "http URLs are not fetched")
    await refused("ftp://example.test/", FetchRules(plain=True), "only http and https")


async def test_every_bound_holds() -> None:
    async with serving(*[redirect("/again")] * (MAX_REDIRECTS + 1)) as server:
        await refused(server.url(), HOME, "too often")
        server.answers = [answer(bytes(101))]
        await refused(server.url(), FetchRules(outbound=THAT_NAME, max_bytes=100), "larger than 100")
        server.answers = [answer(b"", status="404 Not Found")]
        await refused(server.url(), HOME, "answers 404")
        server.answers = [b"SSH-2.0-OpenSSH\r\n\r\n"]
        await refused(server.url(), HOME, "does not speak HTTP")
        server.answers = []
        await refused(server.url(), FetchRules(outbound=THAT_NAME, bound_s=0.2), "longer than 0.2 s")
        server.answers = [answer(bytes(10))[:-3]]
        await refused(server.url(), HOME, "does not speak HTTP")
        port = server.port
    await refused(f"http://127.0.0.1:{port}/", HOME, "cannot be reached")


async def test_https_is_verified() -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    async def wrap(raw: trio.SocketStream) -> trio.abc.Stream:
        stream = trio.SSLStream(raw, context, server_side=True)
        try:
            await stream.do_handshake()
        except trio.BrokenResourceError:
            await trio.sleep_forever()
        return stream

    async with serving(answer(b"abc"), wrap=wrap) as server:
        url = server.url(scheme="https")
        await refused(url, HOME, "cannot be reached")
        rules = FetchRules(outbound=THAT_NAME, tls=trusting)
        assert (await fetch(url, rules)).data == b"abc"
