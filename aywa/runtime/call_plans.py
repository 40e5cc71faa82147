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
from aywa.ports.resources import ResourceKind, ResourceRow
from aywa.proto.outbound_rules import outbound_rules
from aywa.runtime.endpointing import advisor
from aywa.runtime.memory import Memory
from aywa.runtime.sounds import hold_audio
from aywa.settings import Settings
from aywa.store.config_cache import ConfigCache
from aywa.store.sealing import Sealer

LOOK_UP_S = 1.5  # a caller hears nothing meanwhile; each look-up has a bound of its own
SOUND_S = 3.0
MAX_KEPT = 10_000  # called addresses: callers may make them up
_log = get_logger("runtime.call_plans")


@dataclass(frozen=True, slots=True)
class _Kept:
    """A plan, and what it was made of."""

    plan: CallPlan | None
    number: ResourceRow | None
    row: ResourceRow | None


class CallPlans:
    """Looks plans up and makes them ready. Make it with `call_plans`."""

    def __init__(
        self, config: ConfigCache, sounds: HoldAudio, asking: OutboundClient, sealer: Sealer
    ) -> None:
        self._config = config
        self._sounds = sounds
        self._asking = asking
        self.sealer = sealer
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._office: Clip | None = None

    def forget(self) -> None:
        """Something was changed here: the next call looks again. What is kept serves in need."""
        self._config.forget()

    async def for_incoming(self, call: IncomingPort) -> CallPlan | None:
        """The plan of the called number; None: what the settings name. Never raises."""
        key = dialled_key(call.facts.called.partition(";")[0])
        if not key:
            return None
        kept = self._kept.get(key)
        last = None if kept is None else kept.plan
        with trio.move_on_after(LOOK_UP_S) as bound:
            try:
                last = await self._bound_to(key, kept)
            except StoreError as error:
                _log.warning("a called number cannot be looked up", detail=error.detail)
        if bound.cancelled_caught:
            _log.warning("a called number cannot be looked up", detail="the database did not answer in time")
        return last

    def gauges(self) -> dict[str, float]:
        """Look-ups of what leads calls, by where the answer was, since the start."""
        figures = self._config.figures
        return {
            "config_from_memory": figures.memory,
            "config_from_redis": figures.redis,
            "config_from_postgres": figures.postgres,
            "config_stale": figures.stale,
        }

    async def prepare(self, assistant: Assistant) -> CallPlan:
        """The plan with its sound and with whom it asks. A sound that is not to be had is left out."""
        ambience = await self._ambience(assistant.background_sound)
        return CallPlan(assistant, ambience, advisor(self._asking, assistant))

    async def _bound_to(self, key: str, kept: _Kept | None) -> CallPlan | None:
        """Made anew only when the number or its assistant is another than before."""
        number = await self._config.find(ResourceKind.PHONE_NUMBER, key)
        named = None if number is None else number.body.get("assistantId")
        row = None
        if number is not None and isinstance(named, str):
            row = await self._config.get(number.org_id, ResourceKind.ASSISTANT, UUID(named))
        if kept is not None and kept.number is number and kept.row is row:
            return kept.plan
        assistant = None if row is None else read_assistant(row)
        plan = None
        if number is not None and row is not None and assistant is not None:
            plan = replace(
                await self.prepare(assistant),
                assistant_id=str(row.id),
                phone_number_id=str(number.id),
                org_id=number.org_id,
            )
        self._keep(key, _Kept(plan, number, row))
        return plan

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

    def _keep(self, key: str, kept: _Kept) -> None:
        self._kept[key] = kept
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


def call_plans(memory: Memory, config: ConfigCache, sealer: Sealer, settings: Settings) -> CallPlans:
    """The plans of what the API keeps."""
    rules = outbound_rules(settings.outbound.private)
    sounds = hold_audio(settings.media, rules, loudest=LEVEL)
    return CallPlans(config, sounds, memory.asking, sealer)
