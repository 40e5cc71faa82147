"""Accounts are tried with the smallest real request, and what is wrong is said with what mends it."""

from __future__ import annotations

import pytest
import trio

from aywa.emulators.catalogue import EMULATORS, KEY, Scripts
from aywa.emulators.chat_script import ChatScript
from aywa.emulators.faults import Fault, FaultKind, Faults
from aywa.emulators.hearing import Script
from aywa.emulators.host import open_emulator
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.model.price_table import Stage
from aywa.proto.outbound_rules import outbound_rules
from aywa.providers.registry import REGISTRY
from aywa.providers.web.door import open_door
from aywa.runtime.accounts import Account, Accounts
from aywa.runtime.provider_checks import SMALLEST, Tried, try_accounts
from aywa.settings import Settings
from aywa_server import cli_emulate
from aywa_server.cli_emulate import settings_of

pytestmark = pytest.mark.live
_PAID = ("deepgram", "openai", "anthropic", "11labs", "cartesia", "assembly-ai", "azure", "rime-ai")
_OPEN = ("127.0.0.1",)


async def tried(name: str, *faults: Fault, key: str = KEY, private: tuple[str, ...] = _OPEN) -> list[Tried]:
    """One vendor's account at its emulator."""
    scripts = Scripts(Script(("OK",)), ChatScript(("OK.",) * 9))
    async with open_emulator(EMULATORS[name](scripts), Faults(faults)) as host:
        account = Account(name, key, host.url, "THE_KEY", operators=True)
        async with open_door(outbound_rules(private)) as door:
            return await try_accounts(door, REGISTRY, [account])


@pytest.mark.parametrize("name", _PAID)
async def test_an_account_that_works(name: str) -> None:
    found = await tried(name)
    assert found, "an account is tried at one stage at least"
    assert [str(each) for each in found if not each.ok] == []
    assert all("THE_KEY" in str(each) and KEY not in str(each) for each in found)


async def test_what_is_wrong_is_said_with_what_mends_it() -> None:
    (wrong,) = await tried("anthropic", key="wrong-key")
    assert (wrong.ok, wrong.stage) == (False, Stage.LLM)
    assert wrong.fix == "the key is not taken: put a valid one into THE_KEY"
    assert "wrong-key" not in str(wrong)
    (away,) = await tried("anthropic", Fault(FaultKind.STATUS, status=503))
    assert (away.ok, "status" in away.fix) == (False, True)
    (inside,) = await tried("anthropic", private=())
    assert inside.fix.endswith("list the host in RUNTIME_OUTBOUND_PRIVATE")


async def test_nothing_is_asked_without_a_model_or_a_voice() -> None:
    async with open_door(outbound_rules(())) as door:
        (found,) = await try_accounts(door, REGISTRY, [Account("together-ai", "k", "", "X")])
    assert not found.ok
    assert "name a model" in found.fix


def test_what_is_asked_for_is_of_providers_that_there_are() -> None:
    known = {Stage.LLM: REGISTRY.chat_models, Stage.TTS: REGISTRY.synthesizers}
    assert [name for stage, name in SMALLEST if name not in known[stage]] == []


async def test_the_settings_that_are_printed_lead_to_the_emulators() -> None:
    lines = settings_of("deepgram", "http://127.0.0.1:9") + settings_of("openai", "http://127.0.0.1:10")
    environ = {name: value for name, _, value in (line.partition("=") for line in lines)}
    settings = Settings.from_env(environ)
    accounts = await Accounts(None, None, settings.providers.vendors).all(DEFAULT_ORGANIZATION)
    assert [(each.provider, each.url, each.key) for each in accounts] == [
        ("deepgram", "http://127.0.0.1:9", KEY),
        ("openai", "http://127.0.0.1:10", KEY),
    ]
    assert settings_of("custom-transcriber", "http://127.0.0.1:9") == [
        "# custom-transcriber: server.url ws://127.0.0.1:9"
    ]


async def test_emulators_of_the_command_line_have_the_faults_that_are_asked_for() -> None:
    rates = cli_emulate._rates(["status=0.5", "hang"])
    assert rates == {FaultKind.STATUS: 0.5, FaultKind.HANG: 1.0}
    with pytest.raises(ValueError, match="must be a kind"):
        cli_emulate._rates(["often"])
    with pytest.raises(ValueError, match="no emulator of smoke"):
        cli_emulate._vendors(["smoke"])
    await trio.lowlevel.checkpoint()


async def test_an_operators_key_goes_only_where_the_operator_says() -> None:
    ours = Account("custom-llm", "secret", "http://llm.internal/v1", "CUSTOM_LLM_API_KEY", operators=True)
    assert ours.access("", "").key == "secret"
    assert ours.access("http://llm.internal/v1", "").key == "secret"
    assert ours.access("https://elsewhere.example/v1", "").key == ""
    theirs = Account("custom-llm", "secret", "", "credential 1")
    assert theirs.access("https://elsewhere.example/v1", "").key == "secret"
    await trio.lowlevel.checkpoint()
