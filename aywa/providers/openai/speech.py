"""OpenAI's voices, and those of servers which speak as it does."""

from __future__ import annotations

from aywa.model.voices.openai import OpenAICompatibleVoice, OpenAIVoice
from aywa.providers.openai.speech_wire import OpenAISpeechWire
from aywa.providers.speech.deadlines import SpeechDeadlines
from aywa.providers.speech.http_voice import HttpVoice
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor

BASE_URL = "https://api.openai.com"
USUAL = SpeechDeadlines(first_audio_s=2.5)  # its models take up to 1.5 s for the first byte
USUAL_OWN = SpeechDeadlines(first_audio_s=4.0)  # a server without a GPU makes the whole phrase first


def synthesizer(
    door: ProviderDoor,
    access: Access,
    plan: OpenAIVoice | OpenAICompatibleVoice,
    *,
    deadlines: SpeechDeadlines | None = None,
) -> HttpVoice:
    """A request for each phrase."""
    usual = USUAL if isinstance(plan, OpenAIVoice) else USUAL_OWN
    wire = OpenAISpeechWire(plan, access.key, access.provider, access.base_url)
    return HttpVoice(door, access, wire, deadlines or usual)
