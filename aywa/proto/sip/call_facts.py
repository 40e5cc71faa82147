"""Who is calling, for whom, and by which way: what an INVITE says beside From and To.

P-Asserted-Identity and Privacy (RFC 3325, RFC 3323), Remote-Party-ID (its expired draft, still widely sent),
Diversion (RFC 5806), History-Info (RFC 7044), and headers of the peer's own (`X-...`). Nothing in here can
fail a call: a header that cannot be read is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from aywa.errors import ParseError

from .grammar import split_list, unquote
from .header import parse_reasons
from .message import Request
from .name_addr import NameAddr, parse_name_addr
from .uri import unescape

MAX_ENTRIES = 16  # of each kind: a loop of forwards repeats itself
MAX_CUSTOM = 32
MAX_NAME = 64  # characters
MAX_VALUE = 512  # characters; what is longer is cut
MAX_TOTAL = 4096  # characters of all custom names and values
ANONYMOUS_HOST = "anonymous.invalid"  # RFC 3323 §4.1.1.3
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Diversion:
    """One forward on the way here. `reason`: `user-busy`, `no-answer`, `unconditional`, ... or empty."""

    address: NameAddr
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step of the call's history. `index`: `1`, `1.1`, ...; `cause`: the status that led on, if said."""

    address: NameAddr
    index: str = ""
    cause: int | None = None


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What the INVITE says of the caller and of the call's way.

    `from_` is what the caller says himself, `asserted` and `remote_party` what the network says of him;
    `diversions` has the latest forward first (RFC 5806 §4), `history` is in the order of its indices;
    `custom` holds the `X-` headers by name as they were spelled, the first of each.
    """

    from_: NameAddr
    asserted: tuple[NameAddr, ...] = ()
    remote_party: NameAddr | None = None
    privacy: tuple[str, ...] = ()
    diversions: tuple[Diversion, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    custom: dict[str, str] = field(default_factory=dict)
    called: str = ""  # the user of the Request-URI: where the call has got to, whatever To says

    @property
    def anonymous(self) -> bool:
        """The caller asked not to be shown."""
        uri = self.from_.uri
        hidden = uri.host.lower() == ANONYMOUS_HOST or (uri.user or "").lower() == "anonymous"
        restricted = any(kind in self.privacy for kind in ("id", "user", "header"))
        party = self.remote_party
        return (
            hidden or restricted or (party is not None and party.parameters.get("privacy") in ("full", "uri"))
        )

    @property
    def caller(self) -> NameAddr:
        """The best word on who calls: the network's, then the caller's own."""
        if self.asserted:
            return self.asserted[0]
        return self.remote_party if self.remote_party is not None else self.from_


def facts_of(request: Request) -> CallFacts:
    """What `request` says. Never raises; what cannot be read is left out."""
    parties = [party for party in _each(request, "Remote-Party-ID", parse_name_addr) if _is_caller(party)]
    return CallFacts(
        from_=request.from_,
        asserted=tuple(_each(request, "P-Asserted-Identity", parse_name_addr)),
        remote_party=parties[0] if parties else None,
        privacy=_privacy(request),
        diversions=tuple(_each(request, "Diversion", _diversion)),
        history=tuple(_each(request, "History-Info", _history)),
        custom=_custom(request),
        called=request.uri.user_text,
    )


def _each(request: Request, name: str, read: Callable[[str], T]) -> list[T]:
    """Every item of these headers that can be read, in order."""
    found: list[T] = []
    for value in request.headers.get_all(name):
        try:
            items = split_list(value, name)
        except ParseError:
            continue
        for item in items:
            try:
                found.append(read(item))
            except ParseError:
                continue
            if len(found) == MAX_ENTRIES:
                return found
    return found


def _is_caller(party: NameAddr) -> bool:
    return (party.parameters.get("party") or "calling").lower() == "calling"


def _privacy(request: Request) -> tuple[str, ...]:
    text = ";".join(request.headers.get_all("Privacy")).replace(",", ";").lower()
    return tuple(kind for part in text.split(";")[:MAX_ENTRIES] if (kind := part.strip(" \t")))


def _diversion(item: str) -> Diversion:
    address = parse_name_addr(item, "Diversion")
    return Diversion(address, unquote(address.parameters.get("reason") or "")[:MAX_VALUE])


def _history(item: str) -> HistoryEntry:
    address = parse_name_addr(item, "History-Info")
    cause = None
    for name, value in address.uri.parameters.items():
        if (
            name.lower() == "cause"
            and value is not None
            and value.isascii()
            and value.isdigit()
            and len(value) < 4
        ):
            cause = int(value)
    if cause is None:
        for name, value in address.uri.headers:
            if name.lower() == "reason":
                cause = next(
                    (reason.cause for reason in parse_reasons(unescape(value)) if reason.cause), None
                )
    return HistoryEntry(address, (address.parameters.get("index") or "")[:MAX_NAME], cause)


def _custom(request: Request) -> dict[str, str]:
    found: dict[str, str] = {}
    seen: set[str] = set()
    total = 0
    for name, value in request.headers.items():
        key = name.lower()
        if not key.startswith("x-") or key in seen or len(name) > MAX_NAME:
            continue
        text = "".join(c if c.isprintable() else "\ufffd" for c in value[:MAX_VALUE])
        total += len(name) + len(text)
        if len(found) == MAX_CUSTOM or total > MAX_TOTAL:
            break
        seen.add(key)
        found[name] = text
    return found
