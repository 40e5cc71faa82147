"""The routes of one stage as one provider of one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from aywa.call.equipment import CallScope
from aywa.ports.llm import ChatModel
from aywa.ports.stt import Transcriber
from aywa.ports.tts import Synthesizer
from aywa.providers.failover.chains import model_chain, synthesizer_chain, transcriber_chain
from aywa.providers.failover.route import Health, Route

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NamedRoute(Generic[T]):
    """`make`: the provider for one call. `key`: what of it is well or ill, for all calls; "": its name.

    `kept`: it comes with the runtime, and asks nobody.
    """

    name: str
    make: Callable[[CallScope], T]
    key: str = ""
    kept: bool = False


class Chains:
    """Of one worker: what is well and what is ill is known over all its calls."""

    def __init__(self, last_resort: Synthesizer | None = None) -> None:
        """`last_resort`: says that nobody can be reached; None: nobody says it."""
        self.health = Health()
        self._last_resort = last_resort

    def transcriber(self, routes: Sequence[NamedRoute[Transcriber]], scope: CallScope) -> Transcriber:
        """Who hears one call."""
        if len(routes) == 1 and routes[0].kept:
            return routes[0].make(scope)
        return transcriber_chain([_route(each, scope) for each in routes], self.health)

    def model(self, routes: Sequence[NamedRoute[ChatModel]], scope: CallScope) -> ChatModel:
        """Who thinks."""
        if len(routes) == 1 and routes[0].kept:
            return routes[0].make(scope)
        return model_chain([_route(each, scope) for each in routes], self.health)

    def synthesizer(self, routes: Sequence[NamedRoute[Synthesizer]], scope: CallScope) -> Synthesizer:
        """Who speaks."""
        if len(routes) == 1 and routes[0].kept:
            return routes[0].make(scope)
        made = [_route(each, scope) for each in routes]
        return synthesizer_chain(made, self.health, last_resort=self._last_resort)


def _route(named: NamedRoute[T], scope: CallScope) -> Route[T]:
    return Route(named.name, named.make(scope), key=named.key)
