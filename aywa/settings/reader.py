"""Typed values out of an environment: each fault becomes a `Gap`, none is raised."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeVar
from urllib.parse import urlsplit

from aywa.errors import Gap

_T = TypeVar("_T")


class EnvironmentReader:
    """Reads typed values out of an environment and keeps the faults."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.gaps: list[Gap] = []

    @property
    def failed(self) -> frozenset[str]:
        """The variables that are at fault so far."""
        return frozenset(gap.name for gap in self.gaps)

    def read(self, name: str, parse: Callable[[str], _T], default: _T, rule: str, example: str) -> _T:
        """The variable parsed, or `default` when it is unset or at fault; `parse` raises ValueError."""
        text = self._environ.get(name, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError:
            self.gaps.append(Gap(name, rule, example))
            return default

    def text(self, name: str, default: str = "") -> str:
        """Free text, or the default."""
        return self._environ.get(name, "").strip() or default

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number within `low` to `high`, both included."""
        rule = f"must be a whole number from {low} to {high}"
        return self.read(name, lambda text: between(int(text), low, high), default, rule, str(default))

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """A number within `low` to `high`, both included."""
        rule = f"must be a number from {low:g} to {high:g}"
        return self.read(name, lambda text: between(float(text), low, high), default, rule, f"{default:g}")

    def flag(self, name: str, default: bool) -> bool:
        """A switch."""
        return self.read(name, parse_flag, default, "must be true or false", "true")

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        """One of `allowed`, whatever its case."""
        rule = f"must be one of {', '.join(allowed)}"
        return self.read(name, lambda text: member(text, allowed), default, rule, default)

    def choices(self, name: str, default: tuple[str, ...], allowed: tuple[str, ...]) -> tuple[str, ...]:
        """Some of `allowed` in the order they are written, whatever their case, each once."""
        rule = f"must be a comma-separated list of {', '.join(allowed)}"
        return self.read(name, lambda text: members(text, allowed), default, rule, ",".join(default))

    def ipv4(self, name: str, default: str) -> str:
        """An IPv4 address in its usual text form."""
        rule = "must be an IPv4 address"
        return self.read(name, lambda text: str(IPv4Address(text)), default, rule, "192.0.2.10")

    def address(self, name: str, default: str) -> str:
        """An IPv4 or IPv6 address in its usual text form, without brackets or zone."""
        rule = "must be an IPv4 or IPv6 address"
        return self.read(name, lambda text: str(_plain_address(text)), default, rule, "192.0.2.10")


def _plain_address(text: str) -> IPv4Address | IPv6Address:
    if "%" in text:
        raise ValueError
    return ip_address(text)


_N = TypeVar("_N", int, float)


def between(value: _N, low: float, high: float) -> _N:
    """The value itself; ValueError when it is outside, or not a number."""
    if not low <= value <= high:  # also false for NaN
        raise ValueError
    return value


def member(text: str, allowed: tuple[str, ...]) -> str:
    """The member of `allowed` that equals `text` but for case; ValueError when there is none."""
    for value in allowed:
        if text.lower() == value.lower():
            return value
    raise ValueError


def members(text: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    """The members of `allowed` that a list names; ValueError for none, for others and for one named twice."""
    named = tuple(member(part, allowed) for part in parts(text))
    if not named or len(set(named)) < len(named):
        raise ValueError
    return named


def parse_flag(text: str) -> bool:
    """True or false, in the words people use in environments."""
    return member(text, ("true", "false", "1", "0", "yes", "no", "on", "off")) in ("true", "1", "yes", "on")


def parts(text: str) -> list[str]:
    """The items of a comma-separated list, without empty ones."""
    return [part.strip() for part in text.split(",") if part.strip()]


def parse_networks(text: str) -> tuple[str, ...]:
    """IP addresses and CIDR blocks, as they were written."""
    blocks = tuple(part for part in parts(text) if ip_network(part, strict=False))
    if not blocks:
        raise ValueError
    return blocks


def parse_keys(text: str) -> tuple[str, ...]:
    """API keys: 16 characters are 95 bits if random, too many to guess over a network."""
    keys = tuple(parts(text))
    if not keys or any(
        len(key) < 16 or not key.isascii() or not key.isprintable() or " " in key for key in keys
    ):
        raise ValueError
    return keys


def parse_origin(text: str) -> str:
    """Scheme, host and port of an http or https URL that has nothing else."""
    url = urlsplit(text)
    if (
        url.scheme not in ("http", "https")
        or not url.hostname
        or url.path.strip("/")
        or url.query
        or url.username
    ):
        raise ValueError
    return f"{url.scheme}://{url.netloc}"


def parse_realm(text: str) -> str:
    """A realm that can stand in quotes as it is (RFC 3261 §25.1)."""
    if len(text) > 128 or not text.isprintable() or '"' in text or "\\" in text:
        raise ValueError
    return text


def parse_postgres_url(text: str) -> str:
    """The URL itself, when it names a scheme and a host that asyncpg accepts."""
    url = urlsplit(text)
    if url.scheme not in ("postgres", "postgresql") or not (url.hostname or "host=" in url.query):
        raise ValueError
    _ = url.port  # raises ValueError when it is not a number
    return text


def transfer_target(text: str) -> str:
    """A number in E.164 or a sip: URI. Raises ValueError."""
    if not re.fullmatch(r"\+[1-9][0-9]{2,14}|sips?:[^\s<>\"]{1,255}", text):
        raise ValueError("no destination")
    return text


def parse_phrase(text: str) -> str:
    """A secret of at least 32 printable characters; ValueError for less."""
    if len(text) < 32 or not text.isprintable():
        raise ValueError
    return text
