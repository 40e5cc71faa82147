"""Rime's voices."""

from __future__ import annotations

from aywa.model.voices.rime import RimeVoice
from aywa.providers.rime.speech_wire import RimeSpeechWire
from aywa.providers.speech.deadlines import SpeechDeadlines
from aywa.providers.speech.http_voice import HttpVoice
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor

BASE_URL = "https://users.rime.ai"


def synthesizer(
    door: ProviderDoor, access: Access, plan: RimeVoice, *, deadlines: SpeechDeadlines | None = None
) -> HttpVoice:
    """A request for each phrase."""
    return HttpVoice(door, access, RimeSpeechWire(plan, access.key, access.provider), deadlines)
