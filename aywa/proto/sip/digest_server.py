"""Challenging callers and judging their answers: RFC 3261 §22.4, RFC 7616 §3.3, §5, RFC 8760.

```
nonce = time . number . HMAC-SHA256(key, time, number, realm, source)
```
A nonce is good from the address it was given to, for `life_s`, each count once and rising. Nothing is kept of
a nonce until somebody has used it with the right secret, so strangers cannot make this grow.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from hashlib import sha256

from aywa.errors import ParseError
from aywa.proto.sip.digest import (
    QOP_AUTH,
    Algorithm,
    Authorization,
    Challenge,
    Credentials,
    parse_authorization,
    response_for,
)
from aywa.proto.sip.message import Request
from aywa.proto.sip.uri import parse_uri

NONCE_LIFE_S = 60.0  # a call is set up in less; an older nonce costs its user one more round
REMEMBERED = 4096  # nonces in use at a time; the oldest is forgotten, and whoever has it is told `stale`
_MAC_DIGITS = 32  # 128 bits


class Verdict(Enum):
    """What an answer is worth."""

    GRANTED = "the secret is right, the nonce fresh, the count new"
    STALE = "the secret is right, the nonce is not good any more: ask again with stale=true"
    REFUSED = "no answer, or a wrong one, or nobody of that name: all alike"


class DigestServer:
    """Judges the answers of one realm. `key`: at least 16 bytes that nobody can guess, made for this process.

    `users` by name. An algorithm is offered when every user's secret fits it, the strongest first.
    """

    def __init__(
        self,
        realm: str,
        users: Iterable[Credentials],
        *,
        key: bytes,
        life_s: float = NONCE_LIFE_S,
        algorithms: Sequence[Algorithm] = (Algorithm.SHA_256, Algorithm.MD5),
        remembered: int = REMEMBERED,
    ) -> None:
        self.realm = realm
        self._key = key
        self._life_s = life_s
        self._remembered = remembered
        self._number = 0
        self._counts: OrderedDict[int, int] = OrderedDict()  # by a nonce's number: its highest count
        self._forgotten = 0  # numbers up to here are not remembered any more
        known = {user.username: user for user in users}
        self.algorithms = tuple(
            algorithm
            for algorithm in sorted(algorithms, key=lambda each: each.strength, reverse=True)
            if all(user.key_for(algorithm, realm) is not None for user in known.values())
        )
        self._keys: Mapping[tuple[str, Algorithm], str] = {
            (name, algorithm): user.key_for(algorithm, realm) or ""
            for name, user in known.items()
            for algorithm in self.algorithms
        }

    def challenges(self, source: str, now: float, *, stale: bool = False) -> list[str]:
        """WWW-Authenticate values for a caller at `source` (an IP literal), one for each algorithm."""
        return [
            str(Challenge(self.realm, self._nonce(source, now), algorithm, (QOP_AUTH,), stale))
            for algorithm in self.algorithms
        ]

    def judge(self, request: Request, source: str, now: float) -> Verdict:
        """What the Authorization headers of `request` are worth. Never raises."""
        for value in request.headers.get_all("Authorization"):
            try:
                answer = parse_authorization(value)
            except ParseError:
                continue
            if answer is not None and answer.realm == self.realm:
                return self._judge(answer, request, source, now)
        return Verdict.REFUSED

    def has_asked(self, request: Request, source: str, now: float) -> bool:
        """Whether `request` answers a challenge of ours: its sender is where `source` says. Never raises."""
        for value in request.headers.get_all("Authorization"):
            try:
                answer = parse_authorization(value)
            except ParseError:
                continue
            if answer is not None and answer.realm == self.realm:
                return self._read_nonce(answer.nonce, source, now) != (None, False)
        return False

    def _judge(self, answer: Authorization, request: Request, source: str, now: float) -> Verdict:
        """Everything is computed for everybody, so that time tells nobody whom there is (RFC 7616 §5.14)."""
        algorithm = answer.algorithm
        offered = algorithm in self.algorithms
        if algorithm is None or not offered:
            algorithm = self.algorithms[0] if self.algorithms else Algorithm.SHA_256
        key = self._keys.get((answer.username, algorithm))
        dummy = "0" * algorithm.digits
        expected = response_for(dummy if key is None else key, request.method, answer)
        right = hmac.compare_digest(expected.encode(), answer.response.encode())
        number, fresh = self._read_nonce(answer.nonce, source, now)
        if key is None or not (right and offered and answer.qop in ("", QOP_AUTH)):
            return Verdict.REFUSED
        if not _means(answer.uri, request):
            return Verdict.REFUSED
        # Without qop there is no count: the nonce is good once. One that is not ours for this source dates
        # from before a restart, or from before a NAT gave the peer another address.
        if number is not None and fresh and self._count(number, answer.nc or 1):
            return Verdict.GRANTED
        return Verdict.STALE

    def _nonce(self, source: str, now: float) -> str:
        self._number += 1
        head = f"{int(now * 1000):x}.{self._number:x}"
        return f"{head}.{self._mac(head, source)}"

    def _mac(self, head: str, source: str) -> str:
        text = f"{head}|{source}|{self.realm}"
        return hmac.new(self._key, text.encode("utf-8", "surrogateescape"), sha256).hexdigest()[:_MAC_DIGITS]

    def _read_nonce(self, nonce: str, source: str, now: float) -> tuple[int | None, bool]:
        """The number of a nonce of ours for `source`, None for any other; and whether it is still good."""
        head, _, mac = nonce.rpartition(".")
        if not hmac.compare_digest(self._mac(head, source).encode(), mac.encode("utf-8", "surrogateescape")):
            return None, False
        issued, _, number = head.partition(".")
        return int(number, 16), 0.0 <= now - int(issued, 16) / 1000 + 0.001 <= self._life_s

    def _count(self, number: int, count: int) -> bool:
        """Take a count over; False when it, or a later one, was used before."""
        last = self._counts.get(number)
        if last is None:
            if number <= self._forgotten:
                return False
            self._counts[number] = count
            if len(self._counts) > self._remembered:
                self._forgotten = max(self._forgotten, self._counts.popitem(last=False)[0])
            return True
        if count <= last:
            return False
        self._counts[number] = count
        return True


def _means(uri: str, request: Request) -> bool:
    """Whether the answer was made for this server (§22.4).

    Users and parameters may differ: proxies rewrite them, and some callers leave the user out (sipp does).
    A count is good once, so an answer that was overheard is worth nothing for another user either.
    """
    if uri == str(request.uri):
        return True
    try:
        meant = parse_uri(uri)
    except ParseError:
        return False
    ours = request.uri
    return (meant.host.lower(), meant.effective_port) == (ours.host.lower(), ours.effective_port)
