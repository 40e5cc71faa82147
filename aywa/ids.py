"""Identifiers: call ids, SIP tags and branches, SSRCs. The random source is injected."""

from __future__ import annotations

from random import Random
from uuid import UUID

_TOKEN_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_BRANCH_COOKIE = "z9hG4bK"  # RFC 3261 §8.1.1.7


def new_call_id(rng: Random) -> str:
    """A version 4 UUID in text form: the `id` of a call in the API and in the store."""
    return str(UUID(int=rng.getrandbits(128), version=4))


def new_token(rng: Random, length: int = 16) -> str:
    """`length` characters out of [0-9a-z]; 16 carry 82 bits."""
    return "".join(rng.choices(_TOKEN_ALPHABET, k=length))


def new_tag(rng: Random) -> str:
    """A From or To tag; RFC 3261 §19.3 asks for at least 32 random bits."""
    return new_token(rng, 12)


def new_branch(rng: Random) -> str:
    """A Via branch that names an RFC 3261 transaction."""
    return _BRANCH_COOKIE + new_token(rng, 16)


def new_sip_call_id(rng: Random, host: str) -> str:
    """A Call-ID header value, unique in space and time (RFC 3261 §8.1.1.4)."""
    return f"{new_token(rng, 24)}@{host}"


def new_ssrc(rng: Random) -> int:
    """A 32-bit synchronisation source (RFC 3550 §8.1)."""
    return rng.getrandbits(32)
