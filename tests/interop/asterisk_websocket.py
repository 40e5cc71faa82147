"""Asterisk calls over its websocket channel, by docs/asterisk/extensions-streams.conf and
websocket_client.conf.

Needs root and `AYWA_ASTERISK_ROOT`, the folder that scripts/prove_asterisk.sh builds.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from tests.kit.asterisk_streams import asterisk_root, open_stream_asterisk, stream_settings
from tests.kit.interop import require
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_status
from tests.kit.stream_calls import ended_calls, hang_up, speak

pytestmark = [pytest.mark.interop, pytest.mark.live]
# Documented: slin16, messages as JSON, answered by us. Then plain text, and answered by Asterisk.
LINES = {
    "ws16": "611@phones",
    "wsulaw": "ws-ulaw@variants",
    "ws8": "ws-answered@variants",
    "wsg722": "ws-g722@variants",
}
CODECS = {"ws16": ("L16", 16_000), "wsulaw": ("PCMU", 8000), "ws8": ("L16", 8000), "wsg722": ("G722", 8000)}


async def test_each_side_hears_the_other_in_every_format(tmp_path: Path) -> None:
    root = asterisk_root()
    require("sox")
    settings = runtime_settings(tmp_path / "data", **stream_settings())
    async with open_runtime_process(settings) as runtime, open_stream_asterisk(root, settings) as asterisk:
        found = await speak(runtime, asterisk, LINES)
    for name, heard in found.items():
        print(f"{name:<6} caller heard as {heard.caller:.4f}, assistant as {heard.assistant:.4f}")
        assert heard.call["endedReason"] == "customer-ended-call"
        agreed = heard.timeline["call.answered"][0]
        assert (agreed["codec"], agreed["clock_rate_hz"]) == CODECS[name]
        assert heard.timeline["call.trunk"][0]["by"] == "credentials"
        assert min(heard.caller, heard.assistant) >= 0.99


async def test_keys_and_hanging_up_either_way(tmp_path: Path) -> None:
    root = asterisk_root()
    settings = runtime_settings(tmp_path / "data", **stream_settings())
    both = (LINES["ws16"], LINES["wsulaw"])
    async with open_runtime_process(settings) as runtime, open_stream_asterisk(root, settings) as asterisk:
        for extension in both:
            await asterisk.call(extension, "press-1")
        for heard in await ended_calls(runtime, 2):
            keys = "".join(digit["digit"] for digit in heard.timeline["media.digit"])
            print(f"pressed 1379*0#, told {keys}; {heard.call['endedReason']}")
            assert keys == "1379*0#"
            assert heard.call["endedReason"] == "customer-ended-call"
        for extension in both:
            await asterisk.call(extension, "wait-1")
            live = await wait_for_status(runtime, "in-progress")
            await trio.sleep(1)
            await hang_up(runtime, live["id"])
            await asterisk.wait_quiet()
        reasons = [heard.call["endedReason"] for heard in await ended_calls(runtime, 4)]
        assert sorted(reasons) == ["customer-ended-call"] * 2 + ["manually-canceled"] * 2


async def test_what_is_not_taken_goes_on_in_the_dialplan(tmp_path: Path) -> None:
    """A wrong password, and a format that is not served: no call, no record, and Dial says why."""
    root = asterisk_root()
    settings = runtime_settings(tmp_path / "data", **stream_settings())
    async with open_runtime_process(settings) as runtime, open_stream_asterisk(root, settings) as asterisk:
        await asterisk.call("ws-refused@variants", "wait-1")
        await asterisk.call("ws-opus@variants", "wait-1")
        said = {name: await asterisk.variable(name) for name in ("STRANGER", "OPUS")}
        print(said)
        assert all(status in ("CHANUNAVAIL", "NOANSWER", "CONGESTION", "CHANGED") for status in said.values())
        assert await runtime.get("/call?limit=50") == []
