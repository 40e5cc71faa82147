"""Azure's voices."""

from __future__ import annotations

from aywa.model.voices.azure import AzureVoice
from aywa.providers.azure.speech_wire import AzureSpeechWire
from aywa.providers.speech.deadlines import SpeechDeadlines
from aywa.providers.speech.http_voice import HttpVoice
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor


def base_url(region: str) -> str:
    """Of a region such as "westeurope"."""
    return f"https://{region}.tts.speech.microsoft.com"


def synthesizer(
    door: ProviderDoor, access: Access, plan: AzureVoice, *, deadlines: SpeechDeadlines | None = None
) -> HttpVoice:
    """A request for each phrase."""
    return HttpVoice(door, access, AzureSpeechWire(plan, access.key, access.provider), deadlines)
