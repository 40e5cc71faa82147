"""Connections of SIP over TCP and TLS: listened for, opened when needed, used again (RFC 3261 §18)."""

from __future__ import annotations

import errno
import ssl
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from math import inf

import trio

from aywa.errors import TransportError
from aywa.log import get_logger
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.routing import Address
from aywa.proto.sip.stream import PING, Frame
from aywa.proto.sip.stream_address import StreamAddress, Transport
from aywa.settings import SipSettings
from aywa.ua.admission import Welcome
from aywa.ua.connection import Connection
from aywa.ua.sparing import SparingLog
from aywa.ua.tls import HANDSHAKE_S, TlsContexts

CONNECT_S = 5.0
_Key = tuple[Transport, str, int, str]
_log = get_logger("sip")


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """How many connections there may be: in all, and of those accepted, from one source.

    Strangers who are to be refused have a few of their own, each for `stranger_s` seconds.
    """

    connections: int = 2048
    per_source: int = 256
    strangers: int = 32
    stranger_per_source: int = 4
    stranger_s: float = 5.0


@dataclass(slots=True)
class StreamCounters:
    """What became of connections; each only grows."""

    accepted: int = 0
    refused: int = 0  # strangers and those over a limit
    opened: int = 0
    failed: int = 0  # could not be opened, or whose certificate was not believed


@dataclass(frozen=True, slots=True)
class StreamEvents:
    """What the owner hears; none may raise. `lost` also brings what was never sent.

    `pause`: for how many seconds a host's connection is not read on; None closes it.
    """

    admit: Callable[[str], Welcome]
    heard: Callable[[StreamAddress, Frame], None]
    lost: Callable[[StreamAddress, list[Request | Response]], None]
    pause: Callable[[str], float | None]


class Streams:
    """Every connection of one user agent. They live in the nursery of `serve`."""

    def __init__(
        self,
        tls: TlsContexts | None = None,
        *,
        listeners: dict[Transport, trio.SocketListener] | None = None,
        limits: StreamLimits | None = None,
    ) -> None:
        self.counters = StreamCounters()
        self.listeners = listeners or {}
        self._tls = tls
        self.limits = limits or StreamLimits()
        self._events: StreamEvents | None = None
        self._nursery: trio.Nursery | None = None
        self._flows: dict[int, Connection] = {}
        self._peers: dict[_Key, Connection] = {}
        self._sources: Counter[str] = Counter()
        self._sparing = SparingLog(_log)
        self._brief = 0  # connections of strangers who are to be refused
        self._early: list[Connection] = []  # asked for before `serve`
        self._numbers = count(1)

    def __len__(self) -> int:
        return len(self._flows)

    @property
    def local(self) -> dict[Transport, Address]:
        """Where connections are taken."""
        return {kind: listener.socket.getsockname()[:2] for kind, listener in self.listeners.items()}

    def known_to(self, address: Address) -> StreamAddress | None:
        """An open TCP connection to the very host and port of a UDP address, as a destination."""
        found = self._peers.get((Transport.TCP, *address, ""))
        return found.peer if found is not None and found.open else None

    async def serve(self, events: StreamEvents) -> None:
        """Accept, connect, read and write until cancelled."""
        self._events = events
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                for kind, listener in self.listeners.items():
                    nursery.start_soon(self._listen, kind, listener)
                for connection in self._early:
                    nursery.start_soon(self._connect, connection)
                self._early.clear()
                await trio.sleep_forever()
        finally:
            self._nursery = None

    def send_nowait(self, data: bytes, address: StreamAddress, message: Request | Response) -> None:
        """Send over the connection `address` names, one to the same peer, or a new one.

        Raises OSError when that cannot be; what fails later is told as `lost`.
        """
        connection = self._flows.get(address.flow) or self._peers.get(_key(address))
        if connection is None or not connection.open:
            connection = self._dial(address)
        connection.send_nowait(data, message)

    def ping(self, address: StreamAddress) -> bool:
        """Keep the connection to `address` open, and every NAT it goes through; False when there is none."""
        connection = self._flows.get(address.flow) or self._peers.get(_key(address))
        if connection is None or not connection.open:
            return False
        with suppress(OSError):  # a full queue keeps it open as well
            connection.send_nowait(PING)
        return True

    def close(self) -> None:
        """Give the ports back."""
        for listener in self.listeners.values():
            listener.socket.close()

    # -- accepting

    async def _listen(self, kind: Transport, listener: trio.SocketListener) -> None:
        async def handle(stream: trio.SocketStream) -> None:
            await self._accept(kind, stream)

        assert self._nursery is not None, "serve has opened it"
        await trio.serve_listeners(handle, [listener], handler_nursery=self._nursery)

    async def _accept(self, kind: Transport, stream: trio.SocketStream) -> None:
        assert self._events is not None, "serve has set it"
        try:
            host, port = stream.socket.getpeername()[:2]
        except OSError:  # gone before it was looked at
            await trio.aclose_forcefully(stream)
            return
        welcome = self._events.admit(host)
        if welcome is Welcome.CLOSED or self._is_full(host, welcome):
            self.counters.refused += 1
            if not self._sources[host]:
                del self._sources[host]
            await trio.aclose_forcefully(stream)
            return
        self.counters.accepted += 1
        self._sources[host] += 1
        self._brief += welcome is Welcome.BRIEF
        connection = self._add(StreamAddress(host, port, kind, next(self._numbers)))
        limit_s = self.limits.stranger_s if welcome is Welcome.BRIEF else inf
        try:
            with trio.move_on_after(limit_s):
                secured = await self._secure(stream, connection.peer, server=True)
                if secured is not None:
                    await connection.run(secured)
        finally:
            self._brief -= welcome is Welcome.BRIEF
            self._sources[host] -= 1
            if not self._sources[host]:
                del self._sources[host]
            self._remove(connection)

    def _is_full(self, host: str, welcome: Welcome) -> bool:
        limits, open_here = self.limits, self._sources[host]
        if welcome is Welcome.BRIEF and (
            self._brief >= limits.strangers or open_here >= limits.stranger_per_source
        ):
            return True
        return len(self) >= limits.connections or open_here >= limits.per_source

    # -- connecting

    def _dial(self, address: StreamAddress) -> Connection:
        if len(self) >= self.limits.connections:
            raise OSError(errno.EMFILE, "too many connections")
        peer = StreamAddress(address[0], address[1], address.transport, next(self._numbers), address.name)
        connection = self._add(peer)
        if self._nursery is None:
            self._early.append(connection)
        else:
            self._nursery.start_soon(self._connect, connection)
        return connection

    async def _connect(self, connection: Connection) -> None:
        peer = connection.peer
        try:
            stream = await self._open_tcp(peer)
            secured = None if stream is None else await self._secure(stream, peer, server=False)
            if secured is None:
                self.counters.failed += 1
                return
            self.counters.opened += 1
            await connection.run(secured)
        finally:
            self._remove(connection)

    async def _open_tcp(self, peer: StreamAddress) -> trio.SocketStream | None:
        """A connection to `peer`, an IP literal; None when there is none in `CONNECT_S`."""
        family = trio.socket.AF_INET6 if ":" in peer[0] else trio.socket.AF_INET
        raw = trio.socket.socket(family, trio.socket.SOCK_STREAM)
        try:
            with trio.fail_after(CONNECT_S):
                await raw.connect((peer[0], peer[1]))
            return trio.SocketStream(raw)
        except (OSError, trio.TooSlowError) as error:
            raw.close()
            why = type(error).__name__
            self._sparing.say("sip.connect_failed", trio.current_time(), peer=f"{peer[0]}:{peer[1]}", why=why)
            return None
        except BaseException:
            raw.close()
            raise

    async def _secure(
        self, stream: trio.SocketStream, peer: StreamAddress, *, server: bool
    ) -> trio.abc.Stream | None:
        """The stream to speak SIP over; None, and closed, when the handshake fails."""
        if peer.transport is not Transport.TLS:
            return stream
        if self._tls is None:
            await trio.aclose_forcefully(stream)
            return None
        secured = self._tls.accept(stream) if server else self._tls.connect(stream, peer)
        done = False
        try:
            with trio.move_on_after(HANDSHAKE_S):
                await secured.do_handshake()
                done = True
        except (trio.BrokenResourceError, ssl.SSLError) as error:
            cause = error.__cause__ if isinstance(error, trio.BrokenResourceError) else error
            why = str(cause or error)
            self._sparing.say("sip.tls_failed", trio.current_time(), peer=peer[0], port=peer[1], why=why)
        finally:
            if not done:
                await trio.aclose_forcefully(stream)
        return secured if done else None

    # -- bookkeeping

    def _add(self, peer: StreamAddress) -> Connection:
        connection = Connection(peer, self._heard, self._pause)
        self._flows[peer.flow] = connection
        self._peers[_key(peer)] = connection
        return connection

    def _heard(self, connection: Connection, frame: Frame) -> None:
        assert self._events is not None, "serve has set it"
        self._events.heard(connection.peer, frame)

    def _pause(self, connection: Connection) -> float | None:
        assert self._events is not None, "serve has set it"
        return self._events.pause(connection.peer[0])

    def _remove(self, connection: Connection) -> None:
        connection.open = False
        self._flows.pop(connection.peer.flow, None)
        if self._peers.get(_key(connection.peer)) is connection:
            del self._peers[_key(connection.peer)]
        unsent = [message for _, message in connection.unsent if message is not None]
        connection.unsent.clear()
        if self._events is not None:
            self._events.lost(connection.peer, unsent)


def _key(address: StreamAddress) -> _Key:
    return (address.transport, address[0], address[1], address.name)


async def open_listener(host: str, port: int) -> trio.SocketListener:
    """Listen on `host` (an IP literal) and `port` (0: any). Raises TransportError in one sentence."""
    try:
        (listener,) = await trio.open_tcp_listeners(port, host=host, backlog=1024)
    except OSError as error:
        why = error.strerror or str(error)
        raise TransportError(f"Cannot receive SIP over TCP on {host}:{port}: {why}.") from error
    return listener


async def open_streams(settings: SipSettings, tls: TlsContexts) -> Streams:
    """Listen as the settings say. Raises TransportError."""
    listeners: dict[Transport, trio.SocketListener] = {}
    try:
        if settings.tcp_port is not None:
            listeners[Transport.TCP] = await open_listener(settings.host, settings.tcp_port)
        if settings.tls_port is not None:
            listeners[Transport.TLS] = await open_listener(settings.host, settings.tls_port)
    except BaseException:
        for listener in listeners.values():
            listener.socket.close()
        raise
    return Streams(tls, listeners=listeners)
