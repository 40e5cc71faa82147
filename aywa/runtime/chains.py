"""The routes of one stage as one provider of one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from aywa.call.equipment import CallScope
from aywa.ports.llm import ChatModel
from aywa.ports.stt import Transcriber
from aywa.ports.tts import Synthesizer

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
    """Of one worker."""

    def transcriber(self, routes: Sequence[NamedRoute[Transcriber]], scope: CallScope) -> Transcriber:
        """Who hears one call."""
        return routes[0].make(scope)

    def model(self, routes: Sequence[NamedRoute[ChatModel]], scope: CallScope) -> ChatModel:
        """Who thinks."""
        return routes[0].make(scope)

    def synthesizer(self, routes: Sequence[NamedRoute[Synthesizer]], scope: CallScope) -> Synthesizer:
        """Who speaks."""
        return routes[0].make(scope)
