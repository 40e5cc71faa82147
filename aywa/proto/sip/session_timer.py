"""Session timers: who refreshes, how often, and when a silent session is over (RFC 4028).

```
agreed or refreshed ------------ interval/2 ------- interval - min(32, interval/3) --- interval
                                 the refresher      whoever still waits sends BYE      proxies forget
                                 sends UPDATE or
                                 re-INVITE
```

Roles are named per transaction on the wire (`refresher=uac` is who sent this request) and per side in here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from aywa.errors import LocalProtocolError, ParseError
from aywa.proto.sip.build import response_to
from aywa.proto.sip.grammar import LWS, parse_number, parse_parameters
from aywa.proto.sip.machine import next_states
from aywa.proto.sip.message import Request, Response

LOWEST_S = 90  # no Min-SE may be less (§4), and a missing one means this
LONGEST_S = 2**31 - 1
MARGIN_S = 32.0  # how long before the end the BYE is sent, at most (§10)
_DELTA = re.compile(rf"{LWS}([0-9]++){LWS}(.*+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """What this user agent asks of every session.

    `interval_s`: within how many seconds a session must be refreshed, 0 to leave it to the peer;
    `min_interval_s`: the shortest interval accepted, at least 90 (else ValueError); `reliable`: offer 100rel
    (RFC 3262).
    """

    interval_s: int = 1800
    min_interval_s: int = LOWEST_S
    reliable: bool = True

    def __post_init__(self) -> None:
        if self.min_interval_s < LOWEST_S or 0 < self.interval_s < self.min_interval_s:
            raise ValueError("a session interval is 0 or at least its minimum, which is at least 90 s")


class Refresher(Enum):
    """The value of the `refresher` parameter."""

    UAC = "uac"
    UAS = "uas"


@dataclass(frozen=True, slots=True)
class SessionExpires:
    """A Session-Expires header (§4): seconds, and who refreshes if it says so."""

    seconds: int
    refresher: Refresher | None = None

    def __str__(self) -> str:
        return f"{self.seconds}" + (f";refresher={self.refresher.value}" if self.refresher else "")


def parse_session_expires(text: str) -> SessionExpires:
    """Read a Session-Expires; a refresher that is neither uac nor uas raises ParseError."""
    match = _DELTA.fullmatch(text)
    if match is None:
        raise ParseError("Malformed Session-Expires", where="Session-Expires")
    seconds = parse_number(match[1], "Session-Expires", maximum=LONGEST_S)
    refresher = parse_parameters(match[2], "Session-Expires").get("refresher")
    if refresher is None:
        return SessionExpires(seconds)
    try:
        return SessionExpires(seconds, Refresher(refresher.lower()))
    except ValueError:
        raise ParseError("A refresher is uac or uas", where="Session-Expires") from None


def parse_min_se(text: str) -> int:
    """Read a Min-SE: seconds."""
    match = _DELTA.fullmatch(text)
    if match is None:
        raise ParseError("Malformed Min-SE", where="Min-SE")
    parse_parameters(match[2], "Min-SE")
    return parse_number(match[1], "Min-SE", maximum=LONGEST_S)


def refuse_interval(request: Request, policy: SessionPolicy) -> Response | None:
    """The answer to an INVITE or UPDATE whose timer headers are broken (400) or too short (422), or None.

    A sender without `timer` cannot act on a 422: a proxy put the interval in, and may lower nothing (§9).
    """
    try:
        asked = _asked(request)
        _minimum(request)
    except ParseError as error:
        return response_to(request, 400, f"Malformed {error.where}")
    if asked is None or "timer" not in request.supported or asked.seconds >= policy.min_interval_s:
        return None
    return response_to(request, 422, headers=(("Min-SE", str(policy.min_interval_s)),))


def interval_wanted(response: Response) -> int:
    """The Min-SE of a 422: seconds, 0 when it says none that can be read."""
    try:
        return _minimum(response)
    except ParseError:
        return 0


def _asked(message: Request | Response) -> SessionExpires | None:
    value = message.headers.get("Session-Expires")
    return None if value is None else parse_session_expires(value)


def _minimum(message: Request | Response) -> int:
    value = message.headers.get("Min-SE")
    return 0 if value is None else parse_min_se(value)


class State(Enum):
    """What is agreed about refreshing."""

    OFF = "no interval is agreed: the session lasts until someone hangs up"
    REFRESHER = "we refresh at half the interval"
    REFRESHEE = "the peer refreshes, and we wait for it"
    EXPIRED = "nobody refreshed in time, or the session is over"


_AGREED = (
    ("we refresh", State.REFRESHER),
    ("the peer refreshes", State.REFRESHEE),
    ("no interval", State.OFF),
    ("over", State.EXPIRED),
)
TRANSITIONS: tuple[tuple[State, str, State], ...] = (
    *((State.OFF, event, target) for event, target in _AGREED),
    *((State.REFRESHER, event, target) for event, target in _AGREED),
    *((State.REFRESHEE, event, target) for event, target in _AGREED),
    (State.EXPIRED, "over", State.EXPIRED),
)
_NEXT = next_states(TRANSITIONS)
_Headers = tuple[tuple[str, str], ...]


class SessionClock:
    """The interval of one session, and its two moments (monotonic seconds; None while OFF).

    `refresh_at`: when we refresh, None unless we are the refresher; `expire_at`: when BYE is due.
    """

    state: State = State.OFF

    def __init__(self, policy: SessionPolicy) -> None:
        self.interval_s = policy.interval_s
        self.refresh_at: float | None = None
        self.expire_at: float | None = None
        self._policy = policy
        self._minimum = policy.min_interval_s  # the greatest Min-SE met so far (§7.4)

    # -- as the sender of an INVITE or UPDATE

    def ask(self) -> _Headers:
        """The headers of a request of ours (§7.1, §7.4); a session that has its roles keeps them."""
        if not self.interval_s:
            return ()
        role = {State.REFRESHER: Refresher.UAC, State.REFRESHEE: Refresher.UAS}.get(self.state)
        asked = SessionExpires(max(self.interval_s, self._minimum), role)
        return (("Session-Expires", str(asked)), ("Min-SE", str(self._minimum)))

    def raise_to(self, response: Response) -> bool:
        """Take the Min-SE of a 422 (§7.3); False when asking again would not help."""
        wanted = interval_wanted(response)
        if wanted <= max(self.interval_s, self._minimum) and wanted <= self._minimum:
            return False
        self._minimum = max(self._minimum, wanted)
        self.interval_s = max(self.interval_s, wanted)
        return True

    def answered(self, response: Response, now: float) -> None:
        """A 2xx to our request came: take what it settles (§7.2). Unreadable is taken as absent."""
        try:
            settled = _asked(response)
        except ParseError:
            settled = None
        if settled is None or not settled.seconds:
            self._settle("no interval", 0, now)
            return
        ours = settled.refresher is not Refresher.UAS
        self._settle("we refresh" if ours else "the peer refreshes", settled.seconds, now)

    # -- as the receiver

    def answer(self, request: Request, now: float) -> _Headers:
        """The headers of our 2xx to `request`, which has passed `refuse_interval` (§9); settles the roles."""
        asked = _asked(request)
        capable = "timer" in request.supported
        if asked is None and not (capable and self._policy.interval_s):
            self._settle("no interval", 0, now)
            return ()
        # Never longer than asked for, never shorter than anybody's minimum.
        low = max(_minimum(request), self._minimum)
        ours = self._policy.interval_s
        seconds = max(ours, low) if asked is None else asked.seconds
        if asked is not None and 0 < ours < seconds:
            seconds = max(ours, low) if low <= seconds else seconds
        role = asked.refresher if asked is not None else None
        if not capable:
            role = Refresher.UAS  # who cannot refresh need not be asked (§9, table 2)
        elif role is None:
            role = Refresher.UAS if self.state is State.REFRESHER else Refresher.UAC
        self._settle("we refresh" if role is Refresher.UAS else "the peer refreshes", seconds, now)
        headers: _Headers = (("Session-Expires", str(SessionExpires(seconds, role))),)
        return (("Require", "timer"), *headers) if role is Refresher.UAC else headers

    def over(self) -> None:
        """Nothing is refreshed any more."""
        self._settle("over", 0, 0.0)

    def _settle(self, event: str, seconds: int, now: float) -> None:
        self._enter(event)
        self.refresh_at = self.expire_at = None
        if seconds:
            # A peer's shorter interval is illegal (§4) and would have us refresh without end.
            self.interval_s = seconds = max(seconds, LOWEST_S)
            self.expire_at = now + seconds - min(MARGIN_S, seconds / 3)
            if self.state is State.REFRESHER:
                self.refresh_at = now + seconds / 2

    def _enter(self, event: str) -> None:
        target = _NEXT.get((self.state, event))
        if target is None:
            raise LocalProtocolError(f"session timer: {event} while {self.state.value}")
        self.state = target
