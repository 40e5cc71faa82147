"""What a message must say about the transport it leaves by (RFC 3261 §18.1.1, §18.2.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from aywa.proto.sip.header import NameAddr
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.routing import Address
from aywa.proto.sip.stream_address import StreamAddress, Transport, transport_of

MAX_UDP_REQUEST = 1300  # bytes; a longer request must not be fragmented by IP (§18.1.1)


class Departures:
    """Writes Via and Contact for the way a message takes. `local`: where peers reach us, by transport.

    `stream_to` names a stream to the peer at a UDP address, or None where no stream is known to lead to it.
    """

    def __init__(
        self,
        local: Mapping[Transport, Address],
        stream_to: Callable[[Address], StreamAddress | None] | None = None,
    ) -> None:
        self._local = local
        self._stream_to = stream_to

    def prepare(self, message: Request | Response, destination: Address) -> Address:
        """Set `message` up for `destination`, and say where it goes: a long request takes a stream."""
        if not isinstance(destination, StreamAddress):
            if not isinstance(message, Request) or self._stream_to is None:
                return destination
            # A CANCEL is short, and follows the INVITE whose Via it repeats (§9.1).
            if message.via.transport == Transport.UDP.value and len(message.encode()) <= MAX_UDP_REQUEST:
                return destination
            stream = self._stream_to(destination)
            if stream is None:
                return destination
            destination = stream
        self._stamp(message, destination)
        return destination

    def _stamp(self, message: Request | Response, destination: StreamAddress) -> None:
        transport = transport_of(destination)
        ours = self._local[Transport.UDP]
        host, port = self._local.get(transport, ours)
        if isinstance(message, Request):
            top, *below = message.vias
            if top.transport != transport.value:
                message.headers.remove("Via")
                for via in reversed((replace(top, transport=transport.value, host=host, port=port), *below)):
                    message.headers.prepend("Via", str(via))
        scheme = "sips" if isinstance(message, Request) and message.uri.scheme == "sips" else "sip"
        contacts = []
        for contact in message.contacts:
            uri = contact.uri
            if (uri.host, uri.effective_port) == ours:
                parameters = {**uri.parameters, "transport": transport.value.lower()}
                uri = replace(uri, scheme=scheme, host=host, port=port, parameters=parameters)
            contacts.append(NameAddr(contact.display, uri, contact.parameters))
        if contacts != list(message.contacts):
            message.headers.set("Contact", ", ".join(map(str, contacts)))
