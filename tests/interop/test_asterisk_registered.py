"""Asterisk as registrar: we register as user 7000, are called, call with digest, and leave."""

from __future__ import annotations

import os
import subprocess
from random import SystemRandom

import pytest
import trio

from aywa.proto.sdp.offer_answer import LocalAudio, accept_offer, make_offer
from aywa.proto.sip.uri import parse_uri
from aywa.settings import SipSettings, TrunkCredentials, TrunkRegistration, TrunkSettings
from aywa.ua import IncomingCall, SessionEnded, UserAgent, open_user_agent

pytestmark = [pytest.mark.interop, pytest.mark.live]
CLI = os.environ.get("AYWA_ASTERISK_CLI", "")


def asterisk(command: str) -> str:
    """What Asterisk's console says."""
    done = subprocess.run([*CLI.split(), command], check=True, capture_output=True, text=True)
    return done.stdout


def settings(password: str = "secret7000") -> SipSettings:
    trunk = TrunkSettings(
        "pbx",
        ("127.0.0.1",),
        outbound=TrunkCredentials("7000", password),
        register=TrunkRegistration("sip:127.0.0.1", "sip:7000@127.0.0.1", 300),
    )
    return SipSettings(host="127.0.0.1", port=0, trunks=(), named_trunks=(trunk,))


async def wait_registered(agent: UserAgent) -> None:
    with trio.fail_after(10):
        while not agent.registrations.statuses[0].registered:  # noqa: ASYNC110 - the registrar sets no event
            await trio.sleep(0.05)


async def test_asterisk_holds_our_contact_calls_us_and_is_called() -> None:
    if not CLI:
        pytest.skip("no Asterisk is running; scripts/prove_asterisk.sh ROOT registered runs this")
    called: list[SessionEnded] = []
    hung_up = trio.Event()

    async def on_call(call: IncomingCall) -> None:
        assert call.offer is not None
        session = await call.answer(accept_offer(call.offer, LocalAudio("127.0.0.1", 16400)).answer)
        await trio.sleep(0.5)
        await session.hangup()
        called.append(await session.wait_ended())
        hung_up.set()

    async with open_user_agent(settings(), rng=SystemRandom(), on_call=on_call) as agent:
        await wait_registered(agent)
        contacts = asterisk("pjsip show contacts")
        assert f"sip:7000@127.0.0.1:{agent.local[1]}" in contacts
        asterisk("channel originate PJSIP/7000 application Echo")
        with trio.fail_after(10):
            await hung_up.wait()
        assert called == [SessionEnded(False, 200, "")]
        ours = make_offer(LocalAudio("127.0.0.1", 16402), 1, 1)
        echo, us = parse_uri("sip:600@127.0.0.1"), parse_uri("sip:7000@127.0.0.1")
        with trio.fail_after(20):
            session = await agent.invite(echo, from_uri=us, offer=ours)
            await trio.sleep(0.5)
            await session.hangup()
        assert session.ended == SessionEnded(False, 200, "")
        assert agent.counters[0].faults == agent.counters[0].broken == 0
    assert "7000/sip:" not in asterisk("pjsip show contacts")


async def test_a_wrong_password_is_said_with_the_realm() -> None:
    if not CLI:
        pytest.skip("no Asterisk is running; scripts/prove_asterisk.sh ROOT registered runs this")

    async def on_call(call: IncomingCall) -> None:
        await call.reject(603)

    async with open_user_agent(settings("wrong"), rng=SystemRandom(), on_call=on_call) as agent:
        with trio.fail_after(10):
            while "401" not in agent.registrations.statuses[0].detail:  # noqa: ASYNC110 - as above
                await trio.sleep(0.05)
        assert "realm 'asterisk'" in agent.registrations.statuses[0].detail
