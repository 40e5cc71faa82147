"""Where a URL leads, checked before anything is sent: into a private network only where that is allowed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import trio

from aywa.proto.public_ip import is_public

Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[list[str]]]


class PrivateAddressError(Exception):
    """The name leads to an address that may not be asked; `host` says whose."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} leads to an address of a private network")
        self.host = host


async def resolve(host: str, port: int) -> list[str]:
    """Every address of a name. Raises OSError."""
    found = await trio.socket.getaddrinfo(host, port, type=trio.socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def checked_address(
    host: str, port: int, allowed: Sequence[Network], resolve: Resolve = resolve
) -> str:
    """An address to connect to; the one that was checked, so that a second lookup cannot give another.

    Raises OSError when there is none, PrivateAddressError when any of them is not public.
    """
    addresses = await resolve(host, port)
    if not addresses:
        raise OSError(f"{host} has no address")
    for text in addresses:
        if not is_allowed(text, allowed):
            raise PrivateAddressError(host)
    return addresses[0]


def is_allowed(text: str, allowed: Sequence[Network]) -> bool:
    """Whether an address is public or in one of the networks."""
    if is_public(text):
        return True
    address = ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped if mapped is not None else address
    return any(address.version == network.version and address in network for network in allowed)


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """CIDR blocks or single addresses. Raises ValueError."""
    return tuple(ip_network(text, strict=False) for text in texts)
