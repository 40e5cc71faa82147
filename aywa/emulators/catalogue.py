"""Which emulators there are, by the vendor's name: each with all that the vendor does on one host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aywa.emulators.anthropic import AnthropicEmulator
from aywa.emulators.assemblyai import AssemblyAiEmulator
from aywa.emulators.azure_speech import AzureSpeech
from aywa.emulators.cartesia_ink import CartesiaInkEmulator
from aywa.emulators.cartesia_speech import CartesiaSpeech
from aywa.emulators.chat_script import ChatScript
from aywa.emulators.custom_transcriber import CustomTranscriberEmulator
from aywa.emulators.deepgram_listen import DeepgramListenEmulator
from aywa.emulators.deepgram_speak import DeepgramSpeak
from aywa.emulators.elevenlabs_speech import ElevenLabsSpeech
from aywa.emulators.exchange import Emulator, EmulatorSocket, Reply, Request
from aywa.emulators.google import GoogleEmulator
from aywa.emulators.hearing import Script
from aywa.emulators.openai import OpenAiEmulator
from aywa.emulators.openai_speech import OpenAISpeech
from aywa.emulators.openai_transcription import OpenAiTranscriptionEmulator
from aywa.emulators.piper_speech import PiperSpeech
from aywa.emulators.rime_speech import RimeSpeech
from aywa.emulators.scribe import ScribeEmulator
from aywa.emulators.speaking import VoiceSettings
from aywa.emulators.whisper_live import WhisperLiveEmulator

KEY = "emulated-key"
_LOCKED = VoiceSettings(keys=frozenset({KEY}))


@dataclass(frozen=True, slots=True)
class Scripts:
    """What emulated recognisers hear, and emulated models answer."""

    heard: Script
    said: ChatScript


class Together:
    """Several emulators of one vendor on one host, each for the paths that begin as it says; the last for the
    others.
    """

    def __init__(self, name: str, parts: Mapping[tuple[str, ...], Emulator]) -> None:
        self.name = name
        self.parts = dict(parts)

    async def http(self, request: Request, reply: Reply) -> None:
        """See `Emulator`."""
        await self._for(request.path).http(request, reply)

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        """See `Emulator`."""
        await self._for(request.path).socket(request, socket)

    def _for(self, path: str) -> Emulator:
        for begins, part in self.parts.items():
            if path.startswith(begins):
                return part
        return next(reversed(self.parts.values()))


def _deepgram(scripts: Scripts) -> Emulator:
    return Together(
        "deepgram", {("/v1/speak",): DeepgramSpeak(_LOCKED), (): DeepgramListenEmulator(scripts.heard, {KEY})}
    )


def _openai(scripts: Scripts) -> Emulator:
    return Together(
        "openai",
        {
            ("/v1/audio/speech",): OpenAISpeech(_LOCKED),
            ("/v1/realtime", "/v1/audio/transcriptions"): OpenAiTranscriptionEmulator(scripts.heard, {KEY}),
            (): OpenAiEmulator(scripts.said),
        },
    )


def _cartesia(scripts: Scripts) -> Emulator:
    return Together(
        "cartesia", {("/tts",): CartesiaSpeech(_LOCKED), (): CartesiaInkEmulator(scripts.heard, {KEY})}
    )


def _elevenlabs(scripts: Scripts) -> Emulator:
    return Together(
        "11labs",
        {("/v1/text-to-speech/",): ElevenLabsSpeech(_LOCKED), (): ScribeEmulator(scripts.heard, {KEY})},
    )


def _whisper(scripts: Scripts) -> Emulator:
    posted = OpenAiTranscriptionEmulator(scripts.heard)
    return Together("whisper", {("/v1/audio",): posted, (): WhisperLiveEmulator(scripts.heard)})


EMULATORS: Mapping[str, Callable[[Scripts], Emulator]] = {
    "deepgram": _deepgram,
    "assembly-ai": lambda scripts: AssemblyAiEmulator(scripts.heard, {KEY}),
    "openai": _openai,
    "groq": lambda scripts: OpenAiEmulator(scripts.said),
    "custom-llm": lambda scripts: OpenAiEmulator(scripts.said, key=""),
    "google": lambda scripts: GoogleEmulator(scripts.said),
    "anthropic": lambda scripts: AnthropicEmulator(scripts.said),
    "11labs": _elevenlabs,
    "cartesia": _cartesia,
    "azure": lambda scripts: AzureSpeech(_LOCKED),
    "rime-ai": lambda scripts: RimeSpeech(_LOCKED),
    "piper": lambda scripts: PiperSpeech(),
    "whisper": _whisper,
    "custom-transcriber": lambda scripts: CustomTranscriberEmulator(scripts.heard),
}
