"""Every voice with its emulator: what all of them are judged by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aywa._native.g711 import decode_ulaw
from aywa.emulators.azure_speech import AzureSpeech
from aywa.emulators.cartesia_speech import CartesiaSpeech
from aywa.emulators.deepgram_speak import DeepgramSpeak
from aywa.emulators.elevenlabs_speech import ElevenLabsSpeech
from aywa.emulators.openai_speech import OpenAISpeech
from aywa.emulators.piper_speech import PiperSpeech
from aywa.emulators.rime_speech import RimeSpeech
from aywa.emulators.speaking import VoiceSettings
from aywa.emulators.tones import speak, ulaw
from aywa.model.voices import parse_voice
from aywa.providers.azure import speech as azure
from aywa.providers.cartesia import speech as cartesia
from aywa.providers.deepgram import speech as deepgram
from aywa.providers.elevenlabs import speech as elevenlabs
from aywa.providers.openai import speech as openai
from aywa.providers.piper import speech as piper
from aywa.providers.rime import speech as rime
from aywa.providers.speech.deadlines import SpeechDeadlines
from aywa.providers.speech.http_voice import HttpVoice
from aywa.providers.speech.socket_voice import SocketVoice
from tests.kit.voices import World

PATIENT = SpeechDeadlines(30.0, 30.0)


@dataclass(frozen=True)
class Case:
    """One wire. `exact`: the vendor is asked for 8 kHz, and each sample must be the emulator's."""

    name: str
    plan: dict[str, object]
    emulator: Callable[[VoiceSettings], object]
    factory: Callable[..., SocketVoice | HttpVoice]
    socket: bool = False
    words: bool = False
    exact: bool = True
    law: bool = False
    keyed: bool = True

    def voice(
        self, world: World, deadlines: SpeechDeadlines = PATIENT, **further: object
    ) -> SocketVoice | HttpVoice:
        """The adapter in a world."""
        return self.factory(
            world.door, world.access, parse_voice({**self.plan, **further}), deadlines=deadlines
        )

    def spoken(self, text: str) -> bytes:
        """What must be heard, where it is exact."""
        pcm = speak(text, 8000).pcm
        return decode_ulaw(ulaw(pcm)) if self.law else pcm


def _eleven(transport: str, **further: object) -> Case:
    plan = {"provider": "11labs", "voiceId": "rachel", "transport": transport}
    return Case(f"elevenlabs-{transport}", plan, ElevenLabsSpeech, elevenlabs.synthesizer, **further)


CASES = (
    _eleven("multi", socket=True, words=True),
    _eleven("single", socket=True, words=True),
    _eleven("http"),
    Case(
        "cartesia",
        {"provider": "cartesia", "voiceId": "a0e9"},
        CartesiaSpeech,
        cartesia.synthesizer,
        socket=True,
        words=True,
    ),
    Case(
        "deepgram-socket",
        {"provider": "deepgram", "voiceId": "thalia"},
        DeepgramSpeak,
        deepgram.synthesizer,
        socket=True,
    ),
    Case(
        "deepgram-http",
        {"provider": "deepgram", "voiceId": "aura-asteria-en", "transport": "http"},
        DeepgramSpeak,
        deepgram.synthesizer,
    ),
    Case("openai", {"provider": "openai", "voiceId": "alloy"}, OpenAISpeech, openai.synthesizer, exact=False),
    Case(
        "openai-compatible-wav",
        {"provider": "openai-compatible", "voiceId": "af", "responseFormat": "wav"},
        lambda settings: OpenAISpeech(settings, rate_hz=16_000, open_to_all=True),
        openai.synthesizer,
        exact=False,
        keyed=False,
    ),
    Case("azure", {"provider": "azure", "voiceId": "en-US-JennyNeural"}, AzureSpeech, azure.synthesizer),
    Case("rime", {"provider": "rime-ai", "voiceId": "cove"}, RimeSpeech, rime.synthesizer, law=True),
    Case("piper", {"provider": "piper"}, PiperSpeech, piper.synthesizer, exact=False, keyed=False),
)
