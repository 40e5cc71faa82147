"""Which of a tool's messages is said: by its kind, and by conditions on the arguments."""

from __future__ import annotations

import pytest

from aywa.turn.tool_messages import Comparison, Condition, MessageKind, ToolMessage, afterwards, fitting

ARGUMENTS = {"nights": 3, "price": "40.5", "room": "Suite", "late": True}


@pytest.mark.parametrize(
    ("param", "comparison", "value", "holds"),
    [
        ("nights", Comparison.EQUAL, 3, True),
        ("nights", Comparison.EQUAL, "3", True),
        ("nights", Comparison.EQUAL, "three", False),
        ("nights", Comparison.OTHER, 4, True),
        ("nights", Comparison.ABOVE, 3, False),
        ("nights", Comparison.AT_LEAST, 3, True),
        ("nights", Comparison.BELOW, 3.5, True),
        ("nights", Comparison.AT_MOST, 2, False),
        ("price", Comparison.ABOVE, 40, True),
        ("room", Comparison.EQUAL, "Suite", True),
        ("room", Comparison.OTHER, "Suite", False),
        ("room", Comparison.ABOVE, "Sofa", False),
        ("late", Comparison.EQUAL, True, True),
        ("late", Comparison.EQUAL, 1, False),
        ("missing", Comparison.OTHER, 1, True),
        ("missing", Comparison.EQUAL, "", False),
        ("missing", Comparison.BELOW, 1, False),
    ],
)
def test_a_condition(param: str, comparison: Comparison, value: str | float, holds: bool) -> None:
    assert Condition(param, comparison, value).holds(ARGUMENTS) is holds


LONG = Condition("nights", Comparison.ABOVE, 2)
SUITE = Condition("room", Comparison.EQUAL, "Suite")
MESSAGES = (
    ToolMessage(MessageKind.START, "Many nights in a suite.", conditions=(LONG, SUITE)),
    ToolMessage(MessageKind.START, "In a cell.", conditions=(Condition("room", Comparison.EQUAL, "Cell"),)),
    ToolMessage(MessageKind.COMPLETE, "All right, for long.", conditions=(LONG,)),
    ToolMessage(MessageKind.COMPLETE, "All right."),
    ToolMessage(MessageKind.FAILED, "I could not.", ends_call=True),
)


def test_all_conditions_must_hold() -> None:
    texts = [message.text for message in fitting(MESSAGES, ARGUMENTS)]
    assert texts == ["Many nights in a suite.", "All right, for long.", "All right.", "I could not."]


def test_the_first_that_fits_follows_the_tool() -> None:
    assert afterwards(MESSAGES, ARGUMENTS, failed=False) is MESSAGES[2]
    assert afterwards(MESSAGES, {"nights": 1}, failed=False) is MESSAGES[3]
    assert afterwards(MESSAGES, {}, failed=True) is MESSAGES[4]
    assert afterwards(MESSAGES[:2], ARGUMENTS, failed=True) is None
