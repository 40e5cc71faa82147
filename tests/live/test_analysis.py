"""A call to a real runtime is analysed when it is over: its report and its record say what it came to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trio

from tests.kit.plain_caller import open_plain_call
from tests.kit.postgres import data_dir
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end
from tests.kit.webhook_server import open_webhook_server

__all__ = ["data_dir"]
pytestmark = [pytest.mark.live, pytest.mark.paired]
PLAN = {
    "minMessagesThreshold": 0,
    "structuredDataPlan": {
        "enabled": True,
        "schema": {"type": "object", "properties": {"nights": {"type": "integer"}}, "required": ["nights"]},
    },
}
REPORT = "end-of-call-report"
PRICES = {"prices": [{"stage": "llm", "provider": "scripted", "perMillionPromptTokens": 1_000_000}]}


async def test_the_report_has_the_analysis_and_the_costs(data_dir: Path, tmp_path: Path) -> None:
    assistant, prices = tmp_path / "assistant.json", tmp_path / "prices.json"
    prices.write_text(json.dumps(PRICES))
    async with open_webhook_server() as server:
        server_url = server.url("/hook")
        assistant.write_text(json.dumps({"name": "Desk", "analysisPlan": PLAN, "serverUrl": server_url}))
        settings = runtime_settings(
            data_dir,
            RUNTIME_ASSISTANT=str(assistant),
            RUNTIME_PRICES=str(prices),
            RUNTIME_OUTBOUND_PRIVATE="127.0.0.1",
        )
        async with open_runtime_process(settings) as runtime:
            async with open_plain_call(runtime.sip_port) as call:
                for _ in range(50):
                    await call.send(call.packet())
                    await trio.sleep(0.02)
                newest = await runtime.call_with(call.session.sip_call_id)
            assert newest is not None
            await wait_for_end(runtime, newest["id"])
            with trio.fail_after(30):
                while REPORT not in [_said(each.body)["type"] for each in server.received]:  # noqa: ASYNC110
                    await trio.sleep(0.1)
            types = [_said(each.body)["type"] for each in server.received]
            assert types.count(REPORT) == 1
            report = _said(server.received[types.index(REPORT)].body)
            shown = await runtime.get(f"/call/{newest['id']}")
            costs = await runtime.get(f"/call/{newest['id']}/costs")
            summary = await runtime.get("/analytics/summary?groupBy=endedReason")
            (group,) = summary["groups"]
        request = server.received[types.index(REPORT)]
    assert report["analysis"] == shown["analysis"]
    assert report["analysis"]["structuredData"] == {"nights": 0}
    assert report["analysis"]["successEvaluation"] == "false"
    assert report["cost"] == shown["cost"] == costs["cost"] == group["cost"] > 0
    assert {item["type"] for item in costs["costs"]} >= {"transport", "transcriber", "storage", "analysis"}
    assert costs["costBreakdown"]["analysisCostBreakdown"]["summary"] > 0
    assert request.headers["traceparent"].split("-")[1] == newest["id"].replace("-", "")


def _said(body: bytes) -> dict[str, object]:
    message: dict[str, object] = json.loads(body)["message"]
    return message
