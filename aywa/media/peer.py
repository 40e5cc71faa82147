"""Addresses as the engine has them: an IPv4 address and a port in one word."""

from __future__ import annotations

from enum import Enum
from ipaddress import AddressValueError, IPv4Address

from aywa.errors import MediaError


class NatPolicy(Enum):
    """Whose packets may take the place of the description's address, while that one is silent.

    `OFF`: nobody's. `SIGNALLING`: those from the IP address that the signalling came from. `ANY`: anybody's.
    """

    OFF = "off"
    SIGNALLING = "signalling"
    ANY = "any"


def packed_host(host: str) -> int:
    """An IPv4 address as a number. Raises MediaError for anything else."""
    try:
        return int(IPv4Address(host))
    except AddressValueError as error:
        raise MediaError("the remote media address is no IPv4 address") from error


def packed_peer(remote: tuple[str, int] | None) -> int:
    """An IPv4 address and port as the engine's one word, 0 for None. Raises MediaError for anything else."""
    return 0 if remote is None else packed_host(remote[0]) << 16 | remote[1]


def unpacked_peer(word: int) -> tuple[str, int]:
    """The IPv4 address and port that the engine's word stands for."""
    return str(IPv4Address(word >> 16)), word & 0xFFFF
