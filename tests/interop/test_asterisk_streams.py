"""Asterisk calls over AudioSocket and its websocket channel, by the dialplan of docs/asterisk and others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.asterisk import STREAM_PASSWORD, Asterisk
from tests.kit.correlation import best_match, load
from tests.kit.interop import require
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end
from tests.kit.stream_calls import StreamLine, begin, facts_of, wait_answered

pytestmark = [pytest.mark.interop, pytest.mark.live]
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
KEYED = ("as8", "as16", "ws16", "wsulaw")  # each way that keys are told


def settings_beside(asterisk: Asterisk, folder: Path) -> dict[str, str]:
    """A runtime where the documented lines look for it."""
    return runtime_settings(
        folder / "data",
        RUNTIME_AUDIOSOCKET_PORT=str(asterisk.ports.audiosocket),
        RUNTIME_ASTERISK_WS_PORT=str(asterisk.ports.websocket),
        RUNTIME_ASTERISK_WS_PASSWORD=STREAM_PASSWORD,
    )


async def test_each_side_hears_the_other_on_every_line(asterisk: Asterisk, tmp_path: Path) -> None:
    """The caller listens for six seconds and speaks. Until then nothing comes from him: where no event says
    the rate, his first audio does, seconds after the answer.
    """
    require("sox")
    prompt = load(asterisk.prompt("demo-congrats"))[: 4 * 8000]
    async with open_runtime_process(settings_beside(asterisk, tmp_path)) as runtime:
        calls = {name: await begin(asterisk, runtime, line, f"talk{name}") for name, line in LINES.items()}
        ended = {name: await wait_for_end(runtime, call, seconds=40) for name, call in calls.items()}
        facts = {name: await facts_of(runtime, call) for name, call in calls.items()}
    await asterisk.wait_quiet()
    for name, line in LINES.items():
        recording = Path(ended[name]["artifact"]["recordingPath"])
        assistant = best_match(load(recording, channel=2), load(asterisk.recording(name))).likeness
        caller = best_match(prompt, load(recording, channel=1)).likeness
        print(f"{name:<6} the caller is heard as {caller:.4f}, the assistant as {assistant:.4f}")
        agreed = [*facts[name]["call.answered"], *facts[name].get("media.renegotiated", [])][-1]
        assert (agreed["codec"], agreed["clock_rate_hz"]) == (line.codec, line.clock_rate_hz)
        assert facts[name]["call.trunk"][0]["by"] == line.known_by
        assert facts[name]["media.stats"][0]["lost"] == 0
        assert ended[name]["endedReason"] == "customer-ended-call"
        assert min(caller, assistant) >= 0.99, name


async def test_keys_hang_ups_refusals_and_a_booking(asterisk: Asterisk, tmp_path: Path) -> None:
    async with open_runtime_process(settings_beside(asterisk, tmp_path)) as runtime:
        # A wrong password, and a format that is not served: no call, no record, and Dial says why.
        await asterisk.ask("channel originate Local/refused@variants extension stay@tests")
        await asterisk.ask("channel originate Local/opus@variants extension stay@tests")
        said = {await asterisk.variable(name) for name in ("STRANGER", "OPUS")}
        assert said <= {"CHANUNAVAIL", "NOANSWER", "CONGESTION", "CHANGED"}
        assert await runtime.get("/call?limit=50") == []

        guest = await begin(asterisk, runtime, LINES["as8"], "human", "trial")
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
        await wait_for_end(runtime, guest, seconds=70)
        started = (await facts_of(runtime, guest))["tool.started"]
        booked = [tool["arguments"] for tool in started if tool["name"] == "book_room"]
        assert booked == [{"day": "Friday", "nights": 3}]
    await asterisk.wait_quiet()
