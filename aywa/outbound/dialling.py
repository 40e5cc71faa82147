"""Dials judged addresses: looks a name up, judges every answer, and connects to the very addresses it judged.

A name that changes its mind between judgement and connection gains nothing: it is not asked again.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TypeAlias

import httpcore
import trio

from aywa.errors import OutboundError, OutboundFault
from aywa.proto.outbound_rules import OutboundRules

Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]  # raises OSError
# (address, port, seconds): raises httpcore.ConnectError or ConnectTimeout
Dial: TypeAlias = Callable[[str, int, float], Awaitable[httpcore.AsyncNetworkStream]]
ADDRESS_S = 3.0  # what one of several addresses may take before the next is tried
MAX_ADDRESSES = 8  # of one name
_RESOLVERS = trio.CapacityLimiter(16)  # a resolver that hangs holds up nobody else's worker threads


async def resolve(host: str, port: int) -> list[str]:
    """Every address that the system knows of a name. Raises OSError."""
    look = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = await trio.to_thread.run_sync(look, limiter=_RESOLVERS, abandon_on_cancel=True)
    except UnicodeError as error:
        raise OSError("no name") from error
    return [str(entry[4][0]) for entry in found]


async def dial(address: str, port: int, bound_s: float) -> httpcore.AsyncNetworkStream:
    """Connect to an address."""
    stream: httpcore.AsyncNetworkStream = await httpcore.TrioBackend().connect_tcp(
        address, port, timeout=bound_s
    )
    return stream


class JudgedBackend(httpcore.AsyncNetworkBackend):
    """The network as the rules let it be seen."""

    def __init__(self, rules: OutboundRules, resolve: Resolve = resolve, dial: Dial = dial) -> None:
        self._rules = rules
        self._resolve = resolve
        self._dial = dial

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first judged address that answers, all within `timeout` seconds.

        Raises OutboundError, httpcore.ConnectError and httpcore.ConnectTimeout.
        """
        bound_s = ADDRESS_S if timeout is None else timeout
        with trio.move_on_after(bound_s):
            try:
                found = await self._resolve(host, port)
            except OSError as error:
                raise OutboundError("the host has no address", OutboundFault.UNRESOLVED) from error
            addresses = self._rules.judge(host, found)[:MAX_ADDRESSES]
            for address in addresses[:-1]:
                try:
                    return await self._dial(address, port, min(ADDRESS_S, bound_s))
                except (httpcore.ConnectError, httpcore.ConnectTimeout):
                    continue
            return await self._dial(addresses[-1], port, bound_s)
        raise httpcore.ConnectTimeout

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """No URL leads to one."""
        raise OutboundError("no socket of this host is asked", OutboundFault.REFUSED)

    async def sleep(self, seconds: float) -> None:
        """Between the pool's own attempts."""
        await trio.sleep(seconds)
