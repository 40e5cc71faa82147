"""What chains of providers tell of themselves, and how a call gets a chain of its own.

A provider of an assistant is made once and serves many calls; what happens in it belongs to one of them. One
that is `PerCall` gives every call a view of itself, which tells that call's listener what becomes of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

from aywa.errors import ProviderFault


class Stage(Enum):
    """What a provider does."""

    HEARING = "stt"
    THINKING = "llm"
    SPEAKING = "tts"


@dataclass(frozen=True, slots=True)
class RouteFailed:
    """A route did not do what it was asked. `detail`: static text."""

    stage: Stage
    route: str
    fault: ProviderFault
    detail: str


@dataclass(frozen=True, slots=True)
class RouteSwitched:
    """Another route does it from now on, `after_ms` milliseconds after the first one was asked."""

    stage: Stage
    source: str
    target: str
    reason: str  # a fault's value; "hedge": the other one was faster; "ill": it is not asked at the moment
    after_ms: int


@dataclass(frozen=True, slots=True)
class RouteRecovered:
    """A route that had failed does it again."""

    stage: Stage
    route: str


@dataclass(frozen=True, slots=True)
class RouteUsed:
    """What a route was given that was not meant for it, or that came to nothing.

    `instead`: the chain's first route was not given it. Otherwise both were.
    """

    stage: Stage
    route: str
    instead: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0
    characters: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RoutesOut:
    """No route of the stage works: the call cannot go on."""

    stage: Stage


RouteEvent: TypeAlias = RouteFailed | RouteSwitched | RouteRecovered | RouteUsed | RoutesOut
RouteReport: TypeAlias = Callable[[RouteEvent], None]  # neither blocks nor raises
ProviderT_co = TypeVar("ProviderT_co", covariant=True)
_T = TypeVar("_T")


@runtime_checkable
class PerCall(Protocol[ProviderT_co]):
    """A provider that gives each call a view of itself."""

    def of_call(self, report: RouteReport) -> ProviderT_co:
        """The same for one call, whose listener hears what happens. Cheap."""


def of_call(provider: _T, report: RouteReport) -> _T:
    """The call's view of a provider; the provider itself where it has none."""
    return provider.of_call(report) if isinstance(provider, PerCall) else provider
