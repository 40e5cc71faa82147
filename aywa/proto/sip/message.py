"""Requests and responses (RFC 3261 §7).

Headers hold the text; the properties read it into types, once per change. On a message from `parse_datagram`
no property here raises. On one built by hand a missing mandatory header raises LocalProtocolError and a
malformed value ParseError.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from aywa.errors import LocalProtocolError, ParseError

from .grammar import check_line, is_token, parse_number
from .header import (
    CSeq,
    NameAddr,
    Via,
    parse_content_type,
    parse_cseq,
    parse_name_addr,
    parse_name_addrs,
    parse_vias,
)
from .headers import Headers
from .uri import Uri

__all__ = ["Headers", "Message", "Request", "Response"]


class Message(ABC):
    """What requests and responses share."""

    __slots__ = ()

    headers: Headers
    body: bytes

    @property
    def vias(self) -> list[Via]:
        """All hops, the last one first."""
        return self.headers.typed("via", _read_vias)

    @property
    def via(self) -> Via:
        """The top Via: the last hop of a request, the next one of a response."""
        vias = self.vias
        if not vias:
            raise LocalProtocolError("The message has no Via")
        return vias[0]

    @property
    def from_(self) -> NameAddr:
        """The logical caller, with its tag."""
        return self.headers.typed("from", _read_from)

    @property
    def to(self) -> NameAddr:
        """The logical callee, with its tag inside a dialog."""
        return self.headers.typed("to", _read_to)

    @property
    def cseq(self) -> CSeq:
        """Sequence number and method."""
        return self.headers.typed("cseq", _read_cseq)

    @property
    def call_id(self) -> str:
        """The Call-ID, compared byte by byte (§20.8)."""
        return _mandatory(self.headers, "Call-ID")

    @property
    def contacts(self) -> list[NameAddr]:
        """All Contact addresses; none for `Contact: *`."""
        return self.headers.typed("contact", _read_contacts)

    @property
    def contact(self) -> NameAddr | None:
        """The first Contact address: the remote target (§12.1)."""
        contacts = self.contacts
        return contacts[0] if contacts else None

    @property
    def content_type(self) -> str | None:
        """`type/subtype` of the body in lower case, without parameters."""
        return self.headers.typed("content-type", _read_content_type)

    @property
    def max_forwards(self) -> int | None:
        """Hops left, 0 to 255; None if the header is missing, which RFC 2543 peers may."""
        return self.headers.typed("max-forwards", _read_max_forwards)

    @property
    def routes(self) -> list[NameAddr]:
        """The Route set still to visit."""
        return self.headers.typed("route", _read_routes)

    @property
    def record_routes(self) -> list[NameAddr]:
        """The proxies that want to stay in the path, the last one first."""
        return self.headers.typed("record-route", _read_record_routes)

    @property
    def allow(self) -> list[str]:
        """The methods the sender takes."""
        return self.headers.tokens_of("Allow")

    @property
    def supported(self) -> list[str]:
        """The option tags the sender understands, lower case."""
        return [tag.lower() for tag in self.headers.tokens_of("Supported")]

    @property
    def require(self) -> list[str]:
        """The option tags the receiver must understand, lower case; else 420."""
        return [tag.lower() for tag in self.headers.tokens_of("Require")]

    @abstractmethod
    def start_line(self) -> str:
        """The first line without its CRLF."""

    def encode(self) -> bytes:
        """The message as a datagram.

        Header values that were parsed leave as the bytes they came as (unfolded), in their order;
        Content-Length is always the body's. LocalProtocolError if the start line cannot be written.
        """
        lines = [self.start_line()]
        lines += [f"{name}: {value}" for name, value in self.headers.items() if name != "Content-Length"]
        lines.append(f"Content-Length: {len(self.body)}\r\n\r\n")
        try:
            # surrogateescape: a byte that was not UTF-8 on arrival leaves as that byte.
            return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body
        except UnicodeEncodeError:
            raise LocalProtocolError("A header value is not text") from None


@dataclass(slots=True)
class Request(Message):
    """A request: `INVITE sip:8001@192.0.2.1 SIP/2.0`."""

    method: str
    uri: Uri
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)  # it may hold keys

    def start_line(self) -> str:
        """Method, Request-URI, version."""
        if not is_token(self.method):
            raise LocalProtocolError("The method is not a token")
        return f"{self.method} {self.uri} SIP/2.0"


@dataclass(slots=True)
class Response(Message):
    """A response: `SIP/2.0 200 OK`. `status` is 100 to 699."""

    status: int
    reason: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = field(default=b"", repr=False)  # it may hold keys

    @property
    def provisional(self) -> bool:
        """True for 1xx."""
        return self.status < 200

    @property
    def success(self) -> bool:
        """True for 2xx."""
        return 200 <= self.status < 300

    def start_line(self) -> str:
        """Version, status, reason."""
        if not 100 <= self.status <= 699:
            raise LocalProtocolError("A status is 100 to 699")
        return f"SIP/2.0 {self.status} {check_line(self.reason, 'reason phrase')}"


def _mandatory(headers: Headers, name: str) -> str:
    value = headers.get(name)
    if value is None:
        raise LocalProtocolError(f"The message has no {name}")
    return value


def _read_vias(headers: Headers) -> list[Via]:
    return [via for value in headers.get_all("Via") for via in parse_vias(value)]


def _read_from(headers: Headers) -> NameAddr:
    return parse_name_addr(_mandatory(headers, "From"), "From")


def _read_to(headers: Headers) -> NameAddr:
    return parse_name_addr(_mandatory(headers, "To"), "To")


def _read_cseq(headers: Headers) -> CSeq:
    return parse_cseq(_mandatory(headers, "CSeq"))


def _read_contacts(headers: Headers) -> list[NameAddr]:
    values = headers.get_all("Contact")
    return (
        []
        if values == ["*"]
        else [address for value in values for address in parse_name_addrs(value, "Contact")]
    )


def _read_routes(headers: Headers) -> list[NameAddr]:
    return [address for value in headers.get_all("Route") for address in parse_name_addrs(value, "Route")]


def _read_record_routes(headers: Headers) -> list[NameAddr]:
    values = headers.get_all("Record-Route")
    return [address for value in values for address in parse_name_addrs(value, "Record-Route")]


def _read_content_type(headers: Headers) -> str | None:
    value = headers.get("Content-Type")
    return None if value is None else parse_content_type(value).essence


def _read_max_forwards(headers: Headers) -> int | None:
    value = headers.get("Max-Forwards")
    return None if value is None else parse_number(value, "Max-Forwards", maximum=255)


def check_typed(message: Message) -> None:
    """Read every typed header once, so that no property raises later; ParseError with the first fault."""
    headers = message.headers
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        if headers.get(name) is None:
            raise ParseError(f"{name} is missing", where=name)
    _ = message.vias, message.from_, message.to, message.cseq, message.contacts, message.max_forwards
    _ = message.routes, message.record_routes, message.content_type
