"""Opens the way to vendors, and says what calls take whose assistant names nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aywa.call.equipment import CallScope, Equipment
from aywa.model.assistant import Assistant
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.resources import ResourceStore
from aywa.proto.outbound_rules import outbound_rules
from aywa.providers.absent import AbsentSynthesizer
from aywa.providers.registry import REGISTRY, Registry
from aywa.providers.web.door import open_door
from aywa.runtime.accounts import Accounts
from aywa.runtime.chains import Chains
from aywa.runtime.provider_desk import ProviderDesk
from aywa.runtime.providers import Providers
from aywa.runtime.route_choice import choices_of, choices_of_settings
from aywa.settings import Settings
from aywa.store.sealing import Sealer


@asynccontextmanager
async def open_desk(
    settings: Settings,
    store: ResourceStore,
    sealer: Sealer,
    own: Providers,
    assistant: Assistant | None,
    registry: Registry = REGISTRY,
) -> AsyncIterator[tuple[ProviderDesk, Equipment]]:
    """The desk, and what serves outside of calls, for as long as the block runs.

    `assistant`: of the settings. Raises `ConfigError` for routes of the settings that cannot be.
    """
    said = settings.providers
    usual = choices_of(assistant).over(choices_of_settings(said))
    async with open_door(outbound_rules(settings.outbound.private)) as door:
        accounts = Accounts(store, sealer, said.vendors)
        desk = ProviderDesk(
            door,
            registry,
            accounts,
            own,
            Chains(None if isinstance(own.synthesizer, AbsentSynthesizer) else own.synthesizer),
            usual,
        )
        desk.standard = await desk.outfit(DEFAULT_ORGANIZATION, None, lenient=True)
        yield desk, desk.standard.equip(CallScope())
