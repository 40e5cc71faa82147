"""Asterisk as registrar, a PBX over UDP and a carrier over TLS: we register, are called, call, and leave."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from random import SystemRandom

import pytest
import trio

from aywa.proto.sip.stream_address import Transport
from aywa.proto.sip.uri import Uri
from aywa.settings import (
    MediaSettings,
    SipSettings,
    SrtpPolicy,
    TrunkCredentials,
    TrunkRegistration,
    TrunkSettings,
)
from aywa.settings.trunk_reader import read_trunks
from aywa.ua import IncomingCall, SessionEnded, UserAgent, open_user_agent
from tests.kit.asterisk import CARRIED_HOST, Asterisk
from tests.kit.correlation import best_match
from tests.kit.sip_agents import refuse_calls
from tests.kit.station import PLAIN, Station, open_station

pytestmark = [pytest.mark.interop, pytest.mark.live]
RECIPES = Path(__file__).parents[2] / "docs/sip.md"


@dataclass(frozen=True)
class Customer:
    """A user of Asterisk's: its name, the settings, and how it calls."""

    user: str
    settings: SipSettings
    echo: Uri
    media: MediaSettings = PLAIN


def settings(asterisk: Asterisk, password: str = "secret7000") -> SipSettings:
    """The trunk of docs/asterisk/pjsip-registered.conf."""
    registrar = f"sip:127.0.0.1:{asterisk.ports.sip}"
    trunk = TrunkSettings(
        "pbx",
        ("127.0.0.1",),
        outbound=TrunkCredentials("7000", password),
        register=TrunkRegistration(registrar, f"sip:7000@127.0.0.1:{asterisk.ports.sip}", 300),
    )
    return SipSettings(host="127.0.0.1", port=0, trunks=(), named_trunks=(trunk,))


def of_a_pbx(asterisk: Asterisk) -> Customer:
    return Customer("7000", settings(asterisk), Uri("sip", "600", host="127.0.0.1", port=asterisk.ports.sip))


def of_a_carrier(asterisk: Asterisk) -> Customer:
    """What docs/sip.md shows, with another address and another password: TLS, a realm, SRTP."""
    (shown,) = re.findall(r"RUNTIME_SIP_TRUNKS_JSON='([^']*\"carrier\"[^']*)'", RECIPES.read_text())
    for old, new in (
        ("sip:sip.carrier.example;", f"sip:127.0.0.1:{asterisk.ports.tls};"),
        ("198.51.100.0/24", "127.0.0.1"),
        ('"..."', '"secret-carrier"'),
        ("\n", ""),
    ):
        assert old in shown
        shown = shown.replace(old, new)
    trunks, gaps = read_trunks(shown)
    assert gaps == []
    keys = str(asterisk.key("runtime"))
    sip = SipSettings(
        host=CARRIED_HOST,
        port=0,
        tls_port=0,
        tls_cert=keys,
        tls_ca=str(asterisk.key("ca")),
        trunks=(),
        named_trunks=trunks,
    )
    echo = Uri("sip", "600", host="127.0.0.1", port=asterisk.ports.tls, parameters={"transport": "tls"})
    assert trunks[0].srtp is SrtpPolicy.REQUIRED
    return Customer("4930123456", sip, echo, replace(PLAIN, srtp="required"))


async def wait_registered(agent: UserAgent) -> None:
    with trio.fail_after(10):
        while not agent.registrations.statuses[0].registered:  # noqa: ASYNC110 - the registrar sets no event
            await trio.sleep(0.05)


async def hear_each_other(asterisk: Asterisk, customer: Customer) -> None:
    """Asterisk calls the contact that was registered, and is called with credentials."""
    called: list[SessionEnded] = []
    heard: list[float] = []
    hung_up = trio.Event()

    async def on_call(call: IncomingCall, station: Station) -> None:
        async with station.answer(call, customer.media) as talk:
            await trio.sleep(0.3)
            await talk.say(asterisk.prompt("demo-congrats"), 3)
        session = await talk.up()
        called.append(await session.wait_ended())
        heard.append(best_match(talk.said(), talk.heard()).likeness)
        hung_up.set()

    user = customer.user
    async with open_station(customer.settings, on_call) as station:
        agent = station.agent
        await wait_registered(agent)
        transport = Transport.TLS if customer.settings.tls_port is not None else Transport.UDP
        host, port = agent.streams.local.get(transport, agent.local)
        assert f"sip:{user}@{host}:{port}" in await asterisk.ask("pjsip show contacts")
        await asterisk.originate(f"PJSIP/{user}", "600")
        with trio.fail_after(15):
            await hung_up.wait()
        assert called == [SessionEnded(False, 200, "")]

        async with station.dial(customer.echo, user, customer.media) as talk:
            session = await talk.up()
            assert (talk.accepted.crypto is not None) is (customer.media.srtp == "required")
            await talk.say(asterisk.prompt("demo-congrats"), 3)
        assert session.ended == SessionEnded(False, 200, "")
        heard.append(best_match(talk.said(), talk.heard()).likeness)
        print(f"{user} over {transport.value}: called {heard[0]:.4f}, calling {heard[1]:.4f}")
        assert min(heard) > 0.99
    assert f"{user}/sip:" not in await asterisk.ask("pjsip show contacts")


async def test_asterisk_holds_our_contacts_calls_us_and_is_called(asterisk: Asterisk) -> None:
    async with trio.open_nursery() as nursery:
        for customer in (of_a_pbx(asterisk), of_a_carrier(asterisk)):
            nursery.start_soon(hear_each_other, asterisk, customer)


async def test_a_wrong_password_is_said_with_the_realm(asterisk: Asterisk) -> None:
    async with open_user_agent(
        settings(asterisk, "wrong"), rng=SystemRandom(), on_call=refuse_calls
    ) as agent:
        with trio.fail_after(10):
            while "401" not in agent.registrations.statuses[0].detail:  # noqa: ASYNC110 - as above
                await trio.sleep(0.05)
        assert "realm 'asterisk'" in agent.registrations.statuses[0].detail
