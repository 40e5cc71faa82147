"""Digest authentication, its grammar and its arithmetic: RFC 3261 §22, RFC 7616, RFC 8760.

```
WWW-Authenticate: Digest realm="pbx", nonce="n1", algorithm=SHA-256, qop="auth"        Challenge
Authorization: Digest username="7000", realm="pbx", nonce="n1", uri="sip:pbx",
               response="<64 hex digits>", cnonce="c1", qop=auth, nc=00000001           Authorization
```
Quoted values are kept as they stand between their quotes, escapes included: both ends hash that very text
(RFC 7616 §3.3, `unq`), so undoing an escape would change the sum.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from hashlib import md5, sha256

from aywa.errors import LocalProtocolError, ParseError

from .grammar import LWS, TOKEN_CHARACTERS

MAX_LENGTH = 4096  # characters of one header value; the longest seen in the wild have about 600
QOP_AUTH = "auth"

_SCHEME = re.compile(rf"{LWS}([{TOKEN_CHARACTERS}]++)[ \t]++(.*+)", re.DOTALL)
_PARAMETER = re.compile(
    rf'{LWS}([{TOKEN_CHARACTERS}]++){LWS}={LWS}(?>"((?>(?:[^"\\]++|\\.)*))"|([^ \t,;"\\]++)){LWS}', re.DOTALL
)
_HEX = re.compile(r"[0-9a-fA-F]++")
_QUOTABLE = re.compile(r'(?>(?:[^"\\\r\n]++|\\[^\r\n])*)')
_PLAIN = re.compile(r'[^"\\\x00-\x1f\x7f]*+')


class Algorithm(Enum):
    """What is summed, the strongest last. A session variant binds the key to one nonce (RFC 7616 §3.4.2)."""

    MD5 = "MD5"
    MD5_SESS = "MD5-sess"
    SHA_256 = "SHA-256"
    SHA_256_SESS = "SHA-256-sess"

    @property
    def strength(self) -> int:
        """More is better."""
        return list(Algorithm).index(self)

    @property
    def is_session(self) -> bool:
        """True for the `-sess` variants."""
        return self.value.endswith("-sess")

    @property
    def digits(self) -> int:
        """How many hexadecimal digits a sum has: 32 or 64."""
        return 64 if self in (Algorithm.SHA_256, Algorithm.SHA_256_SESS) else 32

    def sum(self, text: str) -> str:
        """The sum of `text` as UTF-8, in lower-case hexadecimal digits."""
        data = text.encode("utf-8", "surrogateescape")
        if self.digits == 64:
            return sha256(data).hexdigest()
        return md5(data, usedforsecurity=False).hexdigest()  # what RFC 3261 has; SHA-256 goes first


_ALGORITHMS = {algorithm.value.lower(): algorithm for algorithm in Algorithm}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who somebody is. Either the password, or H(user:realm:password) in its place.

    `ha1` holds such sums of 32 (MD5) or 64 (SHA-256) hexadecimal digits; they fit one realm only. An empty
    `realm` fits every realm. Neither secret is in the `repr`.
    """

    username: str
    password: str = field(default="", repr=False)
    ha1: tuple[str, ...] = field(default=(), repr=False)
    realm: str = ""

    def key_for(self, algorithm: Algorithm, realm: str) -> str | None:
        """H(A1) without the session part (RFC 7616 §3.4.2); None where the secret does not fit."""
        if self.realm not in ("", realm):
            return None
        for stored in self.ha1:
            if len(stored) == algorithm.digits:
                return stored.lower()
        if not self.password:
            return None
        return algorithm.sum(f"{self.username}:{realm}:{self.password}")


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks. `algorithm` None: one that is not known here. `qop` empty: RFC 2069 form."""

    realm: str
    nonce: str
    algorithm: Algorithm | None = Algorithm.MD5
    qop: tuple[str, ...] = (QOP_AUTH,)
    stale: bool = False
    opaque: str | None = None

    def __str__(self) -> str:
        """The header value. LocalProtocolError for a realm or nonce that cannot be quoted."""
        if self.algorithm is None:
            raise LocalProtocolError("A challenge needs a known algorithm")
        parts = [f"realm={_quoted(self.realm)}", f"nonce={_quoted(self.nonce)}"]
        if self.opaque is not None:
            parts.append(f"opaque={_quoted(self.opaque)}")
        if self.stale:
            parts.append("stale=true")
        parts.append(f"algorithm={self.algorithm.value}")
        if self.qop:
            parts.append(f"qop={_quoted(','.join(self.qop))}")
        return "Digest " + ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a client answers. `nc` 0, `cnonce` and `qop` empty: RFC 2069 form."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: Algorithm | None = Algorithm.MD5
    cnonce: str = ""
    qop: str = ""
    nc: int = 0
    opaque: str | None = None

    def __str__(self) -> str:
        """The header value. LocalProtocolError for a part that cannot be quoted."""
        if self.algorithm is None:
            raise LocalProtocolError("An answer needs a known algorithm")
        named = (("username", self.username), ("realm", self.realm), ("nonce", self.nonce), ("uri", self.uri))
        parts = [f"{name}={_escaped(value)}" for name, value in named]
        parts += [f"response={_quoted(self.response)}", f"algorithm={self.algorithm.value}"]
        if self.qop:
            parts += [f"cnonce={_escaped(self.cnonce)}", f"qop={self.qop}", f"nc={self.nc:08x}"]
        if self.opaque is not None:
            parts.append(f"opaque={_escaped(self.opaque)}")
        return "Digest " + ", ".join(parts)


def response_for(key: str, method: str, answer: Authorization, body: bytes = b"") -> str:
    """The sum that `answer` should carry, in hexadecimal digits (RFC 7616 §3.4.1).

    `key` is what `Credentials.key_for` gives. `body` matters for qop=auth-int alone, which vectors use.
    """
    algorithm = answer.algorithm or Algorithm.MD5
    if algorithm.is_session:
        key = algorithm.sum(f"{key}:{answer.nonce}:{answer.cnonce}")
    about = f"{method}:{answer.uri}"
    if answer.qop == "auth-int":
        about += ":" + algorithm.sum(body.decode("utf-8", "surrogateescape"))
    about = algorithm.sum(about)
    if not answer.qop:
        return algorithm.sum(f"{key}:{answer.nonce}:{about}")
    return algorithm.sum(f"{key}:{answer.nonce}:{answer.nc:08x}:{answer.cnonce}:{answer.qop}:{about}")


def parse_challenge(text: str, where: str = "WWW-Authenticate") -> Challenge | None:
    """Read a WWW-Authenticate or Proxy-Authenticate value; None for a scheme other than Digest."""
    parameters = _read_digest(text, where)
    if parameters is None:
        return None
    qop = tuple(option for part in parameters.get("qop", "").split(",") if (option := part.strip().lower()))
    return Challenge(
        _mandatory(parameters, "realm", where),
        _mandatory(parameters, "nonce", where),
        _ALGORITHMS.get(parameters.get("algorithm", "MD5").lower()),
        qop,
        parameters.get("stale", "").lower() == "true",
        parameters.get("opaque"),
    )


def parse_authorization(text: str, where: str = "Authorization") -> Authorization | None:
    """Read an Authorization or Proxy-Authorization value; None for a scheme other than Digest."""
    parameters = _read_digest(text, where)
    if parameters is None:
        return None
    count = parameters.get("nc", "")
    if count and (len(count) != 8 or _HEX.fullmatch(count) is None):
        raise ParseError("nc is not eight hexadecimal digits", where=where)
    qop = parameters.get("qop", "").lower()
    if qop and not (count and parameters.get("cnonce")):
        raise ParseError("qop without nc or cnonce", where=where)
    response = _mandatory(parameters, "response", where)
    if _HEX.fullmatch(response) is None:
        raise ParseError("The response is not hexadecimal", where=where)
    return Authorization(
        _mandatory(parameters, "username", where),
        _mandatory(parameters, "realm", where),
        _mandatory(parameters, "nonce", where),
        _mandatory(parameters, "uri", where),
        response.lower(),
        _ALGORITHMS.get(parameters.get("algorithm", "MD5").lower()),
        parameters.get("cnonce", ""),
        qop,
        int(count, 16) if qop else 0,
        parameters.get("opaque"),
    )


def parse_next_nonce(text: str) -> str | None:
    """The nonce that an Authentication-Info value wants used from now on (RFC 7616 §3.5); None: none."""
    return _read_parameters(text, "Authentication-Info").get("nextnonce") or None


def parse_challenges(values: Iterable[str], where: str) -> list[Challenge]:
    """The Digest challenges among these header values, in their order. A broken one is ParseError."""
    read = (parse_challenge(value, where) for value in values)
    return [challenge for challenge in read if challenge is not None]


def _read_digest(text: str, where: str) -> Mapping[str, str] | None:
    match = _SCHEME.fullmatch(text)
    if match is None:
        raise ParseError("No scheme and parameters", where=where)
    if match[1].lower() != "digest":
        return None
    return _read_parameters(match[2], where)


def _read_parameters(text: str, where: str) -> dict[str, str]:
    """`name=value, name="value"` with lower-case names; a name given twice is ParseError (RFC 7616 §3.4)."""
    if len(text) > MAX_LENGTH:
        raise ParseError("The value is too long", where=where)
    parameters: dict[str, str] = {}
    position, end = 0, len(text)
    while position < end:
        match = _PARAMETER.match(text, position)
        if match is None:
            raise ParseError("Malformed parameter", where=where)
        name, quoted, bare = match.groups()
        if name.lower() in parameters:
            raise ParseError("A parameter is given twice", where=where)
        parameters[name.lower()] = bare if quoted is None else quoted
        position = match.end()
        if position < end:
            if text[position] != ",":
                raise ParseError("Malformed parameter", where=where)
            position += 1
    return parameters


def _mandatory(parameters: Mapping[str, str], name: str, where: str) -> str:
    value = parameters.get(name)
    if value is None:
        raise ParseError(f"{name} is missing", where=where)
    return value


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) is None:
        raise LocalProtocolError("A digest value of ours needs no quotes, backslashes or controls")
    return f'"{text}"'


def _escaped(text: str) -> str:
    """Text that came from the peer in this form, or was checked with the settings, back in its quotes."""
    if _QUOTABLE.fullmatch(text) is None:
        raise LocalProtocolError("A digest value that its quotes cannot hold")
    return f'"{text}"'
