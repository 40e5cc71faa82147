"""Deepgram as a recogniser: Nova by /v1/listen, Flux by /v2/listen."""

from __future__ import annotations

from aywa.model.transcribers.deepgram import DeepgramTranscriber
from aywa.providers.deepgram.listen_wire import DeepgramListenWire, listen_path
from aywa.providers.listening.streaming import StreamingTranscriber
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor


def transcriber(door: ProviderDoor, access: Access, plan: DeepgramTranscriber) -> StreamingTranscriber:
    """The recogniser of a plan, at one account."""
    headers = {"Authorization": f"Token {access.key}"}
    return StreamingTranscriber(
        door,
        access,
        listen_path(plan),
        headers,
        DeepgramListenWire,
        confidence_threshold=plan.confidence_threshold,
    )
