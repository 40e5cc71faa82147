"""How much each source may send: a token bucket a source, and a ban for strangers who go on and on.

Asked before a byte is looked at. Trunks have a generous rate and are never banned: a forged packet must not
shut a PBX out. What a trunk sends above it as a datagram is dropped, and sent again; on a connection
nothing is sent twice, so it is taken and owed for, and the connection is not read on before that is paid.

Memory is bounded, and what bounds it is no way out of a ban: a ban ends by its time alone, and where the
table of bans is full, further sources are held to their rate without one.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv6Address

BURST_S = 2.0  # a bucket holds what its rate brings in this time
BAN_AFTER = 100  # messages above the rate without a pause in which the bucket fills up again
BUCKETS = 4096  # sources of each kind; the one quiet longest is forgotten, and begins with a full bucket
BANS = 4096  # sources; where it is full, no more are banned, and all are held to their rate
_SWEEP_S = 1.0


class Verdict(Enum):
    """What becomes of a message, or of a connection."""

    PASSED = "within the rate"
    LIMITED = "above the rate: dropped unread"
    BANNING = "above the rate once too often: dropped, and its source banned from now on"
    BANNED = "its source is banned: dropped unread"


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Messages a second from one source; `ban_s` 0 bans nobody."""

    trunk_per_s: float = 500.0
    stranger_per_s: float = 10.0
    ban_s: float = 300.0


@dataclass(slots=True)
class _Bucket:
    """Messages that may still come, as of `at` (seconds), and how many came beyond them."""

    tokens: float
    at: float
    over: int = 0


class SourceRates:
    """The buckets and the bans. Times are seconds of one clock that does not go back."""

    def __init__(self, limits: RateLimits | None = None) -> None:
        self.limits = limits or RateLimits()
        self._trunks: OrderedDict[str | bytes, _Bucket] = OrderedDict()
        self._strangers: OrderedDict[str | bytes, _Bucket] = OrderedDict()
        self._streams: OrderedDict[str | bytes, _Bucket] = OrderedDict()  # of trunks, by connection
        self._bans: dict[str | bytes, float] = {}
        self._swept = 0.0

    def __len__(self) -> int:
        return len(self._trunks) + len(self._strangers) + len(self._streams) + len(self._bans)

    def admit(self, host: str, now: float, *, trusted: bool) -> Verdict:
        """Count one message from `host` (an IP literal) and say what becomes of it."""
        source = source_of(host)
        if trusted:
            return self._take(self._trunks, source, self.limits.trunk_per_s, now)
        until = self._bans.get(source)
        if until is not None:
            if now < until:
                return Verdict.BANNED
            del self._bans[source]
        verdict = self._take(self._strangers, source, self.limits.stranger_per_s, now)
        if (
            verdict is Verdict.LIMITED
            and self._strangers[source].over >= BAN_AFTER
            and self._ban(source, now)
        ):
            del self._strangers[source]
            return Verdict.BANNING
        return verdict

    def owe(self, host: str, now: float) -> None:
        """Count one message that came over a connection of a trunk; it is taken, within its rate or not."""
        self._refill(self._streams, source_of(host), self.limits.trunk_per_s, now).tokens -= 1.0

    def pause_s(self, host: str, now: float) -> float:
        """For how long no connection of the trunk at `host` is to be read; 0 while nothing is owed."""
        bucket = self._streams.get(source_of(host))
        if bucket is None or bucket.tokens >= 0.0:
            return 0.0
        return max(0.0, -bucket.tokens / self.limits.trunk_per_s - (now - bucket.at))

    def exceeded(self, host: str, now: float) -> bool:
        """Whether a stranger has gone above its rate and not been quiet since."""
        bucket = self._strangers.get(source_of(host))
        return self.banned(host, now) or (bucket is not None and bucket.over > 0)

    def banned(self, host: str, now: float) -> bool:
        """Whether `host` is banned at `now`."""
        return now < self._bans.get(source_of(host), 0.0)

    def _take(
        self, buckets: OrderedDict[str | bytes, _Bucket], source: str | bytes, rate: float, now: float
    ) -> Verdict:
        bucket = self._refill(buckets, source, rate, now)
        if bucket.tokens >= 1.0:
            bucket.tokens -= 1.0
            return Verdict.PASSED
        bucket.over += 1
        return Verdict.LIMITED

    def _refill(
        self, buckets: OrderedDict[str | bytes, _Bucket], source: str | bytes, rate: float, now: float
    ) -> _Bucket:
        """The bucket of a source as of now; of one that is new, full."""
        room = max(1.0, rate * BURST_S)
        bucket = buckets.get(source)
        if bucket is None:
            bucket = buckets[source] = _Bucket(room, now)
            if len(buckets) > BUCKETS:
                buckets.popitem(last=False)
        else:
            buckets.move_to_end(source)
            bucket.tokens += (now - bucket.at) * rate
            bucket.at = now
            if bucket.tokens >= room:
                bucket.tokens, bucket.over = room, 0
        return bucket

    def _ban(self, source: str | bytes, now: float) -> bool:
        if self.limits.ban_s <= 0:
            return False
        if len(self._bans) >= BANS and now >= self._swept + _SWEEP_S:
            self._swept = now
            for over in [each for each, until in self._bans.items() if until <= now]:
                del self._bans[over]
        if len(self._bans) >= BANS:
            return False
        self._bans[source] = now + self.limits.ban_s
        return True


def source_of(host: str) -> str | bytes:
    """What is counted as one source: an IPv4 address, or the /64 that one IPv6 subscriber has whole."""
    if ":" not in host:
        return host
    address = IPv6Address(host.partition("%")[0])
    return host if address.ipv4_mapped is not None else address.packed[:8]
