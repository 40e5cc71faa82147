"""ElevenLabs' voices."""

from __future__ import annotations

from aywa.model.voices.elevenlabs import ElevenLabsVoice
from aywa.providers.elevenlabs.speech_wire import ElevenLabsHttpWire, ElevenLabsSocketWire
from aywa.providers.speech.deadlines import SpeechDeadlines
from aywa.providers.speech.http_voice import HttpVoice
from aywa.providers.speech.socket_voice import SocketVoice
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor

BASE_URL = "https://api.elevenlabs.io"


def synthesizer(
    door: ProviderDoor, access: Access, plan: ElevenLabsVoice, *, deadlines: SpeechDeadlines | None = None
) -> SocketVoice | HttpVoice:
    """By websocket or by request, as the plan says."""
    if plan.transport == "http":
        return HttpVoice(door, access, ElevenLabsHttpWire(plan, access.key, access.provider), deadlines)
    return SocketVoice(door, access, ElevenLabsSocketWire(plan, access.key, access.provider), deadlines)
