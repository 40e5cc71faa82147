"""Cartesia's voices."""

from __future__ import annotations

from aywa.model.voices.cartesia import CartesiaVoice
from aywa.providers.cartesia.speech_wire import CartesiaSocketWire
from aywa.providers.speech.deadlines import SpeechDeadlines
from aywa.providers.speech.socket_voice import SocketVoice
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor

BASE_URL = "https://api.cartesia.ai"


def synthesizer(
    door: ProviderDoor, access: Access, plan: CartesiaVoice, *, deadlines: SpeechDeadlines | None = None
) -> SocketVoice:
    """By websocket, a context for each phrase."""
    return SocketVoice(door, access, CartesiaSocketWire(plan, access.key, access.provider), deadlines)
