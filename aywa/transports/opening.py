"""Opens the listeners that the settings name."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

import trio

from aywa.errors import ConfigError, Gap
from aywa.settings import TransportSettings
from aywa.transports.asterisk_ws import AsteriskWsLink
from aywa.transports.audiosocket import AudioSocketLink
from aywa.transports.basic_auth import Door
from aywa.transports.counters import StreamCounters
from aywa.transports.listener import Around, Kind, StreamListener, open_port
from aywa.transports.session import StreamCall
from aywa.ua.trunk import Trunks

AUDIOSOCKET, ASTERISK_WS = "audiosocket", "asterisk-ws"


@dataclass(frozen=True, slots=True)
class Transports:
    """The listeners that are open, by name, and what became of their connections."""

    listeners: tuple[StreamListener, ...]
    counters: StreamCounters

    @property
    def addresses(self) -> dict[str, tuple[str, int]]:
        """Where each is reached."""
        return {listener.kind.name: listener.local for listener in self.listeners}


@asynccontextmanager
async def open_transports(
    settings: TransportSettings,
    *,
    trunks: Trunks,
    media_host: str,
    rng: Random,
    on_call: Callable[[StreamCall], Awaitable[None]],
    overloaded: Callable[[str], bool],
) -> AsyncIterator[Transports]:
    """Listen for as long as the block runs; calls that are still up then end with it.

    `on_call` has a call until it is over. `media_host`: what the engine binds. Raises ConfigError for a
    certificate that cannot be used and TransportError for a port that cannot be bound.
    """
    around = Around(
        trunks=trunks,
        take=on_call,
        overloaded=overloaded,
        media_host="127.0.0.1" if media_host == "0.0.0.0" else media_host,
        max_connections=settings.max_connections,
        rng=rng,
        counters=StreamCounters(),
    )
    listeners: list[StreamListener] = []
    try:
        for kind, host, port in _kinds(settings):
            listeners.append(StreamListener(kind, await open_port(host, port, kind.name), around))
        async with trio.open_nursery() as nursery:
            for listener in listeners:
                nursery.start_soon(listener.serve, name=listener.kind.name)
            try:
                yield Transports(tuple(listeners), around.counters)
            finally:
                nursery.cancel_scope.cancel()
    finally:
        for listener in listeners:
            listener.close()


def _kinds(settings: TransportSettings) -> list[tuple[Kind, str, int]]:
    kinds = []
    if settings.audiosocket_port is not None:
        kinds.append(
            (Kind(AUDIOSOCKET, AudioSocketLink), settings.audiosocket_host, settings.audiosocket_port)
        )
    if settings.ws_port is not None:
        door = Door(settings.ws_path, settings.ws_user, settings.ws_password)
        tls = _load_tls(settings) if settings.ws_tls_cert else None
        kind = Kind(
            ASTERISK_WS, lambda stream, host: AsteriskWsLink(stream, host, door), settings.ws_user, tls
        )
        kinds.append((kind, settings.ws_host, settings.ws_port))
    return kinds


def _load_tls(settings: TransportSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.ws_tls_cert, settings.ws_tls_key or None)
    except OSError as error:  # ssl.SSLError is one
        rule = f"cannot be used with its key: {error.strerror or error}"
        raise ConfigError([Gap("RUNTIME_ASTERISK_WS_TLS_CERT", rule, "/etc/aywa/ws.pem")]) from error
    return context
