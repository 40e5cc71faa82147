"""The response that a broken request deserves, out of what can still be read of it (RFC 3261 §8.2, §18.3)."""

from __future__ import annotations

from aywa.errors import ParseError

from .grammar import is_token, split_list
from .headers import resolve
from .message import Response
from .name_addr import parse_name_addr
from .parser import MAX_HEADERS
from .status import reason_phrase
from .via import parse_via

_READ_AT_MOST = 16_384  # bytes of a broken datagram that are looked at: no response needs more
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
    try:
        address = parse_name_addr(to)
    except ParseError:
        return to
    return to if address.tag else str(address.with_tag(tag))


def _readable_hops(vias: list[str]) -> list[str]:
    """The hops down to the first that cannot be read: a response finds its way by the top one alone."""
    hops: list[str] = []
    try:
        for value in vias:
            for hop in split_list(value, "Via"):
                parse_via(hop)
                hops.append(hop)
    except ParseError:
        pass
    return hops


def _unfold(head: str) -> list[str]:
    """Lines of a head with continuation lines joined to the line before."""
    lines: list[str] = []
    for line in head.split("\r\n"):
        if line[:1] in (" ", "\t") and lines:
            lines[-1] += " " + line.strip(" \t")
        else:
            lines.append(line)
    return lines
