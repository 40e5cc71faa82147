"""Reads an http or https URL that somebody else wrote: once, strictly, into what is dialled and asked for.

Nothing after this reads the URL again, so no two readers can disagree on where it leads. What is spelled so
that readers do disagree (blanks, backslashes, credentials, percent signs in the host, addresses as numbers or
in parts, zone ids) is refused rather than understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote, urljoin

from aywa.errors import ParseError

MAX_URL = 4096  # characters
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?", re.I
)
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,5}))?")
_NEVER = re.compile(r"[\x00-\x20\x7f-\xa0\\]|[\u2028\u2029\ufeff]")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_KEPT = "%/:;=@&?+$,!'()*~-._[]|"  # of a path or a query: as it is; everything else by its UTF-8 bytes
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class WebTarget:
    """Where a URL leads. `host`: a name in ASCII, or an address without brackets; lower case."""

    scheme: str
    host: str
    port: int
    path: str  # with the query, as a request line has it

    @property
    def authority(self) -> str:
        """As `Host` has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL that means exactly this."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """What a connection may be shared by, and credentials be meant for."""
        return self.scheme, self.host, self.port

    def joined(self, reference: str) -> WebTarget:
        """Where a `Location` leads from here. Raises ParseError."""
        if len(reference) > MAX_URL or _NEVER.search(reference):
            raise ParseError("the URL has characters that no URL has", where="location")
        try:
            return parse_web_target(urljoin(self.url, reference))
        except ValueError as error:
            raise ParseError("the URL cannot be read", where="location") from error


def parse_web_target(url: str) -> WebTarget:
    """Read it. Raises ParseError, whose words do not hold the URL: that may carry secrets."""
    if len(url) > MAX_URL:
        raise ParseError(f"the URL has more than {MAX_URL} characters", where="url")
    if _NEVER.search(url):
        raise ParseError("the URL has characters that no URL has", where="url")
    whole = _URL.fullmatch(url)
    if whole is None:
        raise ParseError("only http and https URLs are asked", where="scheme")
    if "@" in whole["authority"]:
        raise ParseError("the URL must not carry credentials", where="authority")
    parts = _AUTHORITY.fullmatch(whole["authority"])
    if parts is None:
        raise ParseError("the URL names no host that can be read", where="authority")
    scheme = whole["scheme"].lower()
    port = int(parts["port"]) if parts["port"] else _PORTS[scheme]
    if not 1 <= port <= 65_535:
        raise ParseError("the port must be from 1 to 65535", where="port")
    path = (whole["path"] or "/") + (whole["query"] or "")
    try:
        return WebTarget(scheme, _host(parts["host"]), port, quote(path, safe=_KEPT))
    except UnicodeError as error:
        raise ParseError("the URL has characters that no URL has", where="url") from error


def _host(text: str) -> str:
    """In ASCII and lower case; an address in the one spelling that everybody reads alike."""
    if text.startswith("["):
        try:
            if "%" in text:
                raise ParseError("the address must not name a zone", where="host")
            return str(IPv6Address(text[1:-1]))
        except AddressValueError as error:
            raise ParseError("the address between brackets is none", where="host") from error
    try:
        name = text.encode("idna").decode("ascii").lower()  # folds full-width digits and dots, too
    except UnicodeError as error:
        raise ParseError("the host is no name", where="host") from error
    if not _NAME.fullmatch(name):
        raise ParseError("the host is no name", where="host")
    if not _NUMBER.fullmatch(name.rpartition(".")[2]):
        return name
    # The system's resolver takes 127.1, 0x7f.1 and 2130706433 for addresses; four decimal parts are enough.
    try:
        return str(IPv4Address(name))
    except AddressValueError as error:
        raise ParseError("the address is not written in four decimal parts", where="host") from error
