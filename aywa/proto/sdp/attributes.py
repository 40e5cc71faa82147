"""Attributes that audio needs: fmtp, ptime, maxptime, rtcp, direction (RFC 8866 §6, RFC 3605).

A malformed attribute counts as absent: §5.13 has receivers ignore what they do not understand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from ipaddress import AddressValueError, IPv4Address

from .description import Attribute, MediaDescription, SessionDescription

_RTCP = re.compile(r"[ \t]*([0-9]{1,5})(?:[ \t]+IN[ \t]+(IP[46])[ \t]+([0-9A-Fa-f:.]+))?[ \t]*")
_MILLISECONDS = re.compile(r"[ \t]*([0-9]{1,4})(?:\.[0-9]+)?[ \t]*")


class Direction(Enum):
    """Who sends, as the writer of the description sees it (§6.7)."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @classmethod
    def of(cls, *, sends: bool, receives: bool) -> Direction:
        """The direction of a writer that does these."""
        return _BY_FLAGS[sends, receives]

    @property
    def sends(self) -> bool:
        """True if the writer sends."""
        return self in (Direction.SENDRECV, Direction.SENDONLY)

    @property
    def receives(self) -> bool:
        """True if the writer receives."""
        return self in (Direction.SENDRECV, Direction.RECVONLY)

    @property
    def reversed(self) -> Direction:
        """The same, as the reader sees it."""
        return Direction.of(sends=self.receives, receives=self.sends)


_BY_FLAGS = {
    (True, True): Direction.SENDRECV,
    (True, False): Direction.SENDONLY,
    (False, True): Direction.RECVONLY,
    (False, False): Direction.INACTIVE,
}


def first(attributes: Iterable[Attribute], name: str) -> str | None:
    """The value of the first attribute of this name that has one."""
    return next((value for key, value in attributes if key == name and value is not None), None)


def fmtp_of(medium: MediaDescription, payload_type: int) -> str | None:
    """The format parameters of a payload type: `0-15` for telephone-event."""
    for name, value in medium.attributes:
        if name == "fmtp" and value is not None:
            key, _, parameters = value.strip(" \t").partition(" ")
            if key == str(payload_type):
                return parameters.strip(" \t")
    return None


def direction_of(session: SessionDescription, medium: MediaDescription) -> Direction:
    """The stream's direction, else the session's, else sendrecv; not yet looking at the address (hold)."""
    for attributes in (medium.attributes, session.attributes):
        for name, value in attributes:
            if value is None and name in _DIRECTIONS:
                return Direction(name)
    return Direction.SENDRECV


_DIRECTIONS = {direction.value for direction in Direction}


def milliseconds_of(medium: MediaDescription, name: str) -> int | None:
    """`ptime` or `maxptime` in whole milliseconds, 1 to 9999; None if absent or unreadable."""
    value = first(medium.attributes, name)
    match = _MILLISECONDS.fullmatch(value) if value else None
    return int(match[1]) or None if match else None


def has_flag(medium: MediaDescription, name: str) -> bool:
    """True if the stream has this attribute, with or without a value."""
    return any(key == name for key, _ in medium.attributes)


def rtcp_of(medium: MediaDescription, remote: tuple[str, int]) -> tuple[str, int] | None:
    """Where RTCP goes: the rtcp attribute, else the port above (RFC 3605 §2.1, RFC 3550 §11).

    `remote` is where RTP goes. None if the attribute names no IPv4 host, or there is no port above.
    """
    value = first(medium.attributes, "rtcp")
    match = _RTCP.fullmatch(value) if value else None
    host, port = remote[0], remote[1] + 1
    if match is not None:
        port = int(match[1])
        if match[2] is not None:
            try:
                address = IPv4Address(match[3])
            except AddressValueError:
                return None
            if address.is_multicast or address.is_unspecified:
                return None
            host = str(address)
    return (host, port) if 0 < port < 65536 else None
