"""Where messages go: RFC 3261 §18.2 with RFC 3581 for responses, §8.1.2 and §12.2.1.1 for requests."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TypeAlias

from aywa.proto.sip.message import Request
from aywa.proto.sip.stream_address import StreamAddress, Transport
from aywa.proto.sip.uri import DEFAULT_PORTS, Uri
from aywa.proto.sip.via import Via

Address: TypeAlias = tuple[str, int]  # IP literal and port: of UDP, or a `StreamAddress`
DEFAULT_PORT = 5060


def stamp_source(request: Request, source: Address) -> None:
    """Note `source` in the top Via as `received` and `rport` (§18.2.1, RFC 3581 §4)."""
    top, *below = request.vias
    stamped = top.with_source(*source)
    if stamped != top:
        request.headers.remove("Via")
        for via in reversed((stamped, *below)):
            request.headers.prepend("Via", str(via))


def response_address(request: Request, source: Address) -> Address:
    """Where responses to `request` go: its source, port by rport, else by sent-by (§18.2.2, RFC 3581 §4).

    `maddr` is not followed: it would let a request aim our responses at a third host.
    """
    return reply_address(request.via, source)


def reply_address(via: Via, source: Address) -> Address:
    """Where a response with this top Via goes, to a request that came from `source`.

    Over a stream it goes back by the connection of the request; where that is gone, to the port of sent-by.
    """
    if isinstance(source, StreamAddress):
        return source.at(via.sent_by[1])
    return (source[0], source[1] if via.wants_rport else via.port or DEFAULT_PORT)


def next_hop(uri: Uri, fallback: Address) -> Address:
    """The address a request for `uri` goes to.

    `fallback`, where the peer's messages come from, when the URI names no IP address, or names a private one
    though the peer is seen at a public one: it is behind a NAT and does not know.
    """
    try:
        host = ip_address(uri.host)
    except ValueError:
        return fallback
    if host.is_private and not ip_address(fallback[0].partition("%")[0]).is_private:
        return fallback
    secure = uri.scheme == "sips" or uri.transport == "tls"
    port = uri.port or DEFAULT_PORTS["sips" if secure else "sip"]
    if isinstance(fallback, StreamAddress) and str(host) == fallback[0]:
        return fallback.at(port)  # the connection that is open, before another one
    if secure:
        return StreamAddress(str(host), port, Transport.TLS)
    if uri.transport == "tcp":
        return StreamAddress(str(host), port, Transport.TCP)
    return (str(host), port)
