"""Via: where a request has been, and where its response must go (RFC 3261 §18.2, §20.42; RFC 3581)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from aywa.errors import LocalProtocolError, ParseError

from .grammar import (
    LWS,
    TOKEN_CHARACTERS,
    Parameters,
    format_parameters,
    is_token,
    parse_parameters,
    split_list,
)
from .uri import HOST, format_host, parse_host, parse_port

MAGIC_COOKIE = "z9hG4bK"  # §8.1.1.7: this branch names a transaction
# Any version reads: the refusal of a SIP/7.0 request must copy its Via (RFC 4475 §3.1.2.16).
_VIA = re.compile(
    rf"{LWS}SIP{LWS}/{LWS}[0-9]++\.[0-9]++{LWS}/{LWS}([{TOKEN_CHARACTERS}]++)[ \t]++"
    rf"({HOST}){LWS}(?::{LWS}([0-9]++){LWS})?(.*+)",
    re.DOTALL | re.IGNORECASE,
)
_RECEIVED = re.compile(r"\[?([0-9A-Fa-f:.]{2,45})\]?")


@dataclass(frozen=True, slots=True)
class Via:
    """One hop. `transport` is upper case (UDP, TCP, TLS...); `host` has no brackets."""

    transport: str
    host: str
    port: int | None = None
    parameters: Parameters = field(default_factory=dict, hash=False)

    @property
    def branch(self) -> str | None:
        """The transaction id; None from an RFC 2543 peer."""
        return self.parameters.get("branch")

    @property
    def received(self) -> str | None:
        """The address the request came from, where it differs from `host`; no brackets."""
        value = self.parameters.get("received")
        return value.strip("[]") if value else None

    @property
    def rport(self) -> int | None:
        """The port the request came from (RFC 3581); None if not filled in."""
        value = self.parameters.get("rport")
        return int(value) if value else None

    @property
    def wants_rport(self) -> bool:
        """True if the sender asked for symmetric response routing with a bare `rport` (RFC 3581 §3)."""
        return "rport" in self.parameters

    @property
    def maddr(self) -> str | None:
        """The multicast or alternative address to answer to."""
        return self.parameters.get("maddr")

    @property
    def ttl(self) -> int | None:
        """The multicast time to live, 0 to 255."""
        value = self.parameters.get("ttl")
        return int(value) if value else None

    @property
    def sent_by(self) -> tuple[str, int]:
        """Host in lower case and effective port: part of the transaction key (§17.2.3)."""
        return self.host.lower(), self.port or (5061 if self.transport == "TLS" else 5060)

    def with_source(self, host: str, port: int) -> Via:
        """The hop as a server notes it: `rport` if asked for; `received` then, or if the source differs."""
        parameters = dict(self.parameters)
        if "rport" in parameters:
            parameters["rport"] = str(port)
        if "rport" in parameters or self.host != host:
            parameters["received"] = host
        return replace(self, parameters=parameters)

    def response_address(self) -> tuple[str, int]:
        """Where a UDP response goes: maddr, else received and rport, else sent-by (§18.2.2, RFC 3581 §4)."""
        if self.maddr:
            return self.maddr, self.sent_by[1]
        return self.received or self.host, self.rport or self.sent_by[1]

    def __str__(self) -> str:
        if not is_token(self.transport):
            raise LocalProtocolError("The transport of a Via is not a token")
        hop = format_host(self.host, self.port)
        return f"SIP/2.0/{self.transport} {hop}{format_parameters(self.parameters, 'Via')}"


def parse_via(text: str) -> Via:
    """Read one hop; ParseError(where="Via") if it is none."""
    match = _VIA.fullmatch(text)
    if match is None:
        raise ParseError("Malformed Via", where="Via")
    transport, host, port, rest = match.groups()
    parameters = parse_parameters(rest, "Via") if rest else {}
    for name, maximum in (("rport", 65535), ("ttl", 255)):
        value = parameters.get(name)
        if value and not (value.isascii() and value.isdigit() and len(value) <= 5 and int(value) <= maximum):
            raise ParseError(f"{name} is not a number in its range", where="Via")
    received = parameters.get("received")
    if received and _RECEIVED.fullmatch(received) is None:
        raise ParseError("received is not an address", where="Via")
    return Via(
        transport.upper(),
        parse_host(host, "Via"),
        parse_port(port, "Via") if port else None,
        parameters,
    )


def parse_vias(text: str) -> list[Via]:
    """Read a comma-separated list of hops, at least one."""
    return [parse_via(item) for item in split_list(text, "Via")]
