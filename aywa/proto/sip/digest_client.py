"""Answering digest challenges: RFC 3261 §22.2 and §22.3, RFC 7616 §3.3 to §3.6, RFC 8760 §2.4."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from aywa.errors import ParseError, RemoteProtocolError
from aywa.ids import new_token
from aywa.proto.sip.digest import (
    QOP_AUTH,
    Authorization,
    Challenge,
    Credentials,
    parse_challenges,
    parse_next_nonce,
    response_for,
)
from aywa.proto.sip.grammar import unquote
from aywa.proto.sip.message import Request, Response

if TYPE_CHECKING:
    from random import Random  # the type only: this floor never draws from a source of its own

MAX_ROUNDS = 5  # challenges answered for one request: two proxies and a server, one nonce of each stale
_REALM_SHOWN = 80  # characters of a peer's realm that a message of ours repeats
_HEADERS = (("WWW-Authenticate", "Authorization"), ("Proxy-Authenticate", "Proxy-Authorization"))
_Space: TypeAlias = tuple[str, str]  # the header that answers, and the realm


class AuthenticationRefused(RemoteProtocolError):  # noqa: N818 - says what happened
    """The peer does not take our credentials. `realm` is the peer's word; the secret is nowhere in here."""

    code = "authentication-refused"

    def __init__(self, why: str, realm: str) -> None:
        self.realm = unquote(realm)[:_REALM_SHOWN]
        super().__init__(f"realm {self.realm!r}: {why}", status_hint=502)


@dataclass(slots=True)
class Attempt:
    """One request on its way through challenges, as often as it is sent."""

    answered: set[_Space] = field(default_factory=set)
    was_stale: set[_Space] = field(default_factory=set)
    rounds: int = 0


@dataclass(slots=True)
class _Known:
    """The challenge of one protection space, and how often its nonce was used."""

    challenge: Challenge
    cnonce: str  # one for all uses: the key of a `-sess` algorithm holds it (RFC 7616 §3.4.2)
    count: int = 0


class DigestClient:
    """Credentials for one call or one registration, and the challenges it has met.

    `authorize` every request; give each 401 and 407 to `answer` and send the request again when that
    returns; give each 2xx to `accept`.
    """

    def __init__(self, credentials: Credentials, rng: Random) -> None:
        self._credentials = credentials
        self._rng = rng
        self._known: dict[_Space, _Known] = {}

    def authorize(self, request: Request, sent: Request | None = None) -> None:
        """Put an answer to every challenge met so far into `request`, in the place of older ones.

        An ACK takes over those of the INVITE it belongs to, `sent` (RFC 3261 §22.1).
        """
        for _, header in _HEADERS:
            request.headers.remove(header)
        if sent is not None:
            for _, header in _HEADERS:
                for value in sent.headers.get_all(header):
                    request.headers.add(header, value)
            return
        for (header, _), known in self._known.items():
            request.headers.add(header, str(self._answer(known, request)))

    def answer(self, response: Response, attempt: Attempt) -> None:
        """Take the challenges of a 401 or 407 over. Raises AuthenticationRefused when they lead nowhere.

        A stale nonce is answered once more, and so is the first challenge that a nonce used again meets;
        a second one is the end.
        """
        attempt.rounds += 1
        chosen = self._choose(response)
        for space, challenge in chosen.items():
            if space in attempt.answered:
                if not challenge.stale or space in attempt.was_stale:
                    raise AuthenticationRefused("the credentials were refused", space[1])
                attempt.was_stale.add(space)
            elif attempt.rounds > MAX_ROUNDS:
                raise AuthenticationRefused("one challenge after the other", space[1])
        for space, challenge in chosen.items():
            attempt.answered.add(space)
            self._known[space] = _Known(challenge, new_token(self._rng))

    def accept(self, response: Response) -> None:
        """A 2xx came: follow the nonce it names for next time (RFC 7616 §3.5)."""
        for name, answered_by in (
            ("Authentication-Info", "Authorization"),
            ("Proxy-Authentication-Info", "Proxy-Authorization"),
        ):
            text = response.headers.get(name)
            spaces = [space for space in self._known if space[0] == answered_by]
            if text is None or len(spaces) != 1:
                continue  # it names no realm, so with two it says nothing
            try:
                nonce = parse_next_nonce(text)
            except ParseError:
                continue
            if nonce is not None:
                old = self._known[spaces[0]].challenge
                self._known[spaces[0]] = _Known(
                    Challenge(old.realm, nonce, old.algorithm, old.qop, opaque=old.opaque),
                    new_token(self._rng),
                )

    def _choose(self, response: Response) -> dict[_Space, Challenge]:
        """The strongest challenge of each protection space that can be answered."""
        chosen: dict[_Space, Challenge] = {}
        seen: list[Challenge] = []
        for asks, answers in _HEADERS:
            try:
                challenges = parse_challenges(response.headers.get_all(asks), asks)
            except ParseError as error:
                raise AuthenticationRefused(f"the challenge cannot be read: {error.detail}", "") from None
            seen += challenges
            for challenge in challenges:
                if not self._can(challenge):
                    continue
                space = (answers, challenge.realm)
                best = chosen.get(space)
                if best is None or _strength(challenge) > _strength(best):
                    chosen[space] = challenge
        if not chosen:
            raise AuthenticationRefused(*self._why_not(seen))
        return chosen

    def _can(self, challenge: Challenge) -> bool:
        known = challenge.algorithm
        if known is None or (challenge.qop and QOP_AUTH not in challenge.qop):
            return False
        if known.is_session and not challenge.qop:
            return False  # its key holds a cnonce that nothing would carry
        return self._credentials.key_for(known, challenge.realm) is not None

    def _why_not(self, challenges: list[Challenge]) -> tuple[str, str]:
        """Why none of these can be answered, and the realm of the first."""
        if not challenges:
            return "no digest challenge", ""
        realm = challenges[0].realm
        if all(challenge.algorithm is None for challenge in challenges):
            return "no algorithm that is known here", realm
        if all("auth-int" in c.qop and QOP_AUTH not in c.qop for c in challenges if c.algorithm):
            return "only qop=auth-int is offered, and that is not spoken here", realm
        if all(c.qop and QOP_AUTH not in c.qop for c in challenges if c.algorithm):
            return "no qop that is known here", realm
        return "no credentials for it", realm

    def _answer(self, known: _Known, request: Request) -> Authorization:
        challenge = known.challenge
        algorithm = challenge.algorithm
        assert algorithm is not None, "a challenge of an unknown algorithm is not chosen"
        known.count += 1
        with_qop = QOP_AUTH in challenge.qop
        answer = Authorization(
            self._credentials.username,
            challenge.realm,
            challenge.nonce,
            str(request.uri),
            "",
            algorithm,
            known.cnonce if with_qop else "",
            QOP_AUTH if with_qop else "",
            known.count if with_qop else 0,
            challenge.opaque,
        )
        key = self._credentials.key_for(algorithm, challenge.realm)
        assert key is not None, "checked when it was chosen"
        return replace(answer, response=response_for(key, request.method, answer))


def _strength(challenge: Challenge) -> tuple[int, bool]:
    assert challenge.algorithm is not None, "only those that can be answered are compared"
    return challenge.algorithm.strength, bool(challenge.qop)
