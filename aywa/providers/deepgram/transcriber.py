"""Deepgram as a recogniser: Nova by /v1/listen, Flux by /v2/listen."""

from __future__ import annotations

from aywa.model.transcribers.deepgram import DeepgramTranscriber
from aywa.providers.deepgram.flux_wire import FluxWire, flux_path
from aywa.providers.deepgram.listen_wire import DeepgramListenWire, listen_path
from aywa.providers.listening.streaming import StreamingTranscriber
from aywa.providers.listening.wire import Wire
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor


def transcriber(door: ProviderDoor, access: Access, plan: DeepgramTranscriber) -> StreamingTranscriber:
    """The recogniser of a plan, at one account."""

    def wire() -> Wire:
        return FluxWire(plan.keyterm, plan.eot_timeout_ms) if plan.flux else DeepgramListenWire()

    return StreamingTranscriber(
        door,
        access,
        flux_path(plan) if plan.flux else listen_path(plan),
        {"Authorization": f"Token {access.key}"},
        wire,
        confidence_threshold=plan.confidence_threshold,
    )
