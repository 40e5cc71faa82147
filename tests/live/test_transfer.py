"""Transfers by a runtime between two telephones of ours: who hears whom, sample by sample."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import trio

from aywa.media.engine import MediaEngine, open_media_engine
from aywa.settings import MediaSettings, SipSettings
from aywa.ua.user_agent import UserAgent, open_user_agent
from aywa_server.child import Child
from tests.kit.correlation import Samples, best_match
from tests.kit.ports import free_udp_range
from tests.kit.room_rig import voice
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end
from tests.kit.telephones import Telephone, answering, call

pytestmark = pytest.mark.live

NUMBER = "+493012345678"
FAITHFUL = 0.99  # G.711 all the way
FOREIGN = 0.35  # two voices that have nothing to do with each other are that alike at most
ALICE, BOB = voice(8000, 2.5, 1), voice(8000, 2.5, 2)


@dataclass
class Stage:
    """A runtime, a caller and a colleague."""

    runtime: Child
    caller: Telephone
    call_id: str
    colleagues: list[Telephone] = field(default_factory=list)

    async def transfer(self, plan: dict[str, object], message: str = "") -> None:
        """Ask for it."""
        whom = {"type": "number", "number": NUMBER, "message": message, "transferPlan": plan}
        await self.runtime.post(f"/call/{self.call_id}/control", {"type": "transfer", "destination": whom})

    async def reaches(self, state: str, bound_s: float = 30.0) -> None:
        """Wait until the transfer has been in this state."""
        with trio.fail_after(bound_s):
            while state not in await self.states():  # noqa: ASYNC110 - another process's state
                await trio.sleep(0.1)

    async def states(self) -> list[str]:
        entries = (await self.runtime.get(f"/call/{self.call_id}/timeline"))["timeline"]
        return [entry["data"]["to"] for entry in entries if entry["kind"] == "transfer.state"]

    async def kinds_since(self, kind: str) -> list[str]:
        """The kinds of entries behind the last one of this kind."""
        entries = (await self.runtime.get(f"/call/{self.call_id}/timeline"))["timeline"]
        kinds = [entry["kind"] for entry in entries]
        return kinds[len(kinds) - kinds[::-1].index(kind) :]

    async def ended(self) -> dict[str, Any]:
        """The call once it is over."""
        return await wait_for_end(self.runtime, self.call_id, seconds=15)


def dialling(port: int) -> dict[str, str]:
    """Everything is dialled at a telephone of ours."""
    trunk = {"name": "pbx", "addresses": ["127.0.0.0/8"], "dial": {"server": f"sip:127.0.0.1:{port}"}}
    return {"RUNTIME_SIP_TRUNKS_JSON": json.dumps([trunk]), "RUNTIME_DIAL_ALLOW": "+49"}


@asynccontextmanager
async def telephones(answered: list[Telephone]) -> AsyncIterator[tuple[MediaEngine, UserAgent, UserAgent]]:
    """An engine, the caller's user agent and the colleague's."""
    first, rng = free_udp_range(32), Random(5)
    media = MediaSettings(rtp_port_min=first, rtp_port_max=first + 31, port_quarantine_s=0.0)
    sip = SipSettings(port=0)
    async with open_media_engine(media, rng=rng) as engine:
        take = answering(lambda: engine, answered.append)
        async with (
            open_user_agent(sip, rng=rng, on_call=take) as alice,  # type: ignore[arg-type]
            open_user_agent(sip, rng=rng, on_call=take) as bob,  # type: ignore[arg-type]
        ):
            yield engine, alice, bob


@dataclass
class House:
    """A runtime, and telephones to call it and to be called by it."""

    runtime: Child
    engine: MediaEngine
    alice: UserAgent
    answered: list[Telephone]

    @asynccontextmanager
    async def stage(self) -> AsyncIterator[Stage]:
        """A call to the assistant."""
        self.answered.clear()
        target = f"sip:desk@127.0.0.1:{self.runtime.sip_port}"
        async with call(self.alice, self.engine, target) as caller:
            row = None
            with trio.fail_after(5):
                while row is None:
                    row = await self.runtime.call_with(caller.session.sip_call_id)
            yield Stage(self.runtime, caller, row["id"], self.answered)


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[tuple[House, dict[str, str]]]:
    """With its settings."""
    answered: list[Telephone] = []
    async with telephones(answered) as (engine, alice, bob):
        wanted = runtime_settings(folder / "data", **dialling(bob.local[1]))
        async with open_runtime_process(wanted) as runtime:
            yield House(runtime, engine, alice, answered), wanted


async def test_three_ways_between_two_telephones(tmp_path: Path) -> None:
    async with house(tmp_path) as (home, _):
        await accepted_by_key(home)
        await declined_and_the_assistant_goes_on(home)
        await cold_by_dialling(home)


async def accepted_by_key(home: House) -> None:
    async with home.stage() as here:
        plan = {"mode": "warm-transfer-say-message", "message": "A caller.", "requireAccept": True}
        await here.transfer(plan)
        await here.reaches("DECIDING")
        caller, (colleague,) = here.caller, here.colleagues
        since = caller.now, colleague.now
        async with trio.open_nursery() as nursery:  # both speak, and neither is heard by the other
            nursery.start_soon(caller.say, ALICE)
            nursery.start_soon(colleague.say, BOB)
        to_caller = best_match(colleague.sent(since[1]), caller.heard(since[0])).likeness
        to_colleague = best_match(caller.sent(since[0]), colleague.heard(since[1])).likeness
        told = await here.kinds_since("transfer.state")
        colleague.press("1")
        await here.reaches("BRIDGED")
        await trio.sleep(0.5)
        since = caller.now, colleague.now
        async with trio.open_nursery() as nursery:
            nursery.start_soon(caller.say, ALICE)
            nursery.start_soon(colleague.say, BOB)
        await trio.sleep(0.5)
        connected = (
            best_match(caller.sent(since[0]), colleague.heard(since[1])).likeness,
            best_match(colleague.sent(since[1]), caller.heard(since[0])).likeness,
        )
        print(
            f"consulting: the caller heard {to_caller:.3f} of the colleague, and he {to_colleague:.3f} of "
            f"the caller; connected: {connected[0]:.4f} and {connected[1]:.4f}"
        )
        assert max(to_caller, to_colleague) < FOREIGN
        assert not [kind for kind in told if kind.startswith(("stt.", "turn.user"))]
        assert min(connected) >= FAITHFUL
        await keys_cross(caller, colleague)
        await colleague.session.hangup()
        await caller.hangs_up()
        row = await here.ended()
    assert row["endedReason"] == "assistant-forwarded-call"
    (transfer,) = row["artifact"]["transfers"]
    assert (transfer["status"], transfer["mode"]) == ("connected", "warm")
    assert "AI: A caller." in transfer["transcript"]
    assert 0 < transfer["recordingOffsetMs"] < 60_000
    await each_on_a_track(home.runtime, row)


async def keys_cross(caller: Telephone, colleague: Telephone) -> None:
    """Each hears the keys of the other, once."""
    caller.heard_keys = colleague.heard_keys = ""
    for key in "42#":
        caller.press(key)
    colleague.press("7")
    await trio.sleep(2.0)
    assert (colleague.heard_keys, caller.heard_keys) == ("42#", "7")


async def tracks(runtime: Child, call_id: str) -> dict[str, Samples]:
    """What the call's tracks hold, by their names."""
    names = (await runtime.get(f"/call/{call_id}"))["artifact"]["recording"]["tracks"]
    answer = await runtime.client.get(f"/call/{call_id}/recording?tracks=all")
    answer.raise_for_status()
    with wave.open(io.BytesIO(answer.content)) as wav:
        assert wav.getnchannels() == len(names)
        frames = np.frombuffer(wav.readframes(wav.getnframes()), "<i2").reshape(-1, len(names))
    return {name: frames[:, channel].astype(float) for channel, name in enumerate(names)}


async def each_on_a_track(runtime: Child, row: dict[str, Any]) -> None:
    """Both spoke at once in the end: side by side on their tracks, and neither on the assistant's."""
    found = {name: pcm[-8000 * 6 :] for name, pcm in (await tracks(runtime, row["id"])).items()}
    alice = best_match(ALICE.astype(float), found["caller"])
    bob = best_match(BOB.astype(float), found["colleague"])
    apart_ms = 1000 * abs(alice.later_s - bob.later_s)
    print(f"tracks: {alice.likeness:.4f}, {bob.likeness:.4f}, {apart_ms:.1f} ms apart")
    assert min(alice.likeness, bob.likeness) >= FAITHFUL
    assert apart_ms <= 40, "a packet each: both phones begin with their next one"
    assert not found["assistant"].any()


async def declined_and_the_assistant_goes_on(home: House) -> None:
    async with home.stage() as here:
        await here.transfer({"mode": "warm-transfer-say-message", "requireAccept": True})
        await here.reaches("BRIEFING")
        here.colleagues[0].press("2")
        await here.colleagues[0].hangs_up()
        await here.reaches("RETURNED")
        await trio.sleep(1.0)
        since = here.caller.now
        await trio.sleep(2.0)
        assert abs(here.caller.heard(since)).max() > 1000, "nobody speaks with the caller"
        await here.caller.session.hangup()
        row = await here.ended()
    assert row["endedReason"] == "customer-ended-call"
    assert row["artifact"]["transfers"][0]["reason"] == "declined"


async def cold_by_dialling(home: House) -> None:
    async with home.stage() as here:
        await here.transfer({"mode": "blind-transfer", "sipVerb": "dial"})
        await here.reaches("BRIDGED")
        caller, (colleague,) = here.caller, here.colleagues
        since = caller.now, colleague.now
        await caller.say(ALICE)
        heard = best_match(caller.sent(since[0]), colleague.heard(since[1])).likeness
        print(f"connected: {heard:.4f}")
        assert heard >= FAITHFUL
        await keys_cross(caller, colleague)
        await caller.session.hangup()
        await colleague.hangs_up()
        row = await here.ended()
    assert row["endedReason"] == "assistant-forwarded-call"


@pytest.mark.beside
async def test_a_process_that_is_killed(tmp_path: Path) -> None:
    """The next one says that the call was lost, and where its transfer was."""
    async with house(tmp_path) as (home, wanted):
        async with home.stage() as here:
            await here.transfer({"mode": "warm-transfer-say-message", "requireAccept": True})
            await here.reaches("DECIDING")
            await trio.sleep(1.0)
            home.runtime.kill()
        async with open_runtime_process(wanted) as again:
            row = await again.get(f"/call/{here.call_id}")
            states = await Stage(again, here.caller, here.call_id).states()
            found = await tracks(again, here.call_id)
    assert list(found) == ["caller", "assistant", "colleague"]
    assert abs(found["assistant"]).max() > 1000, "the greeting and what the colleague was told"
    assert row["endedReason"] == "call.in-progress.error-process-lost"
    assert states[-1] == "DECIDING"
    (transfer,) = row["artifact"]["transfers"]
    assert (transfer["status"], transfer["state"]) == ("pending", "deciding")
