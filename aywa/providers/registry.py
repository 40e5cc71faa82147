"""Which providers there are for each stage, and how one is made of its plan and an account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar, get_args

from aywa.model.chat_models.compatible import COMPATIBLE
from aywa.ports.llm import ChatModel
from aywa.ports.stt import Transcriber
from aywa.ports.tts import Synthesizer
from aywa.providers.deepgram import transcriber as deepgram
from aywa.providers.openai import chat_model as openai
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


def _own_server(plan: Any) -> str:
    """Of a model's plan that names a server."""
    return getattr(plan, "server_url", None) or getattr(plan, "endpoint", None) or ""


_CHAT: Adapter[ChatModel] = Adapter(openai.chat_model, _own_server)
_OWN_CHAT: Adapter[ChatModel] = Adapter(openai.chat_model, _own_server, keyless=True)
_COMPATIBLE = ("openai", "azure-openai", *get_args(COMPATIBLE))
_SELF_HOSTED = ("vllm", "ollama", "llama-cpp", "custom-llm")

REGISTRY = Registry(
    transcribers={"deepgram": Adapter(deepgram.transcriber)},
    chat_models={
        **dict.fromkeys(_COMPATIBLE, _CHAT),
        **dict.fromkeys(_SELF_HOSTED, _OWN_CHAT),
    },
)
