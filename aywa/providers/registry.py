"""Which providers there are for each stage, and how one is made of its plan and an account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar, get_args

from aywa.model.chat_models.compatible import COMPATIBLE
from aywa.ports.llm import ChatModel
from aywa.ports.stt import Transcriber
from aywa.ports.tts import Synthesizer
from aywa.providers.anthropic import chat_model as anthropic_chat
from aywa.providers.assemblyai import transcriber as assemblyai_ear
from aywa.providers.azure import speech as azure_speech
from aywa.providers.cartesia import speech as cartesia_speech
from aywa.providers.cartesia import transcriber as cartesia_ear
from aywa.providers.custom import transcriber as custom_ear
from aywa.providers.deepgram import speech as deepgram_speech
from aywa.providers.deepgram import transcriber as deepgram_ear
from aywa.providers.elevenlabs import speech as elevenlabs_speech
from aywa.providers.elevenlabs import transcriber as elevenlabs_ear
from aywa.providers.google import chat_model as google_chat
from aywa.providers.openai import chat_model as openai_chat
from aywa.providers.openai import speech as openai_speech
from aywa.providers.openai import transcriber as openai_ear
from aywa.providers.piper import speech as piper_speech
from aywa.providers.rime import speech as rime_speech
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor
from aywa.providers.whisper import transcriber as whisper_ear

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


def _own_address(plan: Any) -> str:
    """Of a recogniser's plan that names a server; a websocket's address as that of the same host's pages."""
    server = getattr(plan, "server", None)
    own = getattr(plan, "realtime_url", None) or getattr(plan, "url", None)
    url = str(own or getattr(server, "url", None) or "")
    return f"http{url[2:]}" if url.startswith("ws") else url


_CHAT: Adapter[ChatModel] = Adapter(openai_chat.chat_model, _own_server)
_OWN_CHAT: Adapter[ChatModel] = Adapter(openai_chat.chat_model, _own_server, keyless=True)
_COMPATIBLE = ("openai", "azure-openai", *get_args(COMPATIBLE))
_SELF_HOSTED = ("vllm", "ollama", "llama-cpp", "custom-llm")

REGISTRY = Registry(
    transcribers={
        "deepgram": Adapter(deepgram_ear.transcriber),
        "assembly-ai": Adapter(assemblyai_ear.transcriber, _own_address),
        "openai": Adapter(openai_ear.transcriber),
        "cartesia": Adapter(cartesia_ear.transcriber),
        "11labs": Adapter(elevenlabs_ear.transcriber),
        "whisper": Adapter(whisper_ear.transcriber, _own_address, keyless=True),
        "custom-transcriber": Adapter(custom_ear.transcriber, _own_address, keyless=True),
    },
    chat_models={
        **dict.fromkeys(_COMPATIBLE, _CHAT),
        **dict.fromkeys(_SELF_HOSTED, _OWN_CHAT),
        "anthropic": Adapter(anthropic_chat.chat_model),
        "google": Adapter(google_chat.chat_model),
    },
    synthesizers={
        "11labs": Adapter(elevenlabs_speech.synthesizer),
        "cartesia": Adapter(cartesia_speech.synthesizer),
        "deepgram": Adapter(deepgram_speech.synthesizer),
        "openai": Adapter(openai_speech.synthesizer),
        "openai-compatible": Adapter(openai_speech.synthesizer, keyless=True),
        "azure": Adapter(azure_speech.synthesizer),
        "rime-ai": Adapter(rime_speech.synthesizer),
        "piper": Adapter(piper_speech.synthesizer, keyless=True),
    },
)
