"""We call Asterisk: every codec to its echo and back, SRTP, early media, reliable responses, key presses."""

from __future__ import annotations

from dataclasses import replace
from random import SystemRandom

import pytest
import trio

from aywa.proto.sip.uri import Uri
from aywa.settings import MediaSettings, SipSettings
from aywa.ua import IncomingCall, InviteFailed, open_user_agent
from tests.kit.asterisk import Asterisk, channel_to
from tests.kit.correlation import best_match, load
from tests.kit.sip_agents import offer, refuse_calls
from tests.kit.station import PLAIN, Station, open_station

pytestmark = [
    pytest.mark.interop,
    pytest.mark.live,
    pytest.mark.usefixtures("timed_calls"),
]
# What PEERS of these codecs reach with one another, less a margin for where the window falls.
LEAST = {"PCMU": 0.99, "PCMA": 0.99, "G722": 0.99, "opus": 0.90}
LINES = {
    "pcmu": ("PCMU", PLAIN),
    "pcma": ("PCMA", PLAIN),
    "g722": ("G722", PLAIN),
    "opus": ("opus", PLAIN),
    "sdes": ("PCMA", replace(PLAIN, srtp="required")),
}


def at(asterisk: Asterisk, user: str) -> Uri:
    """An extension of Asterisk's."""
    return Uri("sip", user, host="127.0.0.1", port=asterisk.ports.sip)


async def test_what_we_say_to_the_echo_comes_back(asterisk: Asterisk) -> None:
    found: dict[str, tuple[str, float]] = {}

    async def call(station: Station, line: str, media: MediaSettings) -> None:
        async with station.dial(at(asterisk, "600"), line, media) as talk:
            await talk.up()
            await trio.sleep(0.3)
            await talk.say(asterisk.prompt("demo-congrats"), 4)
            name = talk.accepted.send.name
        found[line] = (name, best_match(talk.said(), talk.heard()).likeness)

    async with open_station() as station, trio.open_nursery() as nursery:
        for line, (_, media) in LINES.items():
            nursery.start_soon(call, station, line, media)
    for line, (codec, _) in LINES.items():
        name, likeness = found[line]
        print(f"{line:<6} {name:<5} there and back {likeness:.4f}")
        assert name == codec
        assert likeness > LEAST[codec], line


@pytest.mark.parametrize("line", ["pcmu", "reliable"])
async def test_early_media_is_heard_before_the_answer(asterisk: Asterisk, line: str) -> None:
    """`reliable` has 100rel required: its 183 is repeated until our PRACK, and is the answer to our offer."""
    told: list[bool] = []
    async with open_station() as station:
        async with station.dial(
            at(asterisk, "early"), line, on_early=lambda description, final: told.append(final)
        ) as talk:
            await trio.sleep(3.5)
            assert talk.session is None
        heard = best_match(load(asterisk.prompt("demo-congrats"))[: 3 * 8000], talk.heard())
        with trio.fail_after(5):
            while station.agent.endpoint.core.sessions:  # noqa: ASYNC110 - until the CANCEL is answered
                await trio.sleep(0.05)
    print(f"{line}: before the answer {heard.likeness:.4f}")
    assert set(told) == {line == "reliable"}
    assert heard.likeness > 0.99


async def test_asterisk_acknowledges_early_media_of_ours(asterisk: Asterisk) -> None:
    """100rel both ways: the 200 goes out after the PRACK, and early and later audio are one stream."""
    heard: list[float] = []

    async def on_call(call: IncomingCall, station: Station) -> None:
        assert "100rel" in (call.request.headers.get("Require") or "")
        async with station.answer(call, early_s=1) as talk:
            await trio.sleep(0.3)
            await talk.say(asterisk.prompt("demo-congrats"), 3)
        heard.append(best_match(talk.said(), talk.heard()).likeness)

    async with open_station(on_call=on_call) as station:
        await asterisk.originate(channel_to("reliable", *station.agent.local), "600")
        with trio.fail_after(15):
            while not heard:  # noqa: ASYNC110
                await trio.sleep(0.1)
    assert heard[0] > 0.99


# How each line carries key presses: by RFC 4733, as tones, in INFO.
@pytest.mark.parametrize("line", ["pcmu", "inband", "info"])
async def test_key_presses_go_both_ways(asterisk: Asterisk, line: str) -> None:
    async def press(station: Station) -> None:
        async with station.dial(at(asterisk, f"read{line}"), line) as talk:
            await talk.up()
            await trio.sleep(0.5)
            await talk.press("39*0")
            assert await asterisk.variable(f"KEYS{line}") == "39*0"

    async def hear(station: Station) -> None:
        async with station.dial(at(asterisk, "press"), line) as talk:
            assert await talk.wait_for_keys(7) == "1379*0#"

    async with open_station() as station, trio.open_nursery() as nursery:
        if line != "info":  # which are taken in INFO, and sent as tones, which such a line does not listen to
            nursery.start_soon(press, station)
        nursery.start_soon(hear, station)


async def test_who_is_busy_or_not_there_is_told_apart(asterisk: Asterisk) -> None:
    settings = SipSettings(host="127.0.0.1", port=0)
    caller = Uri("sip", "pcmu", host="127.0.0.1")
    async with open_user_agent(settings, rng=SystemRandom(), on_call=refuse_calls) as agent:
        for extension, status in (("busy", 486), ("unlisted", 404)):
            with pytest.raises(InviteFailed) as failed:
                await agent.invite(at(asterisk, extension), from_uri=caller, offer=offer())
            assert failed.value.status == status
