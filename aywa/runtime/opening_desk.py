"""Opens what comes with the runtime and the way to vendors, and says what calls take that name nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aywa.call.equipment import CallScope, Equipment, Outfit
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.resources import ResourceStore
from aywa.proto.outbound_rules import outbound_rules
from aywa.providers.absent import AbsentSynthesizer
from aywa.providers.registry import REGISTRY
from aywa.providers.web.door import open_door
from aywa.runtime.accounts import Accounts
from aywa.runtime.chains import Chains
from aywa.runtime.named_files import NamedFiles
from aywa.runtime.provider_desk import ProviderDesk
from aywa.runtime.providers import Providers, open_providers
from aywa.runtime.route_choice import choices_of, choices_of_settings
from aywa.settings import Settings


@dataclass(frozen=True, slots=True)
class Fittings:
    """`outfit`: of calls that only the settings lead; `usual`: the same, for work outside of calls."""

    own: Providers
    desk: ProviderDesk
    outfit: Outfit
    usual: Equipment


@asynccontextmanager
async def open_fittings(
    settings: Settings, store: ResourceStore, files: NamedFiles, given: Providers | None
) -> AsyncIterator[Fittings]:
    """For as long as the block runs. `given` stands for what comes with the runtime.

    Raises `ConfigError` for routes of the settings that cannot be, and `ProviderError`.
    """
    said = settings.providers
    usual = choices_of(files.assistant).over(choices_of_settings(said))
    async with (
        open_providers(said, files.scenario, given, files.speech) as own,
        open_door(outbound_rules(settings.outbound.private)) as door,
    ):
        accounts = Accounts(store, files.sealer, said.vendors)
        chains = Chains(None if isinstance(own.synthesizer, AbsentSynthesizer) else own.synthesizer)
        desk = ProviderDesk(door, REGISTRY, accounts, own, chains, usual)
        outfit = await desk.outfit(DEFAULT_ORGANIZATION, None, lenient=True)
        yield Fittings(own, desk, outfit, outfit.equip(CallScope()))
