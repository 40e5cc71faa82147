"""Name and address: From, To, Contact, Route, Record-Route, Refer-To (RFC 3261 §20.10).

```
"Alice \"A\"" <sip:alice@example.com;transport=udp>;tag=88sja8x      name-addr
sip:alice@example.com;tag=88sja8x                                    addr-spec: parameters are the header's
```
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from aywa.errors import ParseError

from .grammar import LWS, QUOTED, Parameters, format_parameters, parse_parameters, quote, split_list, unquote
from .uri import Uri, parse_uri

# An unquoted display name is wider than `*(token LWS)`: peers send brackets, apostrophes and UTF-8 bare. What
# separates values stays out, or RFC 4475 §3.1.2.15 would read as two addresses.
_NAME_ADDR = re.compile(rf'{LWS}(?:({QUOTED}){LWS}|([^"<>,;:\\]*+))<([^<>]*+)>{LWS}(.*+)', re.DOTALL)
_ADDR_SPEC = re.compile(rf'{LWS}([^ \t;,?<>"]++){LWS}(.*+)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class NameAddr:
    """A display name ("" if none), a URI and header parameters such as `tag`."""

    display: str
    uri: Uri
    parameters: Parameters = field(default_factory=dict, hash=False)

    @property
    def tag(self) -> str | None:
        """The dialog tag of From and To (§19.3)."""
        return self.parameters.get("tag")

    def with_tag(self, tag: str) -> NameAddr:
        """The same address with this tag."""
        return replace(self, parameters={**self.parameters, "tag": tag})

    def without_tag(self) -> NameAddr:
        """The same address with no tag."""
        return replace(self, parameters={k: v for k, v in self.parameters.items() if k != "tag"})

    def __str__(self) -> str:
        """Always in the bracketed form, which is never ambiguous."""
        display = f"{quote(self.display)} " if self.display else ""
        return f"{display}<{self.uri}>{format_parameters(self.parameters, 'address')}"


def parse_name_addr(text: str, where: str = "address") -> NameAddr:
    """Read one address; ParseError with `where` if it is none or more than one."""
    match = _NAME_ADDR.fullmatch(text)
    if match is not None:
        quoted, bare, uri, parameters = match.groups()
        display = unquote(quoted) if quoted is not None else unquote(bare.strip(" \t")) if bare else ""
    else:
        match = _ADDR_SPEC.fullmatch(text)
        if match is None:
            raise ParseError("Malformed address", where=where)
        uri, parameters = match.groups()
        display = ""
    try:
        parsed = parse_uri(uri)
    except ParseError as error:
        raise ParseError(error.detail, where=where) from None
    return NameAddr(display, parsed, parse_parameters(parameters, where) if parameters else {})


def parse_name_addrs(text: str, where: str = "address") -> list[NameAddr]:
    """Read a comma-separated list of addresses, at least one."""
    return [parse_name_addr(item, where) for item in split_list(text, where)]
