"""Who is listened to: decided by the source and a glance at the bytes, before anything is parsed.

```
rate of the source -> keep-alive? -> response we wait for? -> scanner? -> trunk? -> policy for strangers
```
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from aywa.log import get_logger
from aywa.proto.sip.parser import is_keepalive
from aywa.settings import StrangerPolicy
from aywa.ua.rates import RateLimits, SourceRates, Verdict
from aywa.ua.scanners import is_scanner
from aywa.ua.sparing import SparingLog

_log = get_logger("sip")


class Entry(Enum):
    """What becomes of a message."""

    TAKEN = "parsed and acted on"
    FORBIDDEN = "answered with 403 and forgotten"
    DROPPED = "not answered"


class Welcome(Enum):
    """What becomes of a connection."""

    OPEN = "kept for as long as it is used"
    BRIEF = "kept for the time of one refusal"
    CLOSED = "closed at once"


@dataclass(slots=True)
class EndpointCounters:
    """What came and what became of it; each only grows."""

    datagrams: int = 0
    keepalives: int = 0
    unknown_peers: int = 0
    scanners: int = 0
    limited: int = 0  # above the rate of their source
    banned: int = 0  # from a source that is banned for going on above its rate
    bans: int = 0
    broken: int = 0
    pauses: int = 0  # of a trunk's connections, while it was above its rate
    send_errors: int = 0
    faults: int = 0  # inputs that met a bug of ours; anything but 0 is one


class Admission:
    """The door. `is_known` says whether an IP literal is a trunk's, or of a call that is up."""

    def __init__(
        self, is_known: Callable[[str], bool], policy: StrangerPolicy, limits: RateLimits | None = None
    ) -> None:
        self.counters = EndpointCounters()
        self.rates = SourceRates(limits)
        self._is_known = is_known
        self._policy = policy
        self._sparing = SparingLog(_log)

    def admit(self, data: bytes, host: str, now: float, *, awaits: bool, by_stream: bool = False) -> Entry:
        """Judge a message from `host`; `awaits`: responses are expected.

        `by_stream`: over a connection, whose reader asks `pause_s` before it reads on.
        """
        known = self._is_known(host)
        if known and by_stream:
            self.rates.owe(host, now)
        elif not self._within_rate(host, now, known):
            return Entry.DROPPED
        if is_keepalive(data):
            self.counters.keepalives += 1
            return Entry.DROPPED
        # A response may come from another address than its request went to; it finds its transaction by a
        # branch that nobody can guess.
        if data[:4].upper() == b"SIP/":
            if known or awaits:
                return Entry.TAKEN
        elif is_scanner(data):
            self.counters.scanners += 1
            return Entry.DROPPED
        return Entry.TAKEN if known else self._refuse(host, now)

    def pause_s(self, host: str, now: float) -> float | None:
        """For how long a connection of `host` is not to be read; None: it is to be closed."""
        if not self._is_known(host):
            return None if self.rates.exceeded(host, now) else 0.0
        pause_s = self.rates.pause_s(host, now)
        if pause_s > 0.0:
            self.counters.pauses += 1
            self._sparing.say("sip.reading_paused", now, peer=host, setting="RUNTIME_SIP_TRUNK_RATE")
        return pause_s

    def connect(self, host: str, now: float) -> Welcome:
        """Judge a connection from `host`."""
        known = self._is_known(host)
        if not self._within_rate(host, now, known):
            return Welcome.CLOSED
        if known:
            return Welcome.OPEN
        if self._policy is StrangerPolicy.FORBIDDEN:
            return Welcome.BRIEF
        self._refuse(host, now)
        return Welcome.CLOSED

    def _within_rate(self, host: str, now: float, known: bool) -> bool:
        verdict = self.rates.admit(host, now, trusted=known)
        if verdict is Verdict.PASSED:
            return True
        if verdict is Verdict.BANNED:
            self.counters.banned += 1
        else:
            self.counters.limited += 1
            if verdict is Verdict.BANNING:
                self.counters.bans += 1
                self._sparing.say("sip.banned", now, peer=host, seconds=self.rates.limits.ban_s)
            elif known:
                self._sparing.say("sip.rate_limited", now, peer=host, setting="RUNTIME_SIP_TRUNK_RATE")
        return False

    def _refuse(self, host: str, now: float) -> Entry:
        """Silence, unless the policy is 403: an answer tells scanners that someone is here."""
        self.counters.unknown_peers += 1
        self._sparing.say("sip.unknown_peer", now, peer=host, setting="RUNTIME_SIP_TRUNKS")
        return Entry.FORBIDDEN if self._policy is StrangerPolicy.FORBIDDEN else Entry.DROPPED
