"""ElevenLabs as a recogniser."""

from __future__ import annotations

from aywa.model.transcribers.eleven_labs import ElevenLabsTranscriber
from aywa.providers.elevenlabs.scribe_wire import ScribeWire, scribe_path
from aywa.providers.listening.streaming import StreamingTranscriber
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor


def transcriber(door: ProviderDoor, access: Access, plan: ElevenLabsTranscriber) -> StreamingTranscriber:
    """The recogniser of a plan, at one account."""
    return StreamingTranscriber(
        door,
        access,
        scribe_path(plan),
        {"xi-api-key": access.key},
        ScribeWire,
        confidence_threshold=plan.confidence_threshold,
    )
