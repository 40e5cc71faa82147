"""Fetches one file over HTTP for a call: bounded in size and time, never from inside the operator's network.

The addresses of a host are looked up once, each is judged, and the connection goes to the very address that
was judged: a name that changes its mind in between gains nothing. Redirects are judged alike.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

import h11
import trio

from aywa.errors import MediaError
from aywa.proto.public_ip import is_public

MAX_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_READ_BYTES = 65_536
_PORTS = {"http": 80, "https": 443}
_INSIDE = "the host is not one of the public internet"


@dataclass(frozen=True, slots=True)
class FetchRules:
    """What may be fetched. `plain`: http as well as https. `private_hosts`: those that may have an address
    which is not of the public internet, and may be asked by http. `tls`: whom to trust; None: whom the system
    does.
    """

    plain: bool = False
    private_hosts: tuple[str, ...] = ()
    max_bytes: int = 16_000_000  # five minutes of 16 bits at 16 kHz, and half as much again
    bound_s: float = 10.0
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file, and what its server calls it."""

    data: bytes
    media_type: str
    path: str


def check_url(url: str, rules: FetchRules) -> None:
    """Raises MediaError where a URL itself says that it is not fetched: by its scheme or its address.

    What its name leads to, and what is there, is known when it is fetched.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise MediaError("the URL cannot be read") from error
    _check(parts, rules)


async def fetch(url: str, rules: FetchRules) -> Fetched:
    """Get the file. Raises MediaError that says why not, in words without the URL."""
    with trio.move_on_after(rules.bound_s):
        try:
            for _ in range(MAX_REDIRECTS + 1):
                got = await _ask(urlsplit(url), rules)
                if isinstance(got, Fetched):
                    return got
                url = urljoin(url, got)
        except (trio.BrokenResourceError, OSError) as error:  # TLS too
            raise MediaError(f"the server cannot be reached ({type(error).__name__})") from error
        except (h11.RemoteProtocolError, h11.LocalProtocolError) as error:
            raise MediaError("the server does not speak HTTP, or broke off") from error
        except ValueError as error:
            raise MediaError("the URL cannot be read") from error
        raise MediaError("the server redirects too often")
    raise MediaError(f"the server took longer than {rules.bound_s:g} s")


def _check(url: SplitResult, rules: FetchRules) -> None:
    host, private = url.hostname or "", rules.private_hosts
    if url.scheme != "https" and not (url.scheme == "http" and (rules.plain or host in private)):
        raise MediaError(f"{url.scheme or 'no'} URLs are not fetched")
    with suppress(ValueError):  # a name
        if host not in private and not is_public(host):
            raise MediaError(_INSIDE)


async def _ask(url: SplitResult, rules: FetchRules) -> Fetched | str:
    """The file, or where else it is."""
    _check(url, rules)
    connection = h11.Connection(h11.CLIENT)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    headers = [
        ("Host", url.netloc.rpartition("@")[2]),
        ("Accept", "audio/*"),
        ("User-Agent", "aywa"),
        ("Connection", "close"),
    ]
    request = h11.Request(method="GET", target=target, headers=headers)
    async with _connected(url, rules) as stream:
        await stream.send_all(connection.send(request) or b"")
        connection.send(h11.EndOfMessage())
        status, media_type, data = 0, "", bytearray()
        while True:
            match connection.next_event():
                case h11.NEED_DATA:
                    connection.receive_data(bytes(await stream.receive_some(_READ_BYTES)))
                case h11.Response() as answer:
                    known = {name: value.decode("latin-1") for name, value in answer.headers}
                    status, media_type = answer.status_code, known.get(b"content-type", "")
                    if status in _REDIRECTS and b"location" in known:
                        return known[b"location"]
                    if status != 200:
                        raise MediaError(f"the server answers {status}")
                case h11.Data(data=piece):
                    data += piece
                    if len(data) > rules.max_bytes:
                        raise MediaError(f"the file is larger than {rules.max_bytes} bytes")
                case h11.EndOfMessage():
                    return Fetched(bytes(data), media_type, url.path)
                case h11.ConnectionClosed():
                    raise MediaError("the server does not speak HTTP, or broke off")
                case _:
                    pass  # a 1xx


@asynccontextmanager
async def _connected(url: SplitResult, rules: FetchRules) -> AsyncIterator[trio.abc.Stream]:
    """A connection to the first judged address that answers, encrypted if the URL wants that."""
    host = url.hostname or ""
    addresses = await _addresses(host, url.port or _PORTS[url.scheme], rules)
    for left, address in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
        try:
            raw = await trio.open_tcp_stream(*address)
            break
        except OSError:
            if not left:
                raise
    async with raw:
        if url.scheme == "http":
            yield raw
            return
        context = rules.tls or ssl.create_default_context()
        async with trio.SSLStream(raw, context, server_hostname=host, https_compatible=True) as secure:
            yield secure


async def _addresses(host: str, port: int, rules: FetchRules) -> list[tuple[str, int]]:
    """Those of the host that may be asked. Raises MediaError for none."""
    try:
        found = await trio.socket.getaddrinfo(host, port, type=trio.socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise MediaError("the host has no address") from error
    addresses = [str(entry[4][0]) for entry in found]
    if host not in rules.private_hosts:
        addresses = [address for address in addresses if is_public(address)]
    if not addresses:
        raise MediaError(_INSIDE)
    return [(address, port) for address in dict.fromkeys(addresses)]
