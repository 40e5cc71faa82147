"""Which assistant a call gets: by the number that was called, or as the API says."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from uuid import UUID

import trio

from aywa.call.plan import CallPlan, Leader
from aywa.call.sip_port import IncomingPort
from aywa.errors import EndCode, EndReason, EndSide, MediaError, RequestError, StoreError
from aywa.log import get_logger
from aywa.media.clip import Clip
from aywa.media.hold_audio import HoldAudio
from aywa.media.office import LEVEL, office
from aywa.model.phone_number import dialled_key
from aywa.ports.resources import ResourceKind, ResourceRow
from aywa.ports.server_requests import ServerRequests
from aywa.proto.outbound_rules import outbound_rules
from aywa.runtime.assistant_request import TYPE as REQUEST
from aywa.runtime.assistant_request import AssistantRequests
from aywa.runtime.call_servers import call_servers
from aywa.runtime.endpointing import advisor
from aywa.runtime.memory import Memory
from aywa.runtime.news_desk import NewsDesk
from aywa.runtime.provider_desk import ProviderDesk
from aywa.runtime.sounds import hold_audio
from aywa.runtime.stored_assistant import read_assistant
from aywa.settings import Settings
from aywa.store.config_cache import ConfigCache
from aywa.store.sealing import Sealer

LOOK_UP_S = 1.5  # a caller hears nothing meanwhile; each look-up has a bound of its own
SOUND_S = 3.0
MAX_KEPT = 10_000  # called addresses: callers may make them up
_log = get_logger("runtime.call_plans")


@dataclass(frozen=True, slots=True)
class _Lead:
    """Of a called number. `asks`: whom for an assistant; None: nobody."""

    plan: CallPlan
    leader: Leader
    asks: str | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was made last, and of what."""

    lead: _Lead
    number: ResourceRow | None
    row: ResourceRow | None


class CallPlans:
    """Looks plans up and makes them ready. Make it with `call_plans`."""

    def __init__(
        self,
        config: ConfigCache,
        sounds: HoldAudio,
        desk: NewsDesk,
        requests: ServerRequests,
        sealer: Sealer,
    ) -> None:
        self._config = config
        self._sounds = sounds
        self._desk = desk
        self._requests = requests
        self.sealer = sealer
        self._asking = AssistantRequests(requests, config, sealer)
        self.providers: ProviderDesk | None = None  # set when it is open; None: all calls are equipped alike
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._office: Clip | None = None

    def forget(self) -> None:
        """Something was changed here: the next call looks again. What is kept serves in need."""
        self._desk.forget()
        if self.providers is not None:
            self.providers.forget()
        self._config.forget()

    async def for_incoming(self, call: IncomingPort) -> CallPlan | None:
        """The plan of the called number; None: what the settings name. Never raises.

        Where the number has no assistant and somebody can be asked for one, it rings meanwhile.
        """
        lead = await self._found(dialled_key(call.facts.called.partition(";")[0]))
        if lead is None or lead.asks is None:
            return None if lead is None else lead.plan
        await call.ring()
        assert lead.plan.news is not None, "made with the plan"
        asked = await self._asking.ask(call, lead.leader, lead.plan.news, lead.asks)
        plan = replace(lead.plan, verdict=asked.verdict)
        if asked.leader.assistant is None:
            return plan
        try:
            return replace(await self.prepare(asked.leader, lenient=True), verdict=asked.verdict)
        except StoreError as error:
            _log.warning("an assistant cannot be made ready", detail=error.detail)
            reason = EndReason(EndCode.REQUEST_FAILED, EndSide.SYSTEM, detail=error.detail)
            return replace(plan, verdict=replace(asked.verdict, refusal=reason))

    async def prepare(self, leader: Leader, *, lenient: bool = False) -> CallPlan:
        """The plan with its providers, its sound, whom it asks and whom it tells. A sound that is not to be
        had is left out.

        Raises `StoreError`, and `RequestError` for a provider without an account, unless `lenient`: then it
        is left out, and a call that cannot do without is not answered.
        """
        assistant = leader.assistant
        news, cascade = await self._desk.about(leader)
        servers = await call_servers(self._config, leader.org_id, assistant, cascade)
        return CallPlan(
            assistant,
            await self._ambience(None if assistant is None else assistant.background_sound),
            advisor(self._requests, leader.org_id, assistant),
            leader.assistant_id,
            "" if leader.number is None else str(leader.number.id),
            leader.org_id,
            news,
            servers,
            None
            if self.providers is None
            else await self.providers.outfit(leader.org_id, assistant, lenient=lenient),
        )

    async def succeed(self, org_id: UUID, destination: Mapping[str, object]) -> CallPlan:
        """The plan of whom a call is handed to. Raises `RequestError` and `StoreError`."""
        leader = await self._asking.led(destination, Leader(org_id))
        if leader is None:
            raise RequestError("the destination names no assistant")
        return await self.prepare(leader)

    async def _found(self, key: str) -> _Lead | None:
        """What is known of a called number; of one that nobody has, whom the default organisation tells."""
        kept = self._kept.get(key)
        last = None if kept is None else kept.lead
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

    async def _bound_to(self, key: str, kept: _Kept | None) -> _Lead:
        """The assistant is read anew only when the number or its row is another than before; whom it asks
        and tells each time.
        """
        number = await self._config.find(ResourceKind.PHONE_NUMBER, key) if key else None
        named = None if number is None else number.body.get("assistantId")
        row = None
        if number is not None and isinstance(named, str):
            row = await self._config.get(number.org_id, ResourceKind.ASSISTANT, UUID(named))
        if kept is not None and kept.number is number and kept.row is row:
            leader = kept.lead.leader
        else:
            leader = self._leader(number, row)
        plan = await self.prepare(leader, lenient=True)
        asks = None if number is None or isinstance(named, str) else plan.servers.first(REQUEST)
        lead = _Lead(plan, leader, asks)
        self._keep(key, _Kept(lead, number, row))
        return lead

    def _leader(self, number: ResourceRow | None, row: ResourceRow | None) -> Leader:
        leader = Leader() if number is None else Leader(number.org_id, number=number)
        assistant = None if row is None else read_assistant(row, self.sealer)
        if row is None or assistant is None:
            return leader
        return replace(leader, assistant=assistant, assistant_id=str(row.id))

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


def call_plans(memory: Memory, config: ConfigCache, sealer: Sealer, settings: Settings) -> CallPlans:
    """The plans of what the API keeps."""
    rules = outbound_rules(settings.outbound.private)
    sounds = hold_audio(settings.media, rules, loudest=LEVEL)
    outbox = memory.outbox
    return CallPlans(config, sounds, outbox.desk, outbox.requests, sealer)
