"""Which providers there are for each stage, and how one is made of its plan and an account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from aywa.ports.llm import ChatModel
from aywa.ports.stt import Transcriber
from aywa.ports.tts import Synthesizer
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor

T = TypeVar("T")
Make: TypeAlias = Callable[[ProviderDoor, Access, Any], T]


def _nowhere(plan: Any) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Adapter(Generic[T]):
    """One provider of one stage. `make` takes the typed plan; it connects to nothing.

    `address`: where a plan itself says that the provider is, as http or https; "": nowhere.
    `keyless`: it may be asked without an account.
    """

    make: Make[T]
    address: Callable[[Any], str] = _nowhere
    keyless: bool = False


@dataclass(frozen=True, slots=True)
class Registry:
    """By the provider's name. What comes with the runtime is in none of them."""

    transcribers: Mapping[str, Adapter[Transcriber]] = field(default_factory=dict)
    chat_models: Mapping[str, Adapter[ChatModel]] = field(default_factory=dict)
    synthesizers: Mapping[str, Adapter[Synthesizer]] = field(default_factory=dict)


REGISTRY = Registry()
