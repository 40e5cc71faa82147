"""What a new call must show before anybody hears of it: credentials, where its trunk has users, and room.

A peer is challenged only when its trunk has users: an address that is enough is never asked for more.

A trunk at one of its caps hears 503 with Retry-After (RFC 3261 §21.5.4): that makes a proxy try the next
instance (RFC 3263 §4.3) and stay away for a while. 486 and 480 would say that the callee is busy or away, and
end the attempt everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from aywa.log import get_logger
from aywa.proto.sip.build import response_to
from aywa.proto.sip.digest import Algorithm
from aywa.proto.sip.digest_server import DigestServer, Verdict
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.routing import Address
from aywa.proto.sip.stream_address import StreamAddress
from aywa.ua.bans import BAN_S, Bans
from aywa.ua.caps import Place, TrunkCaps
from aywa.ua.sparing import SparingLog
from aywa.ua.trunk import Trunks, credentials_of

_log = get_logger("sip")


@dataclass(slots=True)
class GateCounters:
    """What was asked for and refused; each only grows."""

    challenged: int = 0
    granted: int = 0
    stale: int = 0
    refused: int = 0
    banned: int = 0


class Gate:
    """Asked before each new call. `key`: 16 random bytes or more, this process's own.

    `capacity`: calls that the process takes, of which each trunk has a share; None: without a share.
    """

    def __init__(self, trunks: Trunks, realm: str, key: bytes, capacity: int | None = None) -> None:
        self.counters = GateCounters()
        self._bans = Bans()
        self.trunks = trunks
        self.caps = TrunkCaps(trunks, capacity)
        self._sparing = SparingLog(_log)
        self._servers = {
            trunk.name: DigestServer(
                realm,
                [credentials_of(user) for user in trunk.inbound],
                key=key,
                algorithms=[Algorithm(name) for name in trunk.algorithms or ("MD5",)],
            )
            for trunk in trunks.named
            if trunk.inbound
        }

    def check(self, request: Request, source: Address, now: float) -> Response | None:
        """The refusal a new INVITE has earned, or None, and then it counts as a call of its trunk."""
        return self._prove(request, source, now) or self._count(request, source, now)

    def hold(self, source: Address, now: float) -> Place:
        """The place of a call from there that `check` has let in."""
        return self.caps.hold(source[0], now, proved=self._hears(source))

    def _hears(self, source: Address) -> bool:
        """Whether who is let in from there hears us: he has a connection, or answered a challenge."""
        trunk = self.trunks.of(source[0])
        return isinstance(source, StreamAddress) or (trunk is not None and trunk.name in self._servers)

    def _count(self, request: Request, source: Address, now: float) -> Response | None:
        """The refusal of one call too many; all that is written of it is a line now and then."""
        replaces = "Replaces" in request.headers
        limit = self.caps.admit(source[0], now, proved=self._hears(source), replaces=replaces)
        if limit is None:
            return None
        trunk = self.trunks.scope_of(source[0])
        self._sparing.say("sip.trunk_full", now, peer=trunk, status=503, limit=limit.value)
        return response_to(request, 503, headers=(("Retry-After", str(limit.retry_after_s)),))

    def _prove(self, request: Request, source: Address, now: float) -> Response | None:
        trunk = self.trunks.of(source[0])
        if trunk is None:
            return None  # the address is one that we are in a call with
        server = self._servers.get(trunk.name)
        if server is None:
            return None
        if self._bans.banned(source[0], now):
            self.counters.banned += 1
            return response_to(request, 403)
        return self._challenge(server, request, source[0], now)

    def _challenge(self, server: DigestServer, request: Request, host: str, now: float) -> Response | None:
        verdict = server.judge(request, host, now)
        counters = self.counters
        match verdict:
            case Verdict.GRANTED:
                counters.granted += 1
                self._bans.proved(host)
                return None
            case Verdict.STALE:
                counters.stale += 1
            case Verdict.REFUSED if "Authorization" in request.headers:
                counters.refused += 1
                # Neither who it claimed to be nor what it sent.
                self._sparing.say("sip.credentials_refused", now, peer=host)
                if server.has_asked(request, host, now) and self._bans.failed(host, now):
                    self._sparing.say("sip.banned", now, peer=host, seconds=BAN_S)
            case _:
                counters.challenged += 1
        asks = server.challenges(host, now, stale=verdict is Verdict.STALE)
        return response_to(request, 401, headers=[("WWW-Authenticate", ask) for ask in asks])
