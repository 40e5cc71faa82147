"""Takes connections of one kind: from whom, how many, and a wall between each and the others."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

import trio

from aywa.errors import OverloadedError, ParseError, TransportError
from aywa.log import get_logger, places
from aywa.settings import TrunkCredentials, TrunkSettings
from aywa.transports.carrier import Carrier
from aywa.transports.counters import StreamCounters
from aywa.transports.entrance import Entrance
from aywa.transports.link import Gone, Link
from aywa.transports.rtp_side import RtpSide
from aywa.transports.sending import keep_short
from aywa.transports.session import StreamCall
from aywa.ua.bans import BAN_S, Bans
from aywa.ua.trunk import Trunks

HANDSHAKE_S = 5.0  # of TLS
REFUSALS_NAMED = 64  # hosts; strangers must not flood the log
_log = get_logger("transports")


class OpeningLink(Link, Protocol):
    """A link before its first words."""

    async def open(self) -> None:
        """Raises ParseError."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is spoken on one port. `user`: whom a connection has shown to be, "" where its address is
    enough.
    """

    name: str
    make: Callable[[trio.abc.Stream, str], OpeningLink]
    user: str = ""
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What listeners share. `media_host`: an IPv4 address of this host at which legs are reached.

    `overloaded` is asked once before each call, with the caller's address.
    """

    trunks: Trunks
    take: Callable[[StreamCall], Awaitable[None]]
    overloaded: Callable[[str], bool]
    media_host: str
    max_connections: int
    rng: Random
    counters: StreamCounters
    entrance: Entrance = field(default_factory=Entrance)


class StreamListener:
    """One port."""

    def __init__(self, kind: Kind, listener: trio.SocketListener, around: Around) -> None:
        self.kind = kind
        self._listener = listener
        self._around = around
        self._bans = Bans()
        self._named: set[str] = set()

    @property
    def local(self) -> tuple[str, int]:
        """Where connections are taken."""
        host, port = self._listener.socket.getsockname()[:2]
        return host, port

    def close(self) -> None:
        """Give the port back."""
        self._listener.socket.close()

    async def serve(self) -> None:
        """Until cancelled; the calls go with it."""
        async with trio.open_nursery() as nursery:
            await trio.serve_listeners(self._accept, [self._listener], handler_nursery=nursery)

    async def _accept(self, stream: trio.SocketStream) -> None:
        counters = self._around.counters
        try:
            host, port = stream.socket.getpeername()[:2]
        except OSError:  # gone before it was looked at
            await trio.aclose_forcefully(stream)
            return
        trunk = self._admit(host)
        if trunk is None:
            await trio.aclose_forcefully(stream)
            return
        counters.accepted += 1
        try:
            await self._have(stream, trunk, (host, port))
        except* Exception as group:  # noqa: BLE001 - the blast wall: what breaks this connection ends this one
            _log.error("transports.crashed", kind=self.kind.name, places=places(group))
        finally:
            await trio.aclose_forcefully(stream)

    def _admit(self, host: str) -> TrunkSettings | None:
        """The trunk of `host`; None closes the connection unanswered."""
        around, counters = self._around, self._around.counters
        trunk = around.trunks.of(host)
        if trunk is None or (trunk.inbound and not self.kind.user):
            counters.strangers += 1
            self._name(host, "an address of no trunk, or of one whose callers must show credentials")
            return None
        if self._bans.banned(host, trio.current_time()):
            counters.credentials += 1
            return None
        if counters.open >= around.max_connections or not around.entrance.has_room():
            counters.crowded += 1
            return None
        return trunk

    def _name(self, host: str, why: str) -> None:
        """Tell the operator once a host."""
        if host not in self._named and len(self._named) < REFUSALS_NAMED:
            self._named.add(host)
            _log.warning("transports.refused", kind=self.kind.name, peer=host, why=why)

    async def _have(self, raw: trio.SocketStream, trunk: TrunkSettings, source: tuple[str, int]) -> None:
        keep_short(raw)
        link = await self._first_word(raw, source[0])
        if link is None:
            return
        self._bans.proved(source[0])
        if self.kind.user:
            shown = TrunkCredentials(self.kind.user)
            trunk = TrunkSettings(trunk.name, trunk.addresses, (shown,))
        around, counters = self._around, self._around.counters
        crowded = counters.open >= around.max_connections
        if crowded or around.overloaded(source[0]):
            counters.crowded += crowded
            counters.refused += not crowded
            await _goodbye(link)
            return
        counters.open += 1
        try:
            await self._carry(link, trunk, source)
        finally:
            counters.open -= 1

    async def _first_word(self, raw: trio.SocketStream, host: str) -> OpeningLink | None:
        """The link once it has said who it is; None when it does not."""
        with self._around.entrance.waiting() as silence:
            stream = await self._secure(raw)
            if stream is None:
                return None
            link = self.kind.make(stream, host)
            try:
                await link.open()
                return link
            except ParseError as error:
                self._turned_away(host, error)
        if silence.cancelled_caught:
            self._around.counters.malformed += 1
        return None

    async def _carry(self, link: Link, trunk: TrunkSettings, source: tuple[str, int]) -> None:
        around = self._around
        try:
            rtp = RtpSide(around.media_host, link.coding, around.rng)
        except OverloadedError:
            around.counters.refused += 1
            await _goodbye(link)
            return
        try:
            call = StreamCall(link, rtp, trunk, source, around.rng)
            await Carrier(call, link, rtp, around.counters).run(around.take)
        finally:
            rtp.close()

    async def _secure(self, raw: trio.SocketStream) -> trio.abc.Stream | None:
        """The stream to speak over; None when the handshake fails."""
        if self.kind.tls is None:
            return raw
        secured = trio.SSLStream(raw, self.kind.tls, server_side=True, https_compatible=True)
        try:
            with trio.move_on_after(HANDSHAKE_S):
                await secured.do_handshake()
                return secured
        except (trio.BrokenResourceError, ssl.SSLError):
            pass
        self._around.counters.malformed += 1
        return None

    def _turned_away(self, host: str, error: ParseError) -> None:
        if error.status_hint != 401:
            self._around.counters.malformed += 1
            self._name(host, error.detail)
            return
        self._around.counters.credentials += 1
        self._name(host, "no password, or a wrong one")
        if self._bans.failed(host, trio.current_time()):
            _log.warning("transports.banned", kind=self.kind.name, peer=host, seconds=BAN_S)


async def _goodbye(link: Link) -> None:
    """Hang up a call that is not taken."""
    with trio.move_on_after(1.0):
        try:
            await link.hang_up()
            while not any(isinstance(event, Gone) for event in await link.receive()):
                pass
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return


async def open_port(host: str, port: int, what: str) -> trio.SocketListener:
    """Listen on `host` (an IP literal) and `port` (0: any). Raises TransportError in one sentence."""
    try:
        (listener,) = await trio.open_tcp_listeners(port, host=host, backlog=256)
    except OSError as error:
        why = error.strerror or str(error)
        raise TransportError(f"Cannot take {what} on {host}:{port}: {why}.") from error
    return listener
