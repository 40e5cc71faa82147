"""Calls that are handed over to somebody at Asterisk: cold by REFER, both ways; warm; attended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import trio

from aywa.proto.sip.refer import ReferTo
from aywa.proto.sip.uri import Uri
from aywa.ua import Session
from aywa_server.child import Child
from tests.kit.asterisk import TRUNK_HOST, Asterisk
from tests.kit.correlation import best_match, faithful_s, load
from tests.kit.interop import require
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end
from tests.kit.station import open_station

pytestmark = [pytest.mark.interop, pytest.mark.live]

SAID = slice(3 * 8000, 13 * 8000)
FAITHFUL, AT_LEAST_S = 0.99, 2.0
_WARM = {"mode": "warm-transfer-say-message", "message": "A caller.", "requireAccept": True}
# What is asked for, the extension of the human, the outcome, and how the call ends for the runtime.
CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "cold": (
        {"mode": "blind-transfer", "sipVerb": "refer"},
        "coldrefer",
        "completed",
        "assistant-forwarded-call",
    ),
    "warm": (_WARM, "yeswarm", "connected", "assistant-forwarded-call"),
    "declined": (_WARM, "nowarm", "declined", "customer-ended-call"),
    "attended": ({**_WARM, "sipVerb": "refer"}, "yesattended", "completed", "assistant-forwarded-call"),
    "keys": (
        {"mode": "blind-transfer", "sipVerb": "dial"},
        "swapkeys",
        "connected",
        "assistant-forwarded-call",
    ),
}


def settings_beside(asterisk: Asterisk, folder: Path) -> dict[str, str]:
    """A runtime that may call the humans of Asterisk's."""
    dial = {
        "server": f"sip:127.0.0.1:{asterisk.ports.sip}",
        "hosts": ["127.0.0.1"],
        "users": [human for _, human, _, _ in CASES.values()],
        "from": ["+4930123456"],
        "per_second": 10,
    }
    return runtime_settings(
        folder / "data",
        RUNTIME_SIP_HOST=TRUNK_HOST,
        RUNTIME_SIP_PORT=str(asterisk.ports.trunk),
        RUNTIME_SIP_TRUNKS_JSON=json.dumps([{"name": "pbx", "addresses": ["127.0.0.1"], "dial": dial}]),
        RUNTIME_DIAL_KEY_PER_SECOND="10",
    )


async def called(runtime: Child, user: str) -> str:
    """The id of the call to this number, once it is up."""
    with trio.fail_after(15):
        while True:
            for call in await runtime.get("/call?limit=100"):
                if f"sip:{user}@" in call["toUri"] and call["status"] == "in-progress":
                    return str(call["id"])
            await trio.sleep(0.1)


async def hand_over(asterisk: Asterisk, runtime: Child, name: str, ended: dict[str, tuple[str, str]]) -> None:
    """Call the runtime, have it hand the call over, and wait for its end."""
    plan, human, _, _ = CASES[name]
    await asterisk.ask(f"channel originate Local/8000{name}@phones extension {name}@callers")
    call_id = await called(runtime, f"8000{name}")
    uri = f"sip:{human}@127.0.0.1:{asterisk.ports.sip}"
    destination = {"type": "sip", "sipUri": uri, "message": "", "transferPlan": plan}
    command = {"type": "transfer", "destination": destination}
    answer = await runtime.client.post(f"/call/{call_id}/control", json=command)
    assert answer.status_code == 200, answer.text
    call = await wait_for_end(runtime, call_id, seconds=40)
    timeline = (await runtime.get(f"/call/{call_id}/timeline"))["timeline"]
    steps = [entry for entry in timeline if entry["kind"] == "transfer.state"]
    print(f"{name}:", *(f"{step['data']['to']} at {step['atMs'] / 1000:.1f} s" for step in steps))
    outcomes = [entry["data"]["outcome"] for entry in timeline if entry["kind"] == "transfer.ended"]
    ended[name] = outcomes[0], call["endedReason"]


async def test_callers_reach_the_human_or_come_back(asterisk: Asterisk, tmp_path: Path) -> None:
    """Who presses 2 is let go, and the caller is with the assistant again until he hangs up.

    `keys` does not speak: each side of our bridge presses keys, and the other one's Asterisk reads them.
    """
    require("sox")
    ended: dict[str, tuple[str, str]] = {}
    async with open_runtime_process(settings_beside(asterisk, tmp_path)) as runtime:
        async with trio.open_nursery() as nursery:
            for name in CASES:
                nursery.start_soon(hand_over, asterisk, runtime, name, ended)
        await asterisk.wait_quiet(seconds=40)
    _, _, *expected = CASES["keys"]
    assert list(ended["keys"]) == expected
    assert await asterisk.variable("KEYSCALLER") == "159*"
    assert await asterisk.variable("KEYSHUMAN") == "2*80"
    # What each says in the seconds in which everybody is connected, sooner or later.
    words, reply = load(asterisk.prompt("demo-congrats"))[SAID], load(asterisk.prompt("demo-instruct"))[SAID]
    for name, (_, human, outcome, reason) in CASES.items():
        if name == "keys":
            continue
        to_human, to_caller = load(asterisk.recording(human)), load(asterisk.recording(f"caller{name}"))
        assert ended[name] == (outcome, reason)
        if outcome == "declined":
            alike = best_match(words, to_human).likeness, best_match(reply, to_caller).likeness
            print(f"{name}: {ended[name]}; the human hears {alike[0]:.4f}, the caller {alike[1]:.4f}")
            assert max(alike) < 0.5, "they were not to hear each other"
        else:
            heard = faithful_s(words, to_human, FAITHFUL), faithful_s(reply, to_caller, FAITHFUL)
            print(f"{name}: {ended[name]}; the human hears {heard[0]:.1f} s, the caller {heard[1]:.1f} s")
            assert min(heard) >= AT_LEAST_S, name


async def test_asterisk_asks_us_to_call_somebody_else(asterisk: Asterisk) -> None:
    """Its dialplan's Transfer(): REFER, 202, the new call, NOTIFY with how it went, and BYE."""
    asked: list[ReferTo] = []
    async with open_station() as station:
        first = Uri("sip", "handover", host="127.0.0.1", port=asterisk.ports.sip)
        async with station.dial(first, "pcmu") as talk:
            session: Session = await talk.up()
            told = trio.Event()

            def on_refer(target: ReferTo) -> None:
                asked.append(target)
                told.set()

            session.on_refer = on_refer
            with trio.fail_after(10):
                await told.wait()
            session.answer_refer(202)
            session.report_refer(100)
            async with station.dial(asked[0].uri, "pcmu") as second:
                await second.up()
                session.report_refer(200)
                with trio.fail_after(10):
                    await session.wait_ended()
                await second.say(asterisk.prompt("demo-congrats"), 3)
            assert best_match(second.said(), second.heard()).likeness > 0.99
    assert await asterisk.variable("HANDOVER") == "SUCCESS"
