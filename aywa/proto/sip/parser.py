"""Datagrams to messages (RFC 3261 §7, §18.3, §25).

Strict where a guess would be dangerous (what separates lines, messages, addresses and numbers), lenient where
peers are known to differ (see `uri`, `name_addr`). One exception leaves: ParseError, whose `status_hint` is
the status a request deserves; `refuse.refusal_for` writes that response. A broken response is dropped.
"""

from __future__ import annotations

import re

from aywa.errors import ParseError

from .grammar import TOKEN_CHARACTERS, is_token, parse_number
from .header import MAGIC_COOKIE, parse_retry_after
from .headers import KNOWN, Headers, resolve
from .message import Request, Response, check_typed
from .uri import parse_uri

# A UDP datagram cannot be longer (65,507 over IPv4); 513 is Message Too Large.
MAX_DATAGRAM = 65_535
# Longest torture message (RFC 4475 §3.1.1.7): 59 fields. 256 leaves room for 70 Vias and as many routes.
MAX_HEADERS = 256
# nginx and Apache take 8 KiB a line; Identity and History-Info are the longest SIP fields seen, about 2 KiB.
MAX_LINE = 8192

_SCHEMES = ("sip", "sips", "tel")  # what a Request-URI may be here; others are 416 (§8.2.2.1)
_REQUEST_LINE = re.compile(rf"([{TOKEN_CHARACTERS}]++) ([^ ]++) (SIP/[0-9]++\.[0-9]++)", re.IGNORECASE)
_STATUS_LINE = re.compile(r"(SIP/[0-9]++\.[0-9]++) ([0-9]++)(?: (.*+))?", re.IGNORECASE | re.DOTALL)
_FOLD = re.compile(r"\r\n[ \t]+")
_CONTROLS = bytes(c for c in range(32) if c not in b"\t\r\n") + b"\x7f"
_BARE_CONTROL = re.compile(r"(?<!\\)(?:\\\\)*+[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# One value each by their grammar (§7.3.1); a second one is an attempt to mean two things (RFC 4475 §3.3.8).
_SINGLE = frozenset(("from", "to", "call-id", "cseq", "max-forwards", "content-type", "content-length"))
_CALL_ID = re.compile(r"[!-~\x80-\ud7ff\ue000-\U0010ffff]++")


def is_keepalive(data: bytes) -> bool:
    """True for a datagram that only keeps a NAT open: empty, CRLFs or NULs (RFC 5626 §3.5.1 and habit)."""
    return not data.strip(b"\r\n\x00 ")


def parse_datagram(data: bytes) -> Request | Response:
    """Read one UDP datagram. ParseError if it is not a message that can be acted on.

    Bytes behind the body that Content-Length announces are ignored; a shorter body is refused (§18.3).
    Without Content-Length the body is the rest of the datagram.
    """
    if len(data) > MAX_DATAGRAM:
        raise ParseError("The datagram is too large", where="datagram", status_hint=513)
    data = data.lstrip(b"\r\n")  # §7.5
    head, separator, rest = data.partition(b"\r\n\r\n")
    if not separator:
        raise ParseError("No empty line after the headers", where="datagram")
    start, lines = _split_head(head)
    message = _parse_start_line(start)
    headers = message.headers = _parse_headers(lines)
    check_typed(message)
    call_id = message.call_id
    if _CALL_ID.fullmatch(call_id) is None:
        raise ParseError("Malformed Call-ID", where="Call-ID")
    message.body = _cut_body(headers, rest)
    if isinstance(message, Request):
        _check_request(message)
    elif (retry_after := headers.get("Retry-After")) is not None:
        parse_retry_after(retry_after)
    return message


def _split_head(head: bytes) -> tuple[str, list[str]]:
    """The start line and the unfolded header lines, within the limits and free of stray controls."""
    # Controls are legal only behind a backslash in a quoted string (§25.1 quoted-pair, RFC 4475 §3.1.1.2).
    if len(head.translate(None, _CONTROLS)) != len(head) and _BARE_CONTROL.search(head.decode("latin-1")):
        raise ParseError("A control character", where="datagram")
    text = head.decode("utf-8", "surrogateescape")
    start, _, fields = text.partition("\r\n")
    if "\r\n " in fields or "\r\n\t" in fields:
        fields = _FOLD.sub(" ", fields)
    lines = fields.split("\r\n") if fields else []
    # Each by itself: a bare CR here and a bare LF there are as many as a CRLF has.
    if not text.count("\r") == text.count("\n") == text.count("\r\n") or "\r" in start or "\n" in start:
        raise ParseError("A line does not end in CRLF", where="datagram")
    if len(lines) > MAX_HEADERS:
        raise ParseError("Too many headers", where="datagram", status_hint=513)
    if len(start) > MAX_LINE or (len(fields) > MAX_LINE and max(map(len, lines)) > MAX_LINE):
        raise ParseError("A line is too long", where="datagram", status_hint=513)
    return start, lines


def _parse_start_line(line: str) -> Request | Response:
    """Request-Line (§7.1) or Status-Line (§7.2), separated by exactly one blank."""
    if line[:4].upper() == "SIP/":
        match = _STATUS_LINE.fullmatch(line)
        if match is None:
            raise ParseError("Malformed status line", where="start line")
        version, status, reason = match.groups()
        _check_version(version)
        if len(status) != 3 or not 100 <= int(status) <= 699:
            raise ParseError("The status is not 100 to 699", where="start line")
        return Response(int(status), reason or "")
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise ParseError("Malformed request line", where="start line")
    method, uri_text, version = match.groups()
    _check_version(version)
    try:
        uri = parse_uri(uri_text)
    except ParseError as error:
        raise ParseError(error.detail, where="Request-URI", status_hint=400) from None
    if uri.headers:
        raise ParseError("A Request-URI has no headers", where="Request-URI")  # §19.1.1 table 1
    return Request(method, uri)


def _check_version(version: str) -> None:
    if version.upper() != "SIP/2.0":
        raise ParseError("Only SIP/2.0 is spoken here", where="start line", status_hint=505)


def _parse_headers(lines: list[str]) -> Headers:
    """Header lines to rows; no header of one value may come twice."""
    rows = []
    seen = set()
    for line in lines:
        name, colon, value = line.partition(":")
        row = KNOWN.get(name)
        if row is None:
            name = name.rstrip(" \t")
            row = resolve(name)
            if not colon or not is_token(name):
                raise ParseError("Malformed header line", where="headers")
        elif not colon:
            raise ParseError("Malformed header line", where="headers")
        key = row[0]
        if key in _SINGLE:
            if key in seen:
                raise ParseError(f"{row[1]} is given twice", where=row[1])
            seen.add(key)
        rows.append((key, row[1], value.strip(" \t")))
    return Headers.from_rows(rows)


def _cut_body(headers: Headers, rest: bytes) -> bytes:
    """The body that Content-Length announces (§18.3)."""
    announced = headers.get("Content-Length")
    if announced is None:
        return rest
    length = parse_number(announced, "Content-Length", maximum=MAX_DATAGRAM)
    if length > len(rest):
        raise ParseError("The body is shorter than Content-Length", where="Content-Length")
    return rest[:length]


def _check_request(request: Request) -> None:
    """What a request must have beyond its grammar (§8.2.2)."""
    if request.uri.scheme not in _SCHEMES:
        raise ParseError("The scheme of the Request-URI is not served", where="Request-URI", status_hint=416)
    if request.via.branch in ("", MAGIC_COOKIE):
        # It would make all requests of its sender one transaction; RFC 4475 §3.2.1 allows the 400.
        raise ParseError("A branch without an identifier", where="Via")
    if request.cseq.method != request.method:
        raise ParseError("CSeq counts another method", where="CSeq")
    date = request.headers.get("Date")
    if date is not None and not date.endswith("GMT"):
        raise ParseError("The zone of Date is not GMT", where="Date")  # §20.17, RFC 4475 §3.1.2.12
