"""Every streaming recogniser's adapter with the emulator of its vendor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from aywa.emulators.assemblyai import AssemblyAiEmulator
from aywa.emulators.cartesia_ink import CartesiaInkEmulator
from aywa.emulators.custom_transcriber import CustomTranscriberEmulator
from aywa.emulators.deepgram_listen import DeepgramListenEmulator
from aywa.emulators.hearing import Script
from aywa.emulators.openai_transcription import OpenAiTranscriptionEmulator
from aywa.emulators.scribe import ScribeEmulator
from aywa.emulators.whisper_live import WhisperLiveEmulator
from aywa.model.transcribers.assembly_ai import AssemblyAiTranscriber
from aywa.model.transcribers.cartesia import CartesiaTranscriber
from aywa.model.transcribers.custom import CustomTranscriber, TranscriberServer
from aywa.model.transcribers.deepgram import DeepgramTranscriber
from aywa.model.transcribers.eleven_labs import ElevenLabsTranscriber
from aywa.model.transcribers.openai import OpenAiTranscriber
from aywa.model.transcribers.whisper import WhisperTranscriber
from aywa.providers.assemblyai.transcriber import transcriber as assemblyai
from aywa.providers.cartesia.transcriber import transcriber as cartesia
from aywa.providers.custom.transcriber import transcriber as custom
from aywa.providers.deepgram.transcriber import transcriber as deepgram
from aywa.providers.elevenlabs.transcriber import transcriber as elevenlabs
from aywa.providers.openai.transcriber import transcriber as openai
from aywa.providers.web.access import Access
from aywa.providers.whisper.transcriber import transcriber as whisper
from tests.kit.stt_world import PipeDoor

WORDS = ["I would like a table for two", "at eight o'clock please", "no, make that nine"]


@dataclass(frozen=True)
class Kind:
    """One adapter with its emulator."""

    emulator: Callable[..., Any]
    factory: Callable[[Any, Access, Any], Any]
    plan: Any
    keys: bool = True
    found_s: float = 1.5  # within what a recogniser that says nothing is found, after it should have spoken


CUSTOM = CustomTranscriber(
    provider="custom-transcriber",
    server=TranscriberServer(url="wss://ears.example/listen?line=1", secret=SecretStr("s3cret")),
)


def custom_at(door: Any, access: Access, plan: CustomTranscriber) -> Any:
    """The contract's recogniser has its address in the plan: here that of the account."""
    url = f"{access.base_url}/listen?line=1"
    server = plan.server.model_copy(update={"url": url})
    return custom(door, access, plan.model_copy(update={"server": server}))


KINDS = {
    "deepgram": Kind(DeepgramListenEmulator, deepgram, DeepgramTranscriber(provider="deepgram")),
    "flux": Kind(
        DeepgramListenEmulator,
        deepgram,
        DeepgramTranscriber(provider="deepgram", model="flux-general-en", eager_eot_threshold=0.5),
    ),
    "assembly-ai": Kind(AssemblyAiEmulator, assemblyai, AssemblyAiTranscriber(provider="assembly-ai")),
    "cartesia": Kind(CartesiaInkEmulator, cartesia, CartesiaTranscriber(provider="cartesia", turns=False)),
    "cartesia-turns": Kind(CartesiaInkEmulator, cartesia, CartesiaTranscriber(provider="cartesia")),
    "openai": Kind(OpenAiTranscriptionEmulator, openai, OpenAiTranscriber(provider="openai")),
    "11labs": Kind(ScribeEmulator, elevenlabs, ElevenLabsTranscriber(provider="11labs")),
    "custom-transcriber": Kind(CustomTranscriberEmulator, custom_at, CUSTOM, keys=False, found_s=9.0),
    "whisper-live": Kind(
        WhisperLiveEmulator,
        whisper,
        WhisperTranscriber(provider="whisper", transport="websocket"),
        keys=False,
        found_s=9.0,
    ),
}


def access(key: str = "k", url: str = "http://127.0.0.1:1") -> Access:
    """An account at the emulator."""
    return Access("emulated", url, key)


def emulated(name: str, *words: str) -> Any:
    """The emulator of a kind, hearing these words."""
    kind = KINDS[name]
    script = Script(words or WORDS)
    return kind.emulator(script, {"k"}) if kind.keys else kind.emulator(script)


def world(name: str, *words: str, key: str = "k") -> tuple[Any, Any, PipeDoor]:
    """An emulator, the adapter, and the door between them."""
    emulator = emulated(name, *words)
    door = PipeDoor(emulator)
    kind = KINDS[name]
    return emulator, kind.factory(door, access(key), kind.plan), door
