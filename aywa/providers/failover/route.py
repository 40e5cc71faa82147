"""One way to a provider: who, how long it may take, and whether it is well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from aywa.errors import ProviderError, ProviderFault
from aywa.proto.circuit import Circuit, CircuitState

ProviderT = TypeVar("ProviderT")

FAILURES = 2  # in a row, over all calls: one may be chance, and a caller waits for each
OPEN_S = (5.0, 10.0, 20.0, 40.0, 60.0)
REFUSED_S = 60.0  # a key that is wrong or an account that is empty is mended by people
UNASKED_S = 5.0  # rate limited, and no word of how long
PROBE_S = 10.0  # a probe that has not told by then was cancelled with its call


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a route may take, in seconds. The one that is the last resort gets `patience_s` instead.

    `first_s`: to the first token or the first sound, `next_s` from each to the next. `open_s`: to open a
    recogniser. `sign_s`: from the beginning of speech to a recogniser's first sign of life, `final_s`: from
    the end of speech to its final.
    """

    first_s: float = 1.2
    next_s: float = 1.2
    open_s: float = 1.2
    sign_s: float = 1.2
    final_s: float = 1.0
    probe_s: float = 0.6  # of a route that has failed before, and is asked whether it is back
    patience_s: float = 8.0


@dataclass(frozen=True, slots=True)
class Route(Generic[ProviderT]):
    """`name` is `provider` or `provider/model`, as prices have it. `key`: what of it is well or not, for one:
    the organisation's credential beside the name; "" is the name. `hedge_after_ms`: the next route is asked
    too when this one has given nothing by then, and whichever is first answers; None: not before it is late.
    """

    name: str
    provider: ProviderT
    deadlines: Deadlines = field(default_factory=Deadlines)
    hedge_after_ms: int | None = None
    key: str = ""


class Fitness(Enum):
    """Whether a route is to be asked."""

    WELL = "yes"
    PROBE = "by one request, that tells whether it is back"
    ILL = "no"


class RouteHealth:
    """Of one route, over all calls of the process. `now`: monotonic seconds."""

    def __init__(self) -> None:
        self._circuit = Circuit(FAILURES, OPEN_S)
        self._probed_until = 0.0

    def fitness(self, now: float) -> Fitness:
        """At this moment."""
        match self._circuit.state(now):
            case CircuitState.CLOSED:
                return Fitness.WELL
            case CircuitState.OPEN:
                return Fitness.ILL
        return Fitness.PROBE if now >= self._probed_until else Fitness.ILL

    def asked(self, now: float) -> None:
        """A request begins; as long as it is a probe, there is no other."""
        if self._circuit.state(now) is CircuitState.TRYING:
            self._probed_until = now + PROBE_S

    def succeeded(self, began: float) -> bool:
        """It did what was asked of it then; True when it had been ill before."""
        before = self._circuit.idle
        self._circuit.succeeded(began)
        self._probed_until = 0.0
        return not before and self._circuit.idle

    def failed(self, now: float, error: ProviderError) -> None:
        """It did not."""
        self._probed_until = 0.0
        match fault_of(error):
            case ProviderFault.UNAUTHORISED | ProviderFault.FUNDS | ProviderFault.REFUSED:
                self._circuit.failed(now, REFUSED_S)
            case ProviderFault.RATE_LIMITED:
                self._circuit.failed(now, UNASKED_S if error.retry_after_s is None else error.retry_after_s)
            case ProviderFault.BAD_REQUEST:
                return  # of what was asked, not of who was asked
            case _:
                self._circuit.failed(now, error.retry_after_s)

    def released(self) -> None:
        """What was asked was taken back: nothing is known."""
        self._probed_until = 0.0


class Health:
    """Of all routes of the process, by stage and key. `listener` hears (stage, name, well) of each change."""

    def __init__(self, listener: Callable[[str, str, bool], None] | None = None) -> None:
        self._routes: dict[tuple[str, str], RouteHealth] = {}
        self.paces: dict[str, float] = {}  # samples of 8 kHz a character, by voice, as they are learned
        self.listener = listener

    def of(self, stage: str, key: str) -> RouteHealth:
        """One route's."""
        return self._routes.setdefault((stage, key), RouteHealth())

    def ill(self, now: float) -> list[tuple[str, str]]:
        """The routes that are not asked at the moment."""
        return [where for where, health in self._routes.items() if health.fitness(now) is not Fitness.WELL]


def fault_of(error: ProviderError) -> ProviderFault:
    """The kind of a failure, where nobody has said it the usual one."""
    return error.fault or ProviderFault.UNAVAILABLE
