"""AssemblyAI as a recogniser."""

from __future__ import annotations

from dataclasses import replace

from aywa.model.transcribers.assembly_ai import AssemblyAiTranscriber
from aywa.providers.assemblyai.stream_wire import VERSION, AssemblyAiWire, stream_path
from aywa.providers.listening.addresses import base_of
from aywa.providers.listening.streaming import StreamingTranscriber
from aywa.providers.listening.wire import Wire
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor


def transcriber(door: ProviderDoor, access: Access, plan: AssemblyAiTranscriber) -> StreamingTranscriber:
    """The recogniser of a plan, at one account; at the plan's own address if it has one."""
    if plan.realtime_url is not None:
        access = replace(access, base_url=base_of(plan.realtime_url, "/v3/ws"))

    def wire() -> Wire:
        terms = (*plan.keyterms_prompt, *plan.word_boost)
        return AssemblyAiWire(formatted=plan.format_turns, terms=terms)

    return StreamingTranscriber(
        door,
        access,
        stream_path(plan),
        {"Authorization": access.key, "AssemblyAI-Version": VERSION},
        wire,
        confidence_threshold=plan.confidence_threshold,
    )
