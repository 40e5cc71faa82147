"""Asterisk calls over AudioSocket and its websocket channel, by the dialplan of docs/asterisk and others."""

from __future__ import annotations

from pathlib import Path

import pytest

from aywa_server.child import Child
from tests.kit.asterisk import STREAM_PASSWORD, Asterisk
from tests.kit.correlation import faithful_s, load
from tests.kit.interop import require
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end
from tests.kit.stream_calls import StreamLine, begin, facts_of, wait_answered

pytestmark = [pytest.mark.interop, pytest.mark.live, pytest.mark.paired]
# 610, 613 and 611 are documented: the application, the channel, and the websocket with JSON messages, that we
# answer. Then as plain text, answered by Asterisk, and in a format without linear samples.
LINES = {
    "as8": StreamLine("610@phones", "L16", 8000, "address"),
    "as16": StreamLine("613@phones", "L16", 16_000, "address"),
    "ws16": StreamLine("611@phones", "L16", 16_000, "credentials"),
    "wsulaw": StreamLine("ulaw@variants", "PCMU", 8000, "credentials"),
    "ws8": StreamLine("answered@variants", "L16", 8000, "credentials"),
    "wsg722": StreamLine("g722@variants", "G722", 8000, "credentials"),
}
FAITHFUL, AT_LEAST_S = 0.99, 2.0
KEYED = ("as8", "as16", "ws16", "wsulaw")  # each way that keys are told


def settings_beside(asterisk: Asterisk, folder: Path) -> dict[str, str]:
    """A runtime where the documented lines look for it."""
    return runtime_settings(
        folder / "data",
        RUNTIME_AUDIOSOCKET_PORT=str(asterisk.ports.audiosocket),
        RUNTIME_ASTERISK_WS_PORT=str(asterisk.ports.websocket),
        RUNTIME_ASTERISK_WS_PASSWORD=STREAM_PASSWORD,
    )


async def refuse(asterisk: Asterisk, runtime: Child) -> None:
    """A wrong password, and a format that is not served: no call, no record, and Dial says why."""
    for extension in ("refused", "opus"):
        await asterisk.ask(f"channel originate Local/{extension}@variants extension stay@tests")
    said = {await asterisk.variable(name) for name in ("STRANGER", "OPUS")}
    assert said <= {"CHANUNAVAIL", "NOANSWER", "CONGESTION", "CHANGED"}
    assert await runtime.get("/call?limit=50") == []


async def hear_each_other(asterisk: Asterisk, runtime: Child) -> None:
    """The caller listens for six seconds and speaks. Until then nothing comes from him: where no event says
    the rate, his first audio does, seconds after the answer.
    """
    prompt = load(asterisk.prompt("demo-congrats"))[: 6 * 8000]
    calls = {name: await begin(asterisk, runtime, line, f"talk{name}") for name, line in LINES.items()}
    for name, line in LINES.items():
        ended = await wait_for_end(runtime, calls[name], seconds=40)
        facts = await facts_of(runtime, calls[name])
        recording = Path(ended["artifact"]["recordingPath"])
        await asterisk.wait_for("core show channels", f"talk{name}", gone=True)
        said, heard = load(recording, channel=2), load(asterisk.recording(name))
        assistant = faithful_s(said, heard, FAITHFUL)
        caller = faithful_s(prompt, load(recording, channel=1), FAITHFUL)
        print(f"{name:<6} {caller:.1f} s of the caller are as he said them, {assistant:.1f} s of ours")
        agreed = [*facts["call.answered"], *facts.get("media.renegotiated", [])][-1]
        assert (agreed["codec"], agreed["clock_rate_hz"]) == (line.codec, line.clock_rate_hz)
        assert facts["call.trunk"][0]["by"] == line.known_by
        assert facts["media.stats"][0]["lost"] == 0
        assert ended["endedReason"] == "customer-ended-call"
        assert min(caller, assistant) >= AT_LEAST_S, name


async def press_and_hang_up(asterisk: Asterisk, runtime: Child) -> None:
    """Callers press every kind of key and go; others are hung up on."""
    pressing = {name: await begin(asterisk, runtime, LINES[name], f"keys{name}") for name in KEYED}
    staying = [await begin(asterisk, runtime, LINES[name], "stay") for name in KEYED]
    for name, call in pressing.items():
        await wait_answered(runtime, call)
        await asterisk.ask(f"dialplan set global PRESS{name} now")
    for call in staying:
        await wait_answered(runtime, call)
        await runtime.post(f"/call/{call}/control", {"type": "end-call"})
        ended = await wait_for_end(runtime, call, seconds=20)
        assert ended["endedReason"] == "manually-canceled"
    for name, call in pressing.items():
        ended = await wait_for_end(runtime, call, seconds=30)
        pressed = (await facts_of(runtime, call))["media.digit"]
        assert "".join(key["digit"] for key in pressed) == "1379*0#", name
        assert ended["endedReason"] == "customer-ended-call"


async def test_voices_keys_and_a_booking_on_every_line(asterisk: Asterisk, tmp_path: Path) -> None:
    """The documented human books a room meanwhile: his call takes the longest."""
    require("sox")
    async with open_runtime_process(settings_beside(asterisk, tmp_path)) as runtime:
        await refuse(asterisk, runtime)
        guest = await begin(asterisk, runtime, LINES["as8"], "human", "trial")
        await hear_each_other(asterisk, runtime)
        await press_and_hang_up(asterisk, runtime)
        await wait_for_end(runtime, guest, seconds=70)
        started = (await facts_of(runtime, guest))["tool.started"]
        booked = [tool["arguments"] for tool in started if tool["name"] == "book_room"]
        assert booked == [{"day": "Friday", "nights": 3}]
    await asterisk.wait_quiet()
