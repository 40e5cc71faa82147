"""Voices of a Piper HTTP server."""

from __future__ import annotations

from aywa.model.voices.local import PiperVoice
from aywa.providers.piper.speech_wire import PiperSpeechWire
from aywa.providers.speech.deadlines import SpeechDeadlines
from aywa.providers.speech.http_voice import HttpVoice
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor

BASE_URL = "http://127.0.0.1:5000"
USUAL = SpeechDeadlines(first_audio_s=4.0)  # the whole phrase is made before its first byte


def synthesizer(
    door: ProviderDoor, access: Access, plan: PiperVoice, *, deadlines: SpeechDeadlines | None = None
) -> HttpVoice:
    """A request for each phrase."""
    return HttpVoice(door, access, PiperSpeechWire(plan, access.provider), deadlines or USUAL)
