"""SIP messages with what must not be kept blanked, at the same length: offsets and Content-Length stay true.

Broken messages are read as well: a line that cannot be told is blanked where numbers are not to be kept.
"""

from __future__ import annotations

import re

_FLAGS = re.IGNORECASE
# Answers to a challenge; rspauth is made of the password too (RFC 7616 section 3.5).
_CREDENTIALS = frozenset((b"authorization", b"proxy-authorization", b"authentication-info"))
# Keys in a description: RFC 4568, RFC 4567, RFC 4566 section 5.12, and the passwords of ICE.
_KEYS = re.compile(
    rb"(?<![^\r\n])(a=crypto:[^\r\n]*?inline:|a=crypto:|a=key-mgmt:|a=ice-pwd:|k=)([^\r\n]*)", _FLAGS
)
# Values that say how a message travels, and nothing about who calls; compact names as in section 20.
_PLAIN = frozenset(
    b"via v call-id i cseq max-forwards content-length l content-type c content-disposition content-encoding "
    b"e accept accept-encoding accept-language allow supported k require proxy-require unsupported expires "
    b"min-expires session-expires x min-se rseq rack event o retry-after reason date timestamp user-agent "
    b"server mime-version www-authenticate proxy-authenticate".split()
)
_ADDRESSES = frozenset(
    (b"from", b"f", b"to", b"t", b"contact", b"m", b"route", b"record-route", b"refer-to", b"r")
)
_SDP = re.compile(rb"[\r\n](?:content-type|c)[ \t]*:[ \t]*application/sdp\b", _FLAGS)
# Peers that end lines by halves are read too: what is not understood must not slip through.
_HEAD_END = re.compile(rb"\r\n\r\n|\n\r?\n|\r\r|$(?![\s\S])")
_LINE_END = re.compile(rb"(\r\n|[\r\n])")
_NAMED_LINES = re.compile(rb"(?<![^\r\n])(o=|[siuep]=)([^ \r\n]*)([^\r\n]*)")
_QUOTED = re.compile(rb'"((?:\\.|[^"\\])*)"')
_DISPLAY = re.compile(rb"[^<>]+(?=<)")
_USER = re.compile(rb"(sips?:)([^@<>\"\s]*)(?=@)", _FLAGS)
_TELEPHONE = re.compile(rb"(tel:)([^<>;,\s]*)", _FLAGS)
_SEEN = re.compile(rb"[^\s\",]")


def redacted(message: bytes, *, numbers: bool) -> bytes:
    """Without answers to challenges and without keys; `numbers` also without the user parts of addresses,
    names, headers that are not known to be harmless, and bodies other than descriptions: they may hold keys
    that were pressed.
    """
    start = len(message) - len(message.lstrip(b"\r\n"))
    end = _HEAD_END.search(message, start)
    assert end is not None, "the end of the message is one"
    head, body = message[start : end.start()], message[end.start() :]
    lines = _LINE_END.split(head)  # every other one is a line's end
    if numbers:
        lines[0] = _without_users(lines[0])
    header = b""
    for at in range(2, len(lines), 2):
        name, colon, _ = lines[at].partition(b":")
        if lines[at][:1] not in (b" ", b"\t"):  # else it goes on with the header before (section 7.3.1)
            header = name.strip().lower() if colon else b""
        lines[at] = _line(lines[at], header, numbers=numbers)
    if numbers:
        body = _without_names(body) if _SDP.search(head) else _blank(body)
    return message[:start] + _KEYS.sub(_second, b"".join(lines) + body)


def _line(line: bytes, header: bytes, *, numbers: bool) -> bytes:
    """One line of `header`, or of none that could be read."""
    if header in _CREDENTIALS:
        return _value(line, header)
    if not numbers or header in _PLAIN:
        return line
    return _without_users(line) if header in _ADDRESSES else _value(line, header)


def _value(line: bytes, header: bytes) -> bytes:
    """All after the name; of a line that goes on, all."""
    name, colon, value = line.partition(b":")
    named = bool(colon) and name.strip().lower() == header
    return name + colon + _blank(value) if named else _blank(line)


def _without_users(value: bytes) -> bytes:
    name, colon, rest = value.partition(b":")
    rest = _QUOTED.sub(lambda found: b'"' + b"x" * len(found[1]) + b'"', rest)
    whole = name + colon + _DISPLAY.sub(lambda found: _blank(found[0]), rest)
    # A telephone number stays one, or readers would refuse the header.
    return _TELEPHONE.sub(lambda found: found[1] + b"0" * len(found[2]), _USER.sub(_second, whole))


def _without_names(body: bytes) -> bytes:
    """Of a description: who made it (RFC 4566 sections 5.2 to 5.6); the numbers and address of o= stay."""

    def blanked(found: re.Match[bytes]) -> bytes:
        if found[1] == b"o=":
            return found[1] + _blank(found[2]) + found[3]
        return found[1] + _blank(found[2] + found[3])

    return _NAMED_LINES.sub(blanked, body)


def _second(found: re.Match[bytes]) -> bytes:
    return found[1] + _blank(found[2])


def _blank(text: bytes) -> bytes:
    return _SEEN.sub(b"x", text)
