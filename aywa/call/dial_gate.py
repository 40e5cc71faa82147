"""What may be dialled: asked before any INVITE leaves, by calls, transfers and redirects alike.

Nothing is allowed that is not said: without a trunk that dials out, a prefix that allows the number or a user
that is listed, the call is refused. The URI of an INVITE is built from what was checked, never from what was
asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

from aywa.call.dial_outcome import DialRefused
from aywa.call.dial_request import DialRequest
from aywa.call.dial_route import Route, caller_uri, host_uri, number_uri, short_uri
from aywa.call.dialler_port import DiallerPort
from aywa.dialling.destination import Destination, Emergency, SipUser, parse_destination, user_of
from aywa.dialling.numbers import BadNumber, Number, parse_number
from aywa.dialling.policy import NumberPolicy
from aywa.dialling.ranges import EMERGENCY
from aywa.dialling.usage import DialTime, LimitReached, Ticket, Usage
from aywa.proto.sip.uri import Uri, parse_uri
from aywa.settings import DialLimits, DialSettings, TrunkDialling, TrunkSettings

_PATTERN = frozenset("0123456789X")


@dataclass(frozen=True, slots=True)
class Dialling:
    """What a process dials with."""

    dialler: DiallerPort
    gate: DialGate


class DialGate:
    """Decides by destination, trunk and what was dialled already; one for the whole process."""

    def __init__(
        self, trunks: Sequence[TrunkSettings], settings: DialSettings, time: Callable[[], DialTime]
    ) -> None:
        """`trunks` in the order in which they are tried."""
        self.usage = Usage()
        self.refused: dict[str, int] = {}  # by code, for the metrics
        self._trunks = tuple(trunk for trunk in trunks if trunk.dial is not None)
        self._settings = settings
        self._policy = NumberPolicy(settings)
        self._time = time

    def admit(self, request: DialRequest) -> Admission:
        """Count one call; close what is returned when it is over.

        Raises BadNumber for what is no destination, DialRefused for one that may not be called or a number
        that may not be shown, and LimitReached.
        """
        try:
            return self._admit(request)
        except (BadNumber, DialRefused, LimitReached) as error:
            self.refused[error.code] = self.refused.get(error.code, 0) + 1
            raise

    def may_follow(self, target: Uri, route: Route) -> bool:
        """Whether a redirect of a call on `route` to `target` is followed: the same rules, on its own trunk.

        The URI is called as it stands, so it must be written just as a call of ours would be.
        """
        dialling = route.trunk.dial
        assert dialling is not None, "routes lead through trunks that dial"
        try:
            user = user_of(target)
            if user.host not in _hosts(dialling):
                return False
            if _is_listed(user, dialling):
                return self._no_emergency(user.user)
            written = target.user_text
            digits = written.removeprefix("+" if written.startswith("+") else dialling.prefix)
            number = parse_number(f"+{digits}")
        except BadNumber:
            return False
        exact = written in (f"+{number.digits}", f"{dialling.prefix}{number.digits}")
        return exact and self._policy.permits_through(number, dialling.allow)

    def _admit(self, request: DialRequest) -> Admission:
        routes = self._routes(request, parse_destination(request.destination, self._settings.home))
        time = self._time()
        open_ones, full = [], None
        for route in routes:
            try:
                self.usage.check(*_scope_of(route.trunk), time)
                open_ones.append(route)
            except LimitReached as error:
                full = full or error
        if full is not None and not open_ones:
            raise full
        ticket = self.usage.take(request.scope, self._settings.per_key, time)
        return Admission(tuple(open_ones), self, ticket)

    def _routes(self, request: DialRequest, wanted: Destination) -> list[Route]:
        """The ways to call, the best first; at least one. Raises DialRefused."""
        trunks = [trunk for trunk in self._trunks if request.trunk in (None, trunk.name)]
        if not trunks:
            raise DialRefused("No trunk of that name dials out" if request.trunk else "No trunk dials out")
        if isinstance(wanted, Emergency) and wanted.digits not in self._settings.emergency:
            raise DialRefused("Emergency numbers may not be dialled here")
        reaching = [(trunk, uri) for trunk in trunks if (uri := self._reach(trunk, wanted)) is not None]
        if not reaching:
            raise DialRefused("The destination is not on the list of what may be dialled")
        routes = [
            Route(trunk, uri, caller)
            for trunk, uri in reaching
            if (caller := _caller(trunk, request.from_number)) is not None
        ]
        if not routes:
            raise DialRefused("The number to be shown is not one of the trunk's")
        return routes

    def _reach(self, trunk: TrunkSettings, wanted: Destination) -> Uri | None:
        """By which URI this trunk reaches a destination; None where it may not."""
        dialling = trunk.dial
        assert dialling is not None, "the others were left out"
        server = parse_uri(dialling.server)
        number: Number | None
        match wanted:
            case Emergency(digits):
                return short_uri(server, digits)
            case SipUser(host=host, number=number):
                if host not in _hosts(dialling):
                    return None
                if _is_listed(wanted, dialling) and self._no_emergency(wanted.user):
                    return host_uri(wanted.user, host, wanted.port, wanted.transport)
            case Number():
                number = wanted
        if number is None or not self._policy.permits_through(number, dialling.allow):
            return None
        return number_uri(server, dialling, number.digits)

    def _no_emergency(self, user: str) -> bool:
        return user not in EMERGENCY or user in self._settings.emergency

    def begin(self, trunk: TrunkSettings) -> Ticket:
        """Count an INVITE through a trunk. Raises LimitReached."""
        return self.usage.take(*_scope_of(trunk), self._time())

    def answered(self, ticket: Ticket) -> None:
        """The minutes of a ticket run from now on."""
        self.usage.answered(ticket, self._time())

    def over(self, ticket: Ticket) -> None:
        """What a ticket counted is over."""
        self.usage.over(ticket, self._time())

    def exhausted(self, ticket: Ticket) -> bool:
        """Whether the minutes that a ticket counts in are used up."""
        return self.usage.exhausted(ticket, self._time())


class Admission:
    """Leave to make one call: by which routes, and what it counts as until it is closed."""

    def __init__(self, routes: tuple[Route, ...], gate: DialGate, ticket: Ticket) -> None:
        self.routes = routes
        self._gate = gate
        self._tickets = [ticket]

    def begin(self, route: Route) -> None:
        """An INVITE is about to leave. Raises LimitReached, and then it may not."""
        self._tickets.append(self._gate.begin(route.trunk))

    def failed(self) -> None:
        """The INVITE that began last was not answered."""
        if len(self._tickets) > 1:
            self._gate.over(self._tickets.pop())

    def answered(self) -> None:
        """Somebody answered it."""
        for ticket in self._tickets:
            self._gate.answered(ticket)

    def exhausted(self) -> bool:
        """Whether the minutes of the key or the trunk are used up."""
        return any(self._gate.exhausted(ticket) for ticket in self._tickets)

    def close(self) -> None:
        """The call is over; twice is once."""
        for ticket in self._tickets:
            self._gate.over(ticket)

    def __enter__(self) -> Admission:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _scope_of(trunk: TrunkSettings) -> tuple[str, DialLimits]:
    assert trunk.dial is not None, "others are never asked"
    return f"trunk:{trunk.name}", trunk.dial.limits


def _hosts(dialling: TrunkDialling) -> tuple[str, ...]:
    return (parse_uri(dialling.server).host.lower(), *(host.lower() for host in dialling.hosts))


def _is_listed(user: SipUser, dialling: TrunkDialling) -> bool:
    return any(_matches(user.user, pattern) for pattern in dialling.users)


def _matches(user: str, pattern: str) -> bool:
    """A name as it stands; a pattern of digits, where X is any, only for digits of the same length."""
    if not set(pattern) <= _PATTERN:
        return user == pattern
    return len(user) == len(pattern) and all(
        c.isdigit() if p == "X" else c == p for c, p in zip(user, pattern, strict=True)
    )


def _caller(trunk: TrunkSettings, wanted: str | None) -> Uri | None:
    """Who is shown as calling; None where the trunk does not have the number."""
    dialling = trunk.dial
    assert dialling is not None, "the others were left out"
    server = parse_uri(dialling.server)
    if wanted is None:
        return caller_uri(server, trunk, dialling.callers[0] if dialling.callers else None)
    return caller_uri(server, trunk, wanted) if wanted in dialling.callers else None
