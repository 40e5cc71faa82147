"""Asterisk as registrar: we register as user 7000, are called, call with digest, and leave."""

from __future__ import annotations

from random import SystemRandom

import pytest
import trio

from aywa.proto.sip.uri import Uri
from aywa.settings import SipSettings, TrunkCredentials, TrunkRegistration, TrunkSettings
from aywa.ua import IncomingCall, SessionEnded, UserAgent, open_user_agent
from tests.kit.asterisk import Asterisk
from tests.kit.correlation import best_match
from tests.kit.sip_agents import refuse_calls
from tests.kit.station import Station, open_station

pytestmark = [pytest.mark.interop, pytest.mark.live, pytest.mark.paired]


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


async def wait_registered(agent: UserAgent) -> None:
    with trio.fail_after(10):
        while not agent.registrations.statuses[0].registered:  # noqa: ASYNC110 - the registrar sets no event
            await trio.sleep(0.05)


async def test_asterisk_holds_our_contact_calls_us_and_is_called(asterisk: Asterisk) -> None:
    called: list[SessionEnded] = []
    heard: list[float] = []
    hung_up = trio.Event()

    async def on_call(call: IncomingCall, station: Station) -> None:
        async with station.answer(call) as talk:
            await trio.sleep(0.3)
            await talk.say(asterisk.prompt("demo-congrats"), 3)
        session = await talk.up()
        called.append(await session.wait_ended())
        heard.append(best_match(talk.said(), talk.heard()).likeness)
        hung_up.set()

    async with open_station(settings(asterisk), on_call) as station:
        agent = station.agent
        await wait_registered(agent)
        assert f"sip:7000@127.0.0.1:{agent.local[1]}" in await asterisk.ask("pjsip show contacts")
        await asterisk.originate("PJSIP/7000", "600")
        with trio.fail_after(15):
            await hung_up.wait()
        assert called == [SessionEnded(False, 200, "")]
        assert heard[0] > 0.99

        echo = Uri("sip", "600", host="127.0.0.1", port=asterisk.ports.sip)
        async with station.dial(echo, "7000") as talk:  # Asterisk asks for credentials
            session = await talk.up()
            await talk.say(asterisk.prompt("demo-congrats"), 3)
        assert session.ended == SessionEnded(False, 200, "")
        assert best_match(talk.said(), talk.heard()).likeness > 0.99
    assert "7000/sip:" not in await asterisk.ask("pjsip show contacts")


async def test_a_wrong_password_is_said_with_the_realm(asterisk: Asterisk) -> None:
    async with open_user_agent(
        settings(asterisk, "wrong"), rng=SystemRandom(), on_call=refuse_calls
    ) as agent:
        with trio.fail_after(10):
            while "401" not in agent.registrations.statuses[0].detail:  # noqa: ASYNC110 - as above
                await trio.sleep(0.05)
        assert "realm 'asterisk'" in agent.registrations.statuses[0].detail
