"""Bodies to session descriptions (RFC 8866 §9), tolerant of what peers leave out or add.

Any line end is taken, lines may come in any order within their section, `s=` and `t=` may be missing, unknown
types are kept. What carries the call (origin, connection, media) must be right.
"""

from __future__ import annotations

import re

from aywa.errors import ParseError

from .description import (
    BEFORE_CONNECTION,
    BEFORE_TIMES,
    Attribute,
    Connection,
    Line,
    MediaDescription,
    Origin,
    SessionDescription,
)

MAX_BYTES = 65_535  # a body is no longer than the datagram it came in
MAX_LINES = 1024  # a browser's offer with three streams and ICE has about 250
MAX_MEDIA = 32

_RANKS = BEFORE_CONNECTION + BEFORE_TIMES
_LINE_END = re.compile(r"\r\n|\r|\n")
_BLANKS = re.compile(r"[ \t]+")  # str.split would take control characters for blanks as well
_MEDIA = re.compile(
    r"([^ \t]{1,32})[ \t]+([0-9]{1,5})(?:/([0-9]{1,5}))?[ \t]+([^ \t]{1,64})[ \t]+([^ \t].*+)"
)
_CONNECTION = re.compile(r"([^ \t]+)[ \t]+([^ \t]+)[ \t]+([^ \t/]{1,255})(?:/[0-9/]*)?[ \t]*")
_ORIGIN = re.compile(r"([^ \t]+)[ \t]+([0-9]{1,32})[ \t]+([0-9]{1,32})[ \t]+([^ \t].*+)")


def parse_sdp(data: bytes | str) -> SessionDescription:
    """Read a session description; ParseError(where="sdp") if it is none."""
    if len(data) > MAX_BYTES:
        raise _error("The description is too long")
    text = data.decode("utf-8", "surrogateescape") if isinstance(data, bytes) else data
    if "\0" in text:
        raise _error("A NUL in the description")
    rows = [line for line in _LINE_END.split(text) if line.strip(" \t")]
    if len(rows) > MAX_LINES:
        raise _error("Too many lines")
    sections: list[list[Line]] = [[]]
    for row in rows:
        if row[1:2] != "=":
            raise _error("A line is not type=value")
        if row[0] == "m":
            sections.append([])
        sections[-1].append((row[0], row[2:]))
    if len(sections) > MAX_MEDIA + 1:
        raise _error("Too many media")
    return _read_session(sections[0], tuple(_read_media(section) for section in sections[1:]))


def _read_session(lines: list[Line], media: tuple[MediaDescription, ...]) -> SessionDescription:
    if not lines or lines[0][0] != "v" or lines[0][1].strip(" \t") != "0":
        raise _error("The description does not begin with v=0")
    origin: Origin | None = None
    connection: Connection | None = None
    attributes: list[Attribute] = []
    name = "-"
    times: list[str] = []
    other: list[Line] = []
    for key, value in lines[1:]:
        match key:
            case "o":
                origin = _read_origin(value)
            case "s":
                name = value
            case "c":
                connection = _read_connection(value)
            case "t":
                times.append(value)
            case "a":
                attributes.append(_read_attribute(value))
            case _:
                other.append((key, value))
    if origin is None:
        raise _error("No o= line")
    return SessionDescription(
        origin, media, connection, tuple(attributes), name, tuple(times) or ("0 0",), _sorted(other)
    )


def _read_media(lines: list[Line]) -> MediaDescription:
    match = _MEDIA.fullmatch(lines[0][1])
    if match is None:
        raise _error("Malformed m= line")
    kind, port, count, protocol, formats = match.groups()
    if int(port) > 65535:
        raise _error("A port above 65535")
    connection: Connection | None = None
    attributes: list[Attribute] = []
    other: list[Line] = []
    for key, value in lines[1:]:
        if key == "c":
            # Several c= lines are layered multicast (§5.7): the first is the base layer.
            connection = connection or _read_connection(value)
        elif key == "a":
            attributes.append(_read_attribute(value))
        else:
            other.append((key, value))
    return MediaDescription(
        kind.lower(),
        int(port),
        protocol,
        tuple(part for part in _BLANKS.split(formats) if part),
        connection,
        tuple(attributes),
        int(count or 1) or 1,
        _sorted(other),
    )


def _read_origin(value: str) -> Origin:
    match = _ORIGIN.fullmatch(value)
    if match is None:
        raise _error("Malformed o= line")
    username, session_id, version, connection = match.groups()
    return Origin(username, int(session_id), int(version), _read_connection(connection))


def _read_connection(value: str) -> Connection:
    match = _CONNECTION.fullmatch(value)
    if match is None:
        raise _error("Malformed address")
    network_type, address_type, address = match.groups()
    return Connection(address, address_type.upper(), network_type.upper())


def _read_attribute(value: str) -> Attribute:
    name, colon, rest = value.partition(":")
    return name.strip(" \t"), rest if colon else None


def _sorted(lines: list[Line]) -> tuple[Line, ...]:
    """Unread lines in the order in which they print; lines of one rank keep theirs."""
    return tuple(sorted(lines, key=lambda line: _RANKS.find(line[0]) if line[0] in _RANKS else len(_RANKS)))


def _error(detail: str) -> ParseError:
    return ParseError(detail, where="sdp")
