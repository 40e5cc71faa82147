"""Keys for SRTP in the description (SDES, RFC 4568), and what is taken of them.

```
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:<base64 of key and salt>|2^31
         tag suite                 key parameters                 lifetime
```
Not served, so the line is passed over: a master key identifier (it would lie inside every packet), more than
one key (which needs one), a key that lasts less than a call may (it is not renewed), and every session
parameter that changes packets (§6.3). A window size hint and extensions marked as optional are ignored.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum

from aywa.errors import LocalProtocolError, ParseError

from .description import Attribute, MediaDescription

_LONGEST_LINE = 512  # the longest served key has 60 characters; the rest is room for parameters
_LEAST_LIFETIME = 2**20  # packets: nearly six hours of 20 ms
_MOST_LIFETIME = 2**48  # RFC 3711 §9.2


class CryptoSuite(Enum):
    """The suites that are served, best first (RFC 4568 §6.2, RFC 7714 §14.2)."""

    AEAD_AES_256_GCM = "AEAD_AES_256_GCM"
    AEAD_AES_128_GCM = "AEAD_AES_128_GCM"
    AES_CM_128_HMAC_SHA1_80 = "AES_CM_128_HMAC_SHA1_80"
    AES_CM_128_HMAC_SHA1_32 = "AES_CM_128_HMAC_SHA1_32"

    @property
    def key_bytes(self) -> int:
        """The length of master key and master salt together."""
        return _KEY_BYTES[self]


_KEY_BYTES = {
    CryptoSuite.AEAD_AES_256_GCM: 32 + 12,
    CryptoSuite.AEAD_AES_128_GCM: 16 + 12,
    CryptoSuite.AES_CM_128_HMAC_SHA1_80: 16 + 14,
    CryptoSuite.AES_CM_128_HMAC_SHA1_32: 16 + 14,
}
ENTROPY_BYTES = sum(_KEY_BYTES.values())  # a key of its own for every suite


class SrtpUse(Enum):
    """Whether media is encrypted."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class CryptoLine:
    """One usable crypto attribute; the key is not printed with it."""

    tag: int
    suite: CryptoSuite
    key: bytes = field(repr=False)

    @property
    def attribute(self) -> Attribute:
        """The attribute that says this, key and all."""
        return "crypto", f"{self.tag} {self.suite.value} inline:{b64encode(self.key).decode()}"


@dataclass(frozen=True, slots=True)
class CryptoKeys:
    """What was agreed on: master key and salt of what this side sends and of what the peer sends."""

    suite: CryptoSuite
    local: bytes = field(repr=False)
    remote: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LocalSrtp:
    """What this side does about SRTP. `suites`: served, in order of preference; `entropy`: `ENTROPY_BYTES`
    of a cryptographic random source, which this side's keys are cut from; one call's and no other's.
    """

    use: SrtpUse = SrtpUse.OFF
    suites: tuple[CryptoSuite, ...] = tuple(CryptoSuite)
    entropy: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if self.use is not SrtpUse.OFF and len(self.entropy) != ENTROPY_BYTES:
            raise LocalProtocolError(f"SRTP keys are cut from {ENTROPY_BYTES} random bytes")

    def key(self, suite: CryptoSuite) -> bytes:
        """This side's master key and salt under a suite."""
        start = 0
        for other in CryptoSuite:
            if other is suite:
                break
            start += other.key_bytes
        return self.entropy[start : start + suite.key_bytes]

    def lines(self) -> tuple[CryptoLine, ...]:
        """What is offered, best first."""
        if self.use is SrtpUse.OFF:
            return ()
        return tuple(CryptoLine(tag, suite, self.key(suite)) for tag, suite in enumerate(self.suites, 1))

    def choose(self, offered: Iterable[CryptoLine]) -> CryptoLine | None:
        """The offered line with the suite that this side likes best; None for none, or when it is off."""
        if self.use is SrtpUse.OFF:
            return None
        served = [line for line in offered if line.suite in self.suites]
        return min(served, key=lambda line: self.suites.index(line.suite), default=None)


def parse_crypto(value: str) -> CryptoLine:
    """Read the value of a crypto attribute. ParseError, which never quotes it, if it is malformed or cannot
    be served.
    """
    tokens = value.split() if len(value) <= _LONGEST_LINE else []
    if len(tokens) < 3:
        raise _error("A crypto attribute has a tag, a suite and a key")
    tag, name, keys, *session = tokens
    if not (tag.isascii() and tag.isdigit() and len(tag) <= 9):
        raise _error("The tag of a crypto attribute is a number of up to nine digits")
    suite = next((suite for suite in CryptoSuite if suite.value == name.upper()), None)
    if suite is None:
        raise _error("A crypto suite that is not served")
    method, colon, info = keys.partition(":")
    if method.lower() != "inline" or not colon:
        raise _error("A key that is not inline")
    if ";" in info:
        raise _error("More than one key is not served")
    text, *rest = info.split("|")
    _check_lifetime(rest)
    _check_session(session)
    return CryptoLine(int(tag), suite, _read_key(text, suite.key_bytes))


def cryptos_of(medium: MediaDescription) -> list[CryptoLine]:
    """The usable crypto attributes of a stream, in its order of preference; the others count as absent."""
    found: list[CryptoLine] = []
    for name, value in medium.attributes:
        if name == "crypto" and value is not None:
            with suppress(ParseError):
                found.append(parse_crypto(value))
    return found


def _read_key(text: str, size: int) -> bytes:
    try:
        # Some peers leave the padding out.
        key = b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True)
    except (Base64Error, ValueError):
        raise _error("A key that is not base64") from None
    if len(key) != size:
        raise _error("A key of another length than its suite has")
    return key


def _check_lifetime(parts: list[str]) -> None:
    """What follows the key: a lifetime in packets and a master key identifier, both optional (§6.1)."""
    if len(parts) > 1 or any(":" in part for part in parts):
        raise _error("A master key identifier is not served")
    for part in parts:
        base, power, exponent = part.partition("^")
        digits = exponent if power else base
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 15) or (power and base != "2"):
            raise _error("A malformed key lifetime")
        packets = 2 ** min(int(exponent), 99) if power else int(base)
        if not _LEAST_LIFETIME <= packets <= _MOST_LIFETIME:
            raise _error("A key that does not last as long as a call may")


def _check_session(parameters: list[str]) -> None:
    """§6.3: what is not understood must not be accepted, unless it is marked as optional (§6.3.7)."""
    for parameter in parameters:
        if not parameter.startswith("-") and not parameter.upper().startswith("WSH="):
            raise _error("A session parameter that is not served")


def _error(detail: str) -> ParseError:
    return ParseError(detail, where="sdp")
