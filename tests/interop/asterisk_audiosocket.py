"""Asterisk calls over AudioSocket, by the dialplan of docs/asterisk/extensions-streams.conf.

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
LINES = {"as8": "610@phones", "as16": "613@phones"}
RATES = {"as8": 8000, "as16": 16_000}


async def test_each_side_hears_the_other(tmp_path: Path) -> None:
    """Local channels send nothing while nobody speaks: the first audio says the rate, seconds after the
    answer.
    """
    root = asterisk_root()
    require("sox")
    settings = runtime_settings(tmp_path / "data", **stream_settings())
    async with open_runtime_process(settings) as runtime, open_stream_asterisk(root, settings) as asterisk:
        found = await speak(runtime, asterisk, LINES)
    for name, heard in found.items():
        print(f"{name:<5} caller heard as {heard.caller:.4f}, assistant as {heard.assistant:.4f}")
        assert heard.call["endedReason"] == "customer-ended-call"
        agreed = [*heard.timeline["call.answered"], *heard.timeline.get("media.renegotiated", [])][-1]
        assert (agreed["codec"], agreed["clock_rate_hz"]) == ("L16", RATES[name])
        assert heard.timeline["media.stats"][0]["lost"] == 0
        assert min(heard.caller, heard.assistant) >= 0.99


async def test_keys_and_hanging_up_either_way(tmp_path: Path) -> None:
    root = asterisk_root()
    settings = runtime_settings(tmp_path / "data", **stream_settings())
    async with open_runtime_process(settings) as runtime, open_stream_asterisk(root, settings) as asterisk:
        for extension in LINES.values():
            await asterisk.call(extension, "press-1")
        for heard in await ended_calls(runtime, 2):
            keys = "".join(digit["digit"] for digit in heard.timeline["media.digit"])
            print(f"pressed 1379*0#, told {keys}; {heard.call['endedReason']}")
            assert keys == "1379*0#"
            assert heard.call["endedReason"] == "customer-ended-call"
        for extension in LINES.values():
            await asterisk.call(extension, "wait-1")
            live = await wait_for_status(runtime, "in-progress")
            await trio.sleep(1)
            await hang_up(runtime, live["id"])
            await asterisk.wait_quiet()
        reasons = [heard.call["endedReason"] for heard in await ended_calls(runtime, 4)]
        assert sorted(reasons) == ["customer-ended-call"] * 2 + ["manually-canceled"] * 2


async def test_a_recorded_human_books_a_room(tmp_path: Path) -> None:
    root = asterisk_root()
    settings = runtime_settings(tmp_path / "data", **stream_settings())
    async with open_runtime_process(settings) as runtime, open_stream_asterisk(root, settings) as asterisk:
        await asterisk.call("610@phones", "book-1")
        (heard,) = await ended_calls(runtime, 1, 70)
    booked = [tool for tool in heard.timeline["tool.started"] if tool["name"] == "book_room"]
    print(f"booked {booked}; {heard.call['endedReason']}")
    assert booked[0]["arguments"] == {"day": "Friday", "nights": 3}
