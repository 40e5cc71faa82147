"""Deepgram's Aura voices."""

from __future__ import annotations

from aywa.model.voices.deepgram import DeepgramVoice
from aywa.providers.deepgram.speech_wire import DeepgramHttpWire, DeepgramSocketWire
from aywa.providers.speech.deadlines import SpeechDeadlines
from aywa.providers.speech.http_voice import HttpVoice
from aywa.providers.speech.socket_voice import SocketVoice
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor

BASE_URL = "https://api.deepgram.com"


def synthesizer(
    door: ProviderDoor, access: Access, plan: DeepgramVoice, *, deadlines: SpeechDeadlines | None = None
) -> SocketVoice | HttpVoice:
    """By websocket or by request, as the plan says."""
    if plan.transport == "http":
        return HttpVoice(door, access, DeepgramHttpWire(plan, access.key, access.provider), deadlines)
    return SocketVoice(door, access, DeepgramSocketWire(plan, access.key, access.provider), deadlines)
