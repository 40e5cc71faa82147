"""Typed header values. Each prints back with `str()`; each `parse_*` raises ParseError and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from aywa.errors import LocalProtocolError, ParseError

from .grammar import (
    LWS,
    TOKEN_CHARACTERS,
    Parameters,
    format_parameters,
    is_token,
    parse_number,
    parse_parameters,
    quote,
    split_list,
    unquote,
)
from .name_addr import NameAddr, parse_name_addr, parse_name_addrs
from .via import MAGIC_COOKIE, Via, parse_via, parse_vias

__all__ = [
    "MAGIC_COOKIE",
    "CSeq",
    "ContentType",
    "NameAddr",
    "Reason",
    "RetryAfter",
    "Via",
    "parse_content_type",
    "parse_cseq",
    "parse_name_addr",
    "parse_name_addrs",
    "parse_reasons",
    "parse_retry_after",
    "parse_via",
    "parse_vias",
]

_CSEQ = re.compile(rf"{LWS}([0-9]++)[ \t]++([{TOKEN_CHARACTERS}]++){LWS}")
_CONTENT_TYPE = re.compile(
    rf"{LWS}([{TOKEN_CHARACTERS}]++){LWS}/{LWS}([{TOKEN_CHARACTERS}]++){LWS}(.*+)", re.DOTALL
)
_RETRY_AFTER = re.compile(rf"{LWS}([0-9]++){LWS}(\((?>(?:[^()\\]|\\.)*)\))?{LWS}(.*+)", re.DOTALL)
_REASON = re.compile(rf"([{TOKEN_CHARACTERS}]++){LWS}(.*+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CSeq:
    """A sequence number from 0 to 2**31 - 1 and the method it counts (§8.1.1.5)."""

    number: int
    method: str

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


def parse_cseq(text: str) -> CSeq:
    """Read a CSeq; 2**31 and above are refused (§8.1.1.5)."""
    match = _CSEQ.fullmatch(text)
    if match is None:
        raise ParseError("Malformed CSeq", where="CSeq")
    return CSeq(parse_number(match[1], "CSeq", maximum=2**31 - 1), match[2])


@dataclass(frozen=True, slots=True)
class ContentType:
    """A media type (§20.15). Type and subtype are lower case; parameter values keep their quotes."""

    type: str
    subtype: str
    parameters: Parameters = field(default_factory=dict, hash=False)

    @property
    def essence(self) -> str:
        """`type/subtype` without parameters."""
        return f"{self.type}/{self.subtype}"

    def __str__(self) -> str:
        if not (is_token(self.type) and is_token(self.subtype)):
            raise LocalProtocolError("Not a media type")
        return self.essence + format_parameters(self.parameters, "Content-Type")


def parse_content_type(text: str) -> ContentType:
    """Read a Content-Type."""
    match = _CONTENT_TYPE.fullmatch(text)
    if match is None:
        raise ParseError("Malformed media type", where="Content-Type")
    return ContentType(match[1].lower(), match[2].lower(), parse_parameters(match[3], "Content-Type"))


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """When to try again, in seconds (§20.33). A comment is read and dropped."""

    seconds: int
    parameters: Parameters = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return str(self.seconds) + format_parameters(self.parameters, "Retry-After")


def parse_retry_after(text: str) -> RetryAfter:
    """Read a Retry-After; delta-seconds end at 2**32 - 1."""
    match = _RETRY_AFTER.fullmatch(text)
    if match is None:
        raise ParseError("Malformed Retry-After", where="Retry-After")
    seconds = parse_number(match[1], "Retry-After", maximum=2**32 - 1)
    return RetryAfter(seconds, parse_parameters(match[3], "Retry-After"))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a request was sent (RFC 3326): `SIP;cause=200;text="Call completed elsewhere"`."""

    protocol: str
    cause: int | None = None
    text: str = ""

    def __str__(self) -> str:
        if not is_token(self.protocol):
            raise LocalProtocolError("The protocol of a Reason is not a token")
        cause = "" if self.cause is None else f";cause={self.cause}"
        return self.protocol + cause + (f";text={quote(self.text)}" if self.text else "")


def parse_reasons(text: str) -> list[Reason]:
    """Read the comma-separated values of a Reason header; a cause that is no number counts as missing."""
    reasons = []
    for item in split_list(text, "Reason"):
        match = _REASON.fullmatch(item)
        if match is None:
            raise ParseError("Malformed Reason", where="Reason")
        parameters = parse_parameters(match[2], "Reason")
        cause = parameters.get("cause") or ""
        number = int(cause) if cause.isascii() and cause.isdigit() and len(cause) < 6 else None
        reasons.append(Reason(match[1], number, unquote(parameters.get("text") or "")))
    return reasons
