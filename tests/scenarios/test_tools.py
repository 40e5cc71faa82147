"""Typed functions as tools, and scenarios by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from aywa.errors import ConfigError
from aywa.ports.llm import ToolCall
from aywa.scenarios.registry import SHIPPED, load_scenario
from aywa.scenarios.tools import FunctionTools, Tool


def set_size(
    size: Literal["small", "large"], number: Annotated[int, Field(ge=1, le=3)] = 1
) -> dict[str, object]:
    """Set the size.

    Not for the model.
    """
    return {"size": size, "number": number}


async def later(text: str) -> str:
    """Answer asynchronously."""
    return text.upper()


def broken() -> None:
    """Always fails."""
    raise RuntimeError("secret")


def test_a_signature_becomes_a_schema() -> None:
    spec = Tool(set_size).spec
    assert (spec.name, spec.description) == ("set_size", "Set the size.")
    assert spec.parameters == {
        "type": "object",
        "additionalProperties": False,
        "required": ["size"],
        "properties": {
            "size": {"type": "string", "enum": ["small", "large"]},
            "number": {"type": "integer", "minimum": 1, "maximum": 3, "default": 1},
        },
    }


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("set_size", {"size": "small"}, {"size": "small", "number": 1}),
        ("set_size", {"size": "small", "number": 3}, {"size": "small", "number": 3}),
        ("later", {"text": "x"}, "X"),
    ],
)
async def test_a_call_is_answered(name: str, arguments: dict[str, object], expected: object) -> None:
    tools = FunctionTools((set_size, later), {})
    assert json.loads(await tools.invoke(ToolCall("1", name, arguments))) == expected


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("set_size", {}, "size"),
        ("set_size", {"size": "huge"}, "small"),
        ("set_size", {"size": "small", "number": 9}, "number"),
        ("set_size", {"size": "small", "colour": "red"}, "colour"),
        ("nothing", {}, "no tool"),
        ("broken", {}, "RuntimeError"),
    ],
)
async def test_a_wrong_call_answers_an_error(name: str, arguments: dict[str, object], says: str) -> None:
    tools = FunctionTools((set_size, broken), {})
    error = json.loads(await tools.invoke(ToolCall("1", name, arguments)))["error"]
    assert says in error
    assert "secret" not in error


@pytest.mark.parametrize("name", SHIPPED)
async def test_calls_do_not_share_tools(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.open_tools() is not scenario.open_tools()
    assert scenario.script.tool in [spec.name for spec in scenario.open_tools().specs()]
    assert scenario.script.undo_tool in [spec.name for spec in scenario.open_tools().specs()]


@pytest.mark.parametrize("name", ["nope", "aywa.nope", "./nope.py", "aywa.errors", "", "os; x"])
def test_an_unknown_scenario_names_those_that_exist(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_scenario(name)
    assert all(shipped in str(caught.value) for shipped in SHIPPED)


def test_a_scenario_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from aywa.scenarios.pizza_order import SCENARIO\n")
    assert load_scenario(str(file)).name == "pizza_order"
    assert load_scenario("aywa.scenarios.pizza_order").name == "pizza_order"


def test_calls_share_the_description_of_their_methods() -> None:
    first, second = (load_scenario("hotel_booking").open_tools() for _ in range(2))
    assert all(a is b for a, b in zip(first.specs(), second.specs(), strict=True))
