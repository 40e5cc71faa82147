"""Session descriptions (RFC 8866 §5) as values.

```
v=0                                    o=  origin: who, which session, which version of it
o=- 7001 2 IN IP4 192.0.2.1            c=  where media goes; a medium's own wins over the session's
s=-                                    a=  attributes, kept in order and unread (see `attributes`)
c=IN IP4 192.0.2.1                     m=  one stream: kind, port, protocol, formats
t=0 0
m=audio 16384 RTP/AVP 0 101
a=rtpmap:101 telephone-event/8000
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from aywa.errors import LocalProtocolError

Attribute: TypeAlias = tuple[str, str | None]  # `a=sendrecv` -> ("sendrecv", None)
Line: TypeAlias = tuple[str, str]  # a line that is kept but not read: ("b", "AS:64")

# §5: the order of types; what is unknown goes before the attributes.
BEFORE_CONNECTION = "iuep"
BEFORE_TIMES = "b"
_SECRET_ATTRIBUTES = ("crypto", "key-mgmt")  # RFC 4568, RFC 4567
_SECRET_LINE = "k"  # RFC 4566 §5.12, abolished by RFC 8866


@dataclass(frozen=True, slots=True)
class Connection:
    """A `c=` line without multicast suffix. `address` is an IP address or a host name."""

    address: str
    address_type: str = "IP4"
    network_type: str = "IN"

    @classmethod
    def of_host(cls, host: str) -> Connection:
        """The connection of an IP address."""
        return cls(host, "IP6" if ":" in host else "IP4")

    def __str__(self) -> str:
        return f"{self.network_type} {self.address_type} {self.address}"


@dataclass(frozen=True, slots=True)
class Origin:
    """An `o=` line. `version` grows by one with each change of the description (RFC 3264 §8)."""

    username: str
    session_id: int
    version: int
    connection: Connection

    def __str__(self) -> str:
        return f"{self.username} {self.session_id} {self.version} {self.connection}"


@dataclass(frozen=True, slots=True)
class MediaDescription:
    """One stream. `port` 0 means refused or ended (RFC 3264 §6). Formats are texts: not all are RTP."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    connection: Connection | None = None
    attributes: tuple[Attribute, ...] = ()
    port_count: int = 1
    other: tuple[Line, ...] = ()

    def __repr__(self) -> str:
        """For people: the m= line and the attributes, without keys."""
        lines = _printable(self.lines())
        return f"<MediaDescription {'; '.join(lines)}>"

    def lines(self) -> Iterator[str]:
        """The lines of this stream, without line ends."""
        count = f"/{self.port_count}" if self.port_count > 1 else ""
        yield f"m={self.kind} {self.port}{count} {self.protocol} {' '.join(self.formats)}"
        yield from _pick(self.other, "i")
        if self.connection is not None:
            yield f"c={self.connection}"
        yield from _omit(self.other, "i")
        yield from _attribute_lines(self.attributes)


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """A whole description. `other` holds i, u, e, p, b, r, z, k and unknown lines in the order they print."""

    origin: Origin
    media: tuple[MediaDescription, ...] = ()
    connection: Connection | None = None
    attributes: tuple[Attribute, ...] = ()
    name: str = "-"
    times: tuple[str, ...] = ("0 0",)
    other: tuple[Line, ...] = ()

    def __repr__(self) -> str:
        """For people: all lines, without keys."""
        return f"<SessionDescription {'; '.join(_printable(self.lines()))}>"

    def lines(self) -> Iterator[str]:
        """All lines in the order of §5, without line ends."""
        yield "v=0"
        yield f"o={self.origin}"
        yield f"s={self.name}"
        yield from _pick(self.other, BEFORE_CONNECTION)
        if self.connection is not None:
            yield f"c={self.connection}"
        yield from _pick(self.other, BEFORE_TIMES)
        for time in self.times:
            yield f"t={time}"
        yield from _omit(self.other, BEFORE_CONNECTION + BEFORE_TIMES)
        yield from _attribute_lines(self.attributes)
        for medium in self.media:
            yield from medium.lines()

    def __str__(self) -> str:
        """The description with CRLF line ends. LocalProtocolError if a value has a line break."""
        lines = list(self.lines())
        if any("\r" in line or "\n" in line or "\0" in line for line in lines):
            raise LocalProtocolError("A line break in a session description")
        return "\r\n".join(lines) + "\r\n"

    def encode(self) -> bytes:
        """The description as a body of application/sdp."""
        try:
            return str(self).encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise LocalProtocolError("A value of a session description is not text") from None


def _printable(lines: Iterable[str]) -> Iterator[str]:
    """The lines with the values of keys left out."""
    for line in lines:
        kind, _, rest = line.partition("=")
        name = rest.partition(":")[0].strip(" \t").lower()
        if kind == _SECRET_LINE:
            yield "k=<redacted>"
        elif kind == "a" and name in _SECRET_ATTRIBUTES:
            yield f"a={name}:<redacted>"
        else:
            yield line


def _pick(lines: Iterable[Line], types: str) -> Iterator[str]:
    return (f"{key}={value}" for key, value in lines if key in types)


def _omit(lines: Iterable[Line], types: str) -> Iterator[str]:
    return (f"{key}={value}" for key, value in lines if key not in types)


def _attribute_lines(attributes: Iterable[Attribute]) -> Iterator[str]:
    return (f"a={name}" if value is None else f"a={name}:{value}" for name, value in attributes)
