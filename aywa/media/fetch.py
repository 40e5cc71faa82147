"""Fetches one file over HTTP for a call: bounded in size and time, and never from inside unasked."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from aywa.errors import MediaError, OutboundError, ParseError
from aywa.outbound.client import Ask, check_target, open_outbound
from aywa.proto.outbound_rules import OutboundRules
from aywa.proto.web_target import parse_web_target

MAX_REDIRECTS = 3
_HEADERS = (("Accept", "audio/*"), ("User-Agent", "aywa"))


@dataclass(frozen=True, slots=True)
class FetchRules:
    """What may be fetched. `plain`: http as well as https. `outbound`: what may be asked besides the public
    internet; hosts listed there may be asked by http. `tls`: whom to trust; None: whom the system does.
    """

    plain: bool = False
    outbound: OutboundRules = field(default_factory=OutboundRules)
    max_bytes: int = 16_000_000  # five minutes of 16 bits at 16 kHz, and half as much again
    bound_s: float = 10.0
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file, and what its server calls it."""

    data: bytes
    media_type: str
    path: str


def check_url(url: str, rules: FetchRules) -> None:
    """Raises MediaError where a URL itself says that it is not fetched: by its scheme or its address.

    What its name leads to, and what is there, is known when it is fetched.
    """
    try:
        check_target(parse_web_target(url), rules.outbound, plain=rules.plain)
    except (OutboundError, ParseError) as error:
        raise MediaError(error.detail) from error


async def fetch(url: str, rules: FetchRules) -> Fetched:
    """Get the file. Raises MediaError that says why not, in words without the URL."""
    ask = Ask(
        url,
        headers=_HEADERS,
        bound_s=rules.bound_s,
        max_bytes=rules.max_bytes,
        redirects=MAX_REDIRECTS,
        plain=rules.plain,
    )
    try:
        async with open_outbound(rules.outbound, tls=rules.tls, kept=0) as client:
            answer = await client.ask(ask)
    except OutboundError as error:
        raise MediaError(error.detail) from error
    if answer.status != 200:
        raise MediaError(f"the server answers {answer.status}")
    return Fetched(answer.body, answer.headers.get("content-type", ""), answer.path)
