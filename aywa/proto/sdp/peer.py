"""Where and in what direction the peer wants audio, by its description."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address

from .attributes import Direction, direction_of
from .audio import UNSPECIFIED, NoCommonCodec
from .description import MediaDescription, SessionDescription


def remote_of(description: SessionDescription, medium: MediaDescription) -> tuple[str, int]:
    """The peer's RTP address: the stream's connection, else the session's (RFC 8866 §5.7). NoCommonCodec if
    it is not one IPv4 host's.
    """
    connection = medium.connection or description.connection
    if connection is None or connection.network_type != "IN":
        raise NoCommonCodec("The audio stream has no address")
    if connection.address_type != "IP4":
        raise NoCommonCodec("Only IPv4 media is served here")
    try:
        address = IPv4Address(connection.address)
    except AddressValueError:
        # A host name is legal (RFC 8866 §5.7), but no peer that is served here sends one.
        raise NoCommonCodec("The address of the audio stream is not an IPv4 address") from None
    if address.is_multicast:
        raise NoCommonCodec("Multicast audio is not served")
    return str(address), medium.port


def their_direction(description: SessionDescription, medium: MediaDescription) -> Direction:
    """The peer's direction; an unspecified address means that it does not receive (RFC 3264 §8.4)."""
    direction = direction_of(description, medium)
    if remote_of(description, medium)[0] == UNSPECIFIED:
        return Direction.of(sends=direction.sends, receives=False)
    return direction


def our_direction(theirs: Direction, wanted: Direction) -> Direction:
    """This side's direction: what it wants and the peer's allows."""
    return Direction.of(sends=theirs.receives and wanted.sends, receives=theirs.sends and wanted.receives)
