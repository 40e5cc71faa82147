"""Cartesia as a recogniser."""

from __future__ import annotations

from aywa.model.transcribers.cartesia import CartesiaTranscriber
from aywa.providers.cartesia.ink_wire import VERSION, InkWire, ink_path
from aywa.providers.cartesia.turns_wire import TurnsWire, turns_path
from aywa.providers.listening.streaming import StreamingTranscriber
from aywa.providers.listening.wire import Wire
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor


def transcriber(door: ProviderDoor, access: Access, plan: CartesiaTranscriber) -> StreamingTranscriber:
    """The recogniser of a plan, at one account."""

    def wire() -> Wire:
        return TurnsWire(plan) if plan.judges_turns else InkWire()

    path = turns_path(plan) if plan.judges_turns else ink_path(plan)
    headers = {"X-API-Key": access.key, "Cartesia-Version": VERSION}
    return StreamingTranscriber(door, access, path, headers, wire)
