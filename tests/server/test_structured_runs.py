"""`POST /structured-output/run` and what calls show of their analysis and their costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from aywa.analysis.analyst import Analyst
from aywa.ports.store import CallStatus, TranscriptLine
from aywa_server.app import create_app
from aywa_server.extraction import Extraction
from tests.kit.analyses import DictAnalyses, writes
from tests.kit.api_parts import AUTH, DictCallStore, make_parts
from tests.kit.call_store_contract import call_row
from tests.kit.fake_providers import FakeModel

AT = datetime(2026, 3, 2, tzinfo=UTC)
ENDED = call_row(status=CallStatus.ENDED, ended_at=AT)
LIVE = call_row(2)
SCHEMA = {"type": "object", "properties": {"nights": {"type": "integer"}}, "required": ["nights"]}
COSTS = {
    "llm_prompt_tokens": 12,
    "llm_completion_tokens": 3,
    "tts_characters": 5,
    "speculation": {"adopted": 0, "dropped": 0, "prompt_tokens": 0, "completion_tokens": 0, "characters": 0},
    "currency": "USD",
    "items": [
        {"type": "model", "model": {"provider": "a", "model": "b"}, "cost": 0.25, "priced": True},
        {"type": "transport", "provider": "sip", "minutes": 2.0, "cost": 0.0, "priced": False},
    ],
    "total": 0.25,
}
ANALYSIS = {
    "analysis": {"summary": "Fine.", "structuredData": {"nights": 2}},
    "structuredOutputs": {"x": {"name": "stay", "result": None}},
    "costs": [
        {"type": "analysis", "analysisType": "summary", "promptTokens": 7, "cost": 0.5, "priced": True}
    ],
}


class World:
    """An API with one call that is over and one that is not."""

    def __init__(self, *answers: str) -> None:
        self.model, self.queue = FakeModel(*(writes(text) for text in answers)), DictAnalyses()
        lines = [TranscriptLine(ENDED.id, 1, "user", "two nights", 0, 1)]
        store = DictCallStore({row.id: row for row in (ENDED, LIVE)}, lines=lines)
        parts = replace(make_parts(store), extraction=Extraction(Analyst(self.model), self.queue))
        self.client = create_app(parts).test_client()

    async def ask(self, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
        answer = await self.client.post(path, json=body, headers=AUTH)
        told: dict[str, Any] = await answer.get_json()
        assert answer.status_code == status, told
        return told


async def test_by_id_and_kept() -> None:
    world = World('{"nights": 2}')
    made = await world.ask("/structured-output", {"name": "stay", "schema": SCHEMA}, 201)
    body = {"structuredOutputId": made["id"], "callIds": [ENDED.id]}
    told = await world.ask("/structured-output/run", body)
    (result,) = told["results"]
    assert (result["callId"], result["structuredOutputId"]) == (ENDED.id, made["id"])
    assert (result["name"], result["result"]) == ("stay", {"nights": 2})
    assert told["errors"] == []
    ((call_id, kept),) = world.queue.kept
    assert (call_id, kept.outputs) == (ENDED.id, {made["id"]: {"name": "stay", "result": {"nights": 2}}})


async def test_a_preview_is_not_kept() -> None:
    world = World('{"nights": 2}')
    output = {"name": "stay", "schema": SCHEMA}
    body = {"structuredOutput": output, "callIds": [ENDED.id], "previewEnabled": True}
    (result,) = (await world.ask("/structured-output/run", body))["results"]
    assert result["result"] == {"nights": 2}
    assert "structuredOutputId" not in result
    assert world.queue.kept == []


async def test_what_the_model_cannot_say_is_an_error_of_that_call() -> None:
    world = World("no", "no")
    body = {"structuredOutput": {"name": "stay", "schema": SCHEMA}, "callIds": [ENDED.id]}
    told = await world.ask("/structured-output/run", body)
    assert told["results"] == []
    assert [error["code"] for error in told["errors"]] == ["no-valid-output"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"callIds": []}, 400, "invalid-field"),
        ({"callIds": ["x"]}, 400, "invalid-field"),
        ({"callIds": [LIVE.id]}, 409, "call-not-ended"),
        ({"callIds": ["00000000-0000-4000-8000-000000000099"]}, 404, "call-not-found"),
        ({"structuredOutput": None}, 400, "invalid-field"),
        ({"structuredOutputId": "00000000-0000-4000-8000-000000000099"}, 400, "invalid-field"),
        (
            {"structuredOutput": None, "structuredOutputId": "00000000-0000-4000-8000-000000000099"},
            404,
            "structured-output-not-found",
        ),
    ],
)
async def test_refusals(change: dict[str, Any], status: int, code: str) -> None:
    world = World()
    body = {"structuredOutput": {"name": "stay", "schema": SCHEMA}, "callIds": [ENDED.id], **change}
    body = {name: value for name, value in body.items() if value is not None}
    told = await world.ask("/structured-output/run", body, status)
    assert told["code"] == code
    assert world.model.requests == []


async def test_a_call_shows_its_analysis_and_all_it_cost() -> None:
    row = replace(ENDED, costs=COSTS, analysis=ANALYSIS)
    client = create_app(make_parts(DictCallStore({row.id: row}))).test_client()
    call = await (await client.get(f"/call/{row.id}", headers=AUTH)).get_json()
    assert call["analysis"] == {"summary": "Fine.", "structuredData": {"nights": 2}}
    assert call["artifact"]["structuredOutputs"]["x"]["name"] == "stay"
    assert (call["cost"], len(call["costs"])) == (0.75, 3)
    breakdown = call["costBreakdown"]
    assert (breakdown["llm"], breakdown["transport"], breakdown["total"]) == (0.25, 0.0, 0.75)
    assert breakdown["analysisCostBreakdown"] == {"summary": 0.5, "summaryPromptTokens": 7}
    assert (breakdown["vapi"], breakdown["unpriced"]) == (0.0, ["transport sip"])
    costs = await (await client.get(f"/call/{row.id}/costs", headers=AUTH)).get_json()
    assert (costs["cost"], costs["costs"], costs["costBreakdown"]) == (0.75, call["costs"], breakdown)


async def test_costs_of_a_live_call_are_not_known_yet() -> None:
    client = create_app(make_parts(DictCallStore({LIVE.id: LIVE}))).test_client()
    answer = await client.get(f"/call/{LIVE.id}/costs", headers=AUTH)
    assert (answer.status_code, (await answer.get_json())["code"]) == (409, "call-not-ended")
