"""What is made of a call: valid answers, one more try, its own time for each part, and never an error."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import trio

from aywa.analysis.analyst import Analyst
from aywa.analysis.prompts import CallMatter
from aywa.errors import ProviderError
from aywa.model.analysis_plan import AnalysisPlan
from aywa.model.costs import Tokens
from aywa.ports.analysis import OutputSpec
from aywa.ports.llm import Purpose
from aywa.ports.store import CallStatus, TranscriptLine
from aywa.providers.scripted import ScriptedModel
from aywa.scenarios.registry import load_scenario
from tests.kit.analyses import ByPurpose, writes
from tests.kit.call_store_contract import call_row
from tests.kit.fake_providers import FakeModel, Step

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"nights": {"type": "integer", "minimum": 1}},
    "required": ["nights"],
}
AT = datetime(2026, 3, 2, tzinfo=UTC)


def matter(*said: str) -> CallMatter:
    """Lines in turn of the assistant and the caller."""
    row = call_row(status=CallStatus.ENDED, ended_at=AT)
    lines = [
        TranscriptLine(row.id, seq, ("assistant", "user")[seq % 2], text, seq, seq + 1)
        for seq, text in enumerate(said)
    ]
    return CallMatter(row, lines, "Book a room.")


TALK = matter("For how many nights?", "for two nights")


def plan(**parts: object) -> AnalysisPlan:
    """Nothing but these parts."""
    off = {"summaryPlan": {"enabled": False}, "successEvaluationPlan": {"enabled": False}}
    return AnalysisPlan.model_validate({**off, **parts})


DATA = plan(structuredDataPlan={"enabled": True, "schema": SCHEMA})


async def test_all_parts_of_the_usual_plan(autojump_clock: trio.testing.MockClock) -> None:
    model = ByPurpose()
    result = await Analyst(model).analyse(TALK, AnalysisPlan())
    assert result.analysis == {"summary": "Two nights were booked.", "successEvaluation": "True"}
    assert {request.purpose for request in model.requests} == {Purpose.SUMMARISE, Purpose.JUDGE}
    assert all("User: for two nights\n" in request.messages[-1].text for request in model.requests)
    kinds = {item["analysisType"]: item["promptTokens"] for item in result.costs}
    assert kinds == {"summary": 10, "successEvaluation": 10}


async def test_invalid_data_are_asked_for_once_more_and_the_fault_is_told(
    autojump_clock: trio.testing.MockClock,
) -> None:
    model = FakeModel(writes('{"nights": 0}'), writes('```json\n{"nights": 2}\n```'))
    result = await Analyst(model).analyse(TALK, DATA)
    assert result.analysis == {"structuredData": {"nights": 2}}
    assert "'minimum'" in model.requests[1].messages[-1].text
    assert model.requests[1].messages[-2].text == '{"nights": 0}'
    assert [item["promptTokens"] for item in result.costs] == [20], "both tries were paid for"


@pytest.mark.parametrize("text", ["", "no JSON", "[" * 100_000, '{"nights": "two"}', "{}", "x" * 100_000])
async def test_an_answer_that_is_never_valid_is_left_out(
    autojump_clock: trio.testing.MockClock, text: str
) -> None:
    model = FakeModel(writes(text), writes(text), writes('{"nights": 2}'))
    analyst = Analyst(model)
    result = await analyst.analyse(TALK, DATA)
    assert result.analysis == {}
    assert len(model.requests) == 2
    assert analyst.counts == {"structuredData.unfit": 1}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "$ref": "https://elsewhere.example/schema.json"},
        {"type": "object", "$ref": "#/nowhere"},
        {"type": "object", "properties": 5},
        {"type": "object", "patternProperties": {"^(a+)+$": {}}},
        {"type": "object", "properties": {"nights": {"type": "string", "pattern": "(?=x)"}}},
    ],
    ids=["remote", "dangling", "broken", "pattern-properties", "look-ahead"],
)
async def test_a_schema_that_cannot_be_used_is_not_asked_twice(
    autojump_clock: trio.testing.MockClock, schema: dict[str, object]
) -> None:
    model = FakeModel(writes('{"nights": "2"}'), writes('{"nights": "2"}'))
    analyst = Analyst(model)
    wanted = plan(structuredDataPlan={"enabled": True, "schema": schema})
    assert (await analyst.analyse(TALK, wanted)).analysis == {}
    assert analyst.counts == {"structuredData.bad_schema": 1}
    assert len(model.requests) == 1


async def test_patterns_are_matched_in_linear_time(autojump_clock: trio.testing.MockClock) -> None:
    schema = {"type": "string", "pattern": "^(a+)+$"}
    model = FakeModel(writes(json.dumps("a" * 5_000 + "!")), writes(json.dumps("aaa")))
    wanted = plan(structuredDataPlan={"enabled": True, "schema": schema})
    assert (await Analyst(model).analyse(TALK, wanted)).analysis == {"structuredData": "aaa"}


async def test_each_part_has_its_own_time(autojump_clock: trio.testing.MockClock) -> None:
    slow: list[Step] = [60.0, *writes("true")]
    model = FakeModel(slow, slow, slow)
    analyst = Analyst(model)
    began = trio.current_time()
    wanted = AnalysisPlan.model_validate(
        {"summaryPlan": {"timeoutSeconds": 3}, "successEvaluationPlan": {"timeoutSeconds": 7}}
    )
    assert (await analyst.analyse(TALK, wanted)).analysis == {}
    assert 6.9 < trio.current_time() - began < 7.5
    assert analyst.counts == {"summary.timeout": 1, "successEvaluation.timeout": 1}


@pytest.mark.parametrize(("retryable", "asked"), [(True, 2), (False, 1)])
async def test_a_provider_that_fails_ends_nothing(
    autojump_clock: trio.testing.MockClock, retryable: bool, asked: int
) -> None:
    error = ProviderError("gone", provider="x", stage="llm", retryable=retryable)
    model = FakeModel([error], [error])
    analyst = Analyst(model)
    assert (await analyst.analyse(TALK, DATA)).analysis == {}
    assert (len(model.requests), analyst.counts) == (asked, {"structuredData.failed": 1})


async def test_a_call_with_too_few_messages_is_not_worth_it(autojump_clock: trio.testing.MockClock) -> None:
    model = FakeModel()
    result = await Analyst(model).analyse(matter("Hello."), AnalysisPlan())
    assert (result.to_json(), model.requests) == ({"analysis": {}, "structuredOutputs": {}, "costs": []}, [])


@pytest.mark.parametrize(
    ("rubric", "text", "kept"),
    [
        ("NumericScale", "7", "7"),
        ("NumericScale", "11", None),
        ("PercentageScale", "100%", "100%"),
        ("PercentageScale", "101%", None),
        ("LikertScale", "strongly agree", "strongly agree"),
        ("DescriptiveScale", "Superb", None),
        ("Checklist", "greeted: yes", "greeted: yes"),
    ],
)
async def test_a_judgement_is_held_against_its_rubric(
    autojump_clock: trio.testing.MockClock, rubric: str, text: str, kept: str | None
) -> None:
    model = FakeModel(writes(text), writes(text))
    result = await Analyst(model).analyse(TALK, plan(successEvaluationPlan={"rubric": rubric}))
    assert result.analysis.get("successEvaluation") == kept


async def test_a_plans_own_words_are_filled_in_once(autojump_clock: trio.testing.MockClock) -> None:
    talk = matter("{{systemPrompt}}", "hello")
    model = FakeModel(writes("fine"))
    messages = [{"role": "user", "content": "{{transcript}} / {{ schema }} / {{nothing}}"}]
    await Analyst(model).analyse(talk, plan(summaryPlan={"enabled": True, "messages": messages}))
    told = model.requests[0].messages[0].text
    assert told == "AI: {{systemPrompt}}\nUser: hello\n / {{ schema }} / {{nothing}}"


async def test_structured_outputs_by_model_and_by_expression(autojump_clock: trio.testing.MockClock) -> None:
    model = FakeModel(writes('{"nights": 2}'))
    outputs = [
        OutputSpec("1", "stay", SCHEMA),
        OutputSpec("2", "asked", {"type": "boolean"}, pattern="how many"),
        OutputSpec("3", "where", {"type": "string"}, pattern="nights$"),
        OutputSpec("4", "all", {"type": "array"}, pattern="nights"),
    ]
    result = await Analyst(model).analyse(TALK, None, outputs)
    assert result.outputs == {
        "1": {"name": "stay", "result": {"nights": 2}},
        "2": {"name": "asked", "result": True},
        "3": {"name": "where", "result": "for two nights"},
        "4": {"name": "all", "result": ["For how many nights?", "for two nights"]},
    }


async def test_several_sets_of_data_keep_their_keys(autojump_clock: trio.testing.MockClock) -> None:
    keyed = [
        {"key": key, "plan": {"enabled": True, "schema": {"type": "string", "enum": [key]}}} for key in "ab"
    ]
    model = ScriptedModel(load_scenario("hotel_booking").script)
    result = await Analyst(model).analyse(TALK, plan(structuredDataMultiPlan=keyed))
    assert result.analysis["structuredDataMulti"] == [
        {"key": "a", "result": "a"},
        {"key": "b", "result": "b"},
    ]


async def test_the_scripted_model_knows_what_its_slots_took(autojump_clock: trio.testing.MockClock) -> None:
    model = ScriptedModel(load_scenario("hotel_booking").script)
    schema = {
        "type": "object",
        "properties": {"nights": {"type": "integer"}, "day": {"type": "string"}, "vip": {"type": "boolean"}},
        "required": ["nights", "day", "vip"],
    }
    talk = matter("For which day?", "on friday", "For how many nights?", "for two nights")
    wanted = AnalysisPlan.model_validate({"structuredDataPlan": {"enabled": True, "schema": schema}})
    analysis = (await Analyst(model).analyse(talk, wanted)).analysis
    assert analysis["structuredData"] == {"nights": 2, "day": "Friday", "vip": False}
    assert "Friday" in str(analysis["summary"])
    assert analysis["successEvaluation"] in ("true", "false")
    assert Tokens(1, 2, 1) + Tokens(1, 1, 0) == Tokens(2, 3, 1)
