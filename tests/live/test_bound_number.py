"""A number that the API binds, called over SIP: its assistant answers, and a change is heard at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from tests.kit.plain_caller import open_plain_call
from tests.kit.postgres import data_dir
from tests.kit.runtime_process import Child, open_runtime_process, runtime_settings, wait_for_end

__all__ = ["data_dir"]
pytestmark = pytest.mark.live


async def _greeting(runtime: Child, seed: int) -> tuple[str, dict[str, Any]]:
    """What is said to a caller of 1000 first, and what the timeline says of the assistant."""
    async with open_plain_call(runtime.sip_port, seed=seed) as call:
        with trio.fail_after(20):
            while True:
                await call.send(call.packet())
                await trio.sleep(0.1)
                newest = await runtime.call_with(call.session.sip_call_id)
                if newest is None:
                    continue
                if (await runtime.get(f"/call/{newest['id']}/timeline"))["transcript"]:
                    break
    ended = await wait_for_end(runtime, newest["id"])
    timeline = (await runtime.get(f"/call/{newest['id']}/timeline"))["timeline"]
    started = [item["data"] for item in timeline if item["kind"] == "assistant.started"]
    return ended["artifact"]["messages"][0]["message"], started[0] if started else {}


async def test_a_bound_number_is_answered_by_its_assistant(data_dir: Path) -> None:
    async with open_runtime_process(runtime_settings(data_dir)) as runtime:
        desk = await runtime.post("/assistant", {"name": "Desk", "firstMessage": "Desk."})
        number = {
            "provider": "byo-phone-number",
            "number": "1000",
            "numberE164CheckEnabled": False,
            "assistantId": desk["id"],
        }
        bound = await runtime.post("/phone-number", number)
        said, started = await _greeting(runtime, 1)
        assert "Desk" in said
        assert started == {"name": "Desk", "assistant_id": desk["id"]}
        change = {"firstMessage": "Changed."}
        await runtime.client.patch(f"/assistant/{desk['id']}", json=change)
        assert "Changed" in (await _greeting(runtime, 2))[0]
        await runtime.client.patch(f"/phone-number/{bound['id']}", json={"assistantId": None})
        said, started = await _greeting(runtime, 3)
        assert "Changed" not in said
        assert started == {}
