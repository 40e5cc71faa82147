"""Which assistant a call gets: by the number that was called, or as the API says."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass, replace
from random import Random
from uuid import UUID

import trio
from pydantic import ValidationError

from aywa.call.plan import CallPlan
from aywa.call.sip_port import IncomingPort
from aywa.errors import MediaError, StoreError
from aywa.log import get_logger
from aywa.media.clip import Clip
from aywa.media.hold_audio import HoldAudio
from aywa.media.office import LEVEL, office
from aywa.model.assistant import Assistant
from aywa.model.assistant_body import AssistantBody
from aywa.model.phone_number import dialled_key
from aywa.outbound.client import OutboundClient
from aywa.ports.resources import ResourceKind, ResourceRow, ResourceStore
from aywa.proto.outbound_rules import outbound_rules
from aywa.runtime.endpointing import advisor
from aywa.runtime.memory import Memory
from aywa.runtime.sounds import hold_audio
from aywa.settings import Settings
from aywa.store.sealing import Sealer

FRESH_S = 1.0  # how long another worker's change may go unseen; this worker's own are seen at once
LOOK_UP_S = 1.0  # a caller hears nothing meanwhile
SOUND_S = 3.0
MAX_KEPT = 10_000  # called addresses: callers may make them up
_log = get_logger("runtime.call_plans")


@dataclass(slots=True)
class _Kept:
    plan: CallPlan | None
    until: float


class CallPlans:
    """Looks plans up and makes them ready. Make it with `call_plans`."""

    def __init__(
        self, store: ResourceStore, sounds: HoldAudio, asking: OutboundClient, sealer: Sealer
    ) -> None:
        self._store = store
        self._sounds = sounds
        self._asking = asking
        self.sealer = sealer
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._office: Clip | None = None

    def forget(self) -> None:
        """Something was changed here: the next call looks again. What is kept serves in need."""
        for kept in self._kept.values():
            kept.until = 0.0

    async def for_incoming(self, call: IncomingPort) -> CallPlan | None:
        """The plan of the called number; None: what the settings name. Never raises."""
        key = dialled_key(call.facts.called.partition(";")[0])
        if not key:
            return None
        kept = self._kept.get(key)
        if kept is not None and trio.current_time() < kept.until:
            return kept.plan
        last = None if kept is None else kept.plan
        with trio.move_on_after(LOOK_UP_S) as bound:
            try:
                last = await self._bound_to(key)
            except StoreError as error:
                _log.warning("a called number cannot be looked up", detail=error.detail)
                return last
        if bound.cancelled_caught:
            _log.warning("a called number cannot be looked up", detail="the database did not answer in time")
            return last
        self._keep(key, last)
        return last

    async def prepare(self, assistant: Assistant) -> CallPlan:
        """The plan with its sound and with whom it asks. A sound that is not to be had is left out."""
        ambience = await self._ambience(assistant.background_sound)
        return CallPlan(assistant, ambience, advisor(self._asking, assistant))

    async def _bound_to(self, key: str) -> CallPlan | None:
        number = await self._store.find(ResourceKind.PHONE_NUMBER, key)
        named = None if number is None else number.body.get("assistantId")
        if number is None or not isinstance(named, str):
            return None
        row = await self._store.get(number.org_id, ResourceKind.ASSISTANT, UUID(named))
        assistant = None if row is None else read_assistant(row)
        if row is None or assistant is None:
            return None
        plan = await self.prepare(assistant)
        return replace(plan, assistant_id=str(row.id), phone_number_id=str(number.id), org_id=number.org_id)

    async def _ambience(self, sound: str | None) -> Clip | None:
        if sound is None or sound == "off":
            return None
        if sound == "office":
            if self._office is None:
                self._office = await trio.to_thread.run_sync(office, Random(0))
            return self._office
        try:
            with trio.move_on_after(SOUND_S):
                return await self._sounds.get(sound)
        except MediaError as error:
            _log.warning("a background sound cannot be had", detail=error.detail)
            return None
        _log.warning("a background sound cannot be had", detail="it did not come in time")
        return None

    def _keep(self, key: str, plan: CallPlan | None) -> None:
        self._kept[key] = _Kept(plan, trio.current_time() + FRESH_S)
        self._kept.move_to_end(key)
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)


def read_assistant(row: ResourceRow) -> AssistantBody | None:
    """The assistant as it was kept; None, and a line in the log, when this version cannot read it."""
    try:
        return AssistantBody.model_validate_json(json.dumps(dict(row.body)), strict=True)
    except ValidationError:
        _log.warning("an assistant cannot be read by this version", assistant_id=str(row.id))
        return None


def call_plans(memory: Memory, sealer: Sealer, settings: Settings) -> CallPlans:
    """The plans of what the API keeps."""
    rules = outbound_rules(settings.outbound.private)
    sounds = hold_audio(settings.media, rules, loudest=LEVEL)
    return CallPlans(memory.database.resources, sounds, memory.asking, sealer)
