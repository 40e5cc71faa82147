"""From an assistant to its providers: whose account, which routes, and what is said where one is missing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from aywa.call.equipment import CallScope
from aywa.errors import ConfigError, ProviderError, RequestError
from aywa.model.assistant_body import AssistantBody
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.resources import ResourceKind, ResourceRow
from aywa.proto.outbound_rules import outbound_rules
from aywa.providers.registry import REGISTRY
from aywa.providers.web.door import open_door
from aywa.runtime.accounts import Accounts
from aywa.runtime.chains import Chains
from aywa.runtime.provider_desk import ProviderDesk
from aywa.runtime.providers import Providers
from aywa.runtime.route_choice import choices_of_settings
from aywa.settings import Settings, VendorSettings
from aywa.settings.vendors import VendorKey
from aywa.store.sealing import SealedRow, Sealer, parse_store_key
from tests.kit.fake_providers import FakeModel, FakeSynthesizer, FakeTranscriber

OTHERS = UUID(int=77)
SEALER = Sealer([parse_store_key("a phrase of thirty-two characters or more")])
AT = datetime(2026, 1, 1, tzinfo=UTC)


class Store:
    """Credentials, the newest first."""

    def __init__(self) -> None:
        self.rows: list[ResourceRow] = []

    def keep(self, org_id: UUID, provider: str, key: str, **more: Any) -> UUID:
        id, at = uuid4(), AT + timedelta(seconds=len(self.rows))
        bound = SealedRow(org_id, ResourceKind.CREDENTIAL.value, id)
        body = {"provider": provider, "apiKey": "redacted", **more}
        sealed = SEALER.seal(bound, {"/apiKey": key})
        self.rows.insert(0, ResourceRow(org_id, ResourceKind.CREDENTIAL, id, body, at, at, sealed))
        return id

    async def page(self, org_id: UUID, kind: ResourceKind, page: object) -> list[ResourceRow]:
        return [row for row in self.rows if row.org_id == org_id]


@asynccontextmanager
async def desk(store: Store, *, shared: bool = False, **keys: str) -> AsyncIterator[ProviderDesk]:
    vendors = VendorSettings({name.replace("_", "-"): VendorKey(key) for name, key in keys.items()}, shared)
    own = Providers(FakeTranscriber(), FakeModel(), FakeSynthesizer())
    usual = choices_of_settings(Settings().providers)
    async with open_door(outbound_rules(())) as door:
        accounts = Accounts(store, SEALER, vendors)  # type: ignore[arg-type]  # only its pages
        yield ProviderDesk(door, REGISTRY, accounts, own, Chains(own.synthesizer), usual)


def assistant(**said: Any) -> AssistantBody:
    return AssistantBody.model_validate(said)


async def key_of(made: ProviderDesk, org_id: UUID, *named: UUID) -> str:
    account = await made.accounts.find(org_id, "deepgram", named)
    return "" if account is None else account.key


async def test_the_assistants_credential_goes_before_the_organisations_and_the_operators() -> None:
    store = Store()
    async with desk(store, deepgram="operator") as made:
        assert await key_of(made, DEFAULT_ORGANIZATION) == "operator"
        assert await key_of(made, OTHERS) == "", "the operator's key is nobody else's"
        older = store.keep(OTHERS, "deepgram", "older")
        store.keep(OTHERS, "deepgram", "newer")
        made.forget()
        assert await key_of(made, OTHERS) == "newer"
        assert await key_of(made, OTHERS, older) == "older"
        assert await key_of(made, DEFAULT_ORGANIZATION, older) == "operator", "nor is a tenant's"
    async with desk(Store(), shared=True, deepgram="operator") as made:
        assert await key_of(made, OTHERS) == "operator"


async def test_a_missing_account_is_named_by_its_field_and_the_providers_there_are() -> None:
    body = assistant(
        transcriber={"provider": "deepgram"},
        model={
            "provider": "openai",
            "model": "small",
            "fallbackPlan": {"models": [{"provider": "anthropic", "model": "x"}]},
        },
    )
    async with desk(Store(), deepgram="k") as made:
        with pytest.raises(RequestError) as refused:
            await made.outfit(DEFAULT_ORGANIZATION, body)
        assert refused.value.http_status == 400
        assert refused.value.field == "model.provider"
        assert "OPENAI_API_KEY; the providers are anthropic, " in refused.value.detail
    async with desk(Store(), deepgram="k", openai="k") as made:
        with pytest.raises(RequestError, match=r"model\.fallbackPlan\.models\.0\.provider"):
            await made.outfit(DEFAULT_ORGANIZATION, body)
        lenient = (await made.outfit(DEFAULT_ORGANIZATION, body, lenient=True)).equip(CallScope())
        assert lenient.names == ("deepgram/nova-3", "openai/small", "fake-tts")


async def test_a_call_that_lacks_a_stage_is_not_heard() -> None:
    body = assistant(model={"provider": "openai", "model": "small"})
    async with desk(Store()) as made:
        outfit = await made.outfit(OTHERS, body, lenient=True)
        ears = outfit.equip(CallScope()).transcriber
        assert ears.fault() is not None
        with pytest.raises(ProviderError, match="openai needs a credential"):
            async with ears.open():
                pass


async def test_calls_of_a_plan_share_its_connections_and_others_do_not() -> None:
    voice = {"provider": "cartesia", "voiceId": "v"}
    store = Store()
    store.keep(OTHERS, "cartesia", "theirs")
    async with desk(store, cartesia="ours") as made:
        for _ in range(2):
            await made.outfit(DEFAULT_ORGANIZATION, assistant(voice=voice))
        assert len(made._made) == 1
        await made.outfit(OTHERS, assistant(voice=voice))
        await made.outfit(OTHERS, assistant(voice=voice | {"voiceId": "w"}))
        assert len(made._made) == 3


def test_routes_of_the_settings_are_checked_at_the_start() -> None:
    settings = Settings.from_env({"RUNTIME_STT": "deepgram/nova-3,smoke", "RUNTIME_TTS": "cartesia"})
    with pytest.raises(ConfigError) as found:
        choices_of_settings(settings.providers)
    assert [gap.name for gap in found.value.gaps] == ["RUNTIME_STT", "RUNTIME_TTS"]
    assert "smoke: " in found.value.gaps[0].rule
    assert "voiceId" in found.value.gaps[1].rule
