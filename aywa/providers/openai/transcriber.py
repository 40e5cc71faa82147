"""OpenAI as a recogniser."""

from __future__ import annotations

from aywa.model.transcribers.openai import OpenAiTranscriber
from aywa.providers.listening.streaming import StreamingTranscriber
from aywa.providers.openai.transcription_wire import PATH, TranscriptionWire
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor


def transcriber(door: ProviderDoor, access: Access, plan: OpenAiTranscriber) -> StreamingTranscriber:
    """The recogniser of a plan, at one account. A base URL may end in `/v1`, as that of the SDK does."""
    path = PATH.removeprefix("/v1") if access.base_url.endswith("/v1") else PATH
    return StreamingTranscriber(
        door,
        access,
        path,
        {"Authorization": f"Bearer {access.key}"},
        lambda: TranscriptionWire(plan),
        confidence_threshold=plan.confidence_threshold,
    )
