"""The response that a broken request deserves, out of what can still be read of it (RFC 3261 §8.2, §18.3)."""

from __future__ import annotations

import re
from dataclasses import replace

from aywa.errors import LocalProtocolError, ParseError

from .grammar import TOKEN_CHARACTERS, is_token, split_list
from .headers import resolve
from .message import Response
from .name_addr import parse_name_addr
from .parser import MAX_HEADERS
from .status import reason_phrase
from .via import Via, parse_via

_READ_AT_MOST = 16_384  # bytes of a broken datagram that are looked at: no response needs more
_BRANCH = re.compile(rf";[ \t]*+branch[ \t]*+=[ \t]*+([{TOKEN_CHARACTERS}]++)", re.IGNORECASE)
_COPIED = ("From", "To", "Call-ID", "CSeq")


def refusal_for(data: bytes, error: ParseError, *, to_tag: str | None = None) -> Response | None:
    """The response to a request that `parse_datagram` refused with `error`; None if none may be sent.

    None for a response, an ACK (§17.1.1.3: never answered) and what has no readable top Via. Headers that
    cannot be copied safely are left out; `to_tag` goes into a readable To without one (§8.2.6.2). The caller
    sends it statelessly to `response.via.with_source(...)`.
    """
    head = data[:_READ_AT_MOST].lstrip(b"\r\n").partition(b"\r\n\r\n")[0].decode("utf-8", "surrogateescape")
    start, *lines = _unfold(head)
    method = start.split(" ")[0]
    if not is_token(method) or method == "ACK" or "SIP/" not in start.upper() or start[:4].upper() == "SIP/":
        return None
    vias: list[str] = []
    copied: dict[str, str] = {}
    for line in lines[:MAX_HEADERS]:
        name, colon, value = line.partition(":")
        printed = resolve(name.strip(" \t"))[1]
        if not colon or "\r" in value or "\n" in value:
            continue
        if printed == "Via":
            vias.append(value)
        elif printed in _COPIED:
            copied.setdefault(printed, value)
    if to_tag is not None and "To" in copied:
        copied["To"] = _tagged(copied["To"], to_tag)
    hops = _readable_hops(vias)
    if not hops:
        return None
    response = Response(error.status_hint, reason_phrase(error.status_hint))
    for name, value in [*(("Via", hop) for hop in hops), *((n, copied[n]) for n in _COPIED if n in copied)]:
        response.headers.add(name, value)
    if error.where:
        # Says what to mend; the words are ours, so nothing of the request is echoed unread.
        response.headers.add("Warning", f'399 aywa "{error.where}: {error.detail}"')
    return response


def _tagged(to: str, tag: str) -> str:
    """`to` with a tag, where it can be read and written again."""
    try:
        address = parse_name_addr(to)
        return to if address.tag else str(address.with_tag(tag))
    except (ParseError, LocalProtocolError):
        return to


def _readable_hops(vias: list[str]) -> list[str]:
    """The hops down to the first that cannot be read: a response finds its way by the top one alone.

    Of a broken top hop, what can be read of it: RFC 4475 §3.1.2.1 wants its sender told.
    """
    hops: list[str] = []
    try:
        for value in vias:
            for hop in split_list(value, "Via"):
                parse_via(hop)
                hops.append(hop)
    except ParseError:
        pass
    return hops or [str(hop) for hop in _salvaged(vias[:1])]


def _salvaged(vias: list[str]) -> list[Via]:
    """Transport, host and port of a hop whose parameters are broken, and its branch if it has one."""
    try:
        hops = [parse_via(value.partition(";")[0].partition(",")[0]) for value in vias]
    except ParseError:
        return []
    branch = _BRANCH.search(vias[0]) if vias else None
    return [replace(hop, parameters={"branch": branch[1]} if branch else {}) for hop in hops]


def _unfold(head: str) -> list[str]:
    """Lines of a head with continuation lines joined to the line before."""
    lines: list[str] = []
    for line in head.split("\r\n"):
        if line[:1] in (" ", "\t") and lines:
            lines[-1] += " " + line.strip(" \t")
        else:
            lines.append(line)
    return lines
