"""Order pizzas by kind, size and number."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Annotated, Literal

from pydantic import Field

from aywa.model.script import Script, Slot
from aywa.scenarios.registry import ScriptedScenario
from aywa.scenarios.spoken import count_phrases, spelled
from aywa.scenarios.tools import FunctionTools, choices

Kind = Literal["cheese", "mushroom", "pepperoni", "hawaiian", "vegetarian"]
Size = Literal["small", "medium", "large"]
Number = Annotated[int, Field(ge=1, le=10)]

PROMPT = """\
You take orders for Napoli Pizza on the phone. Be brief and cheerful: one short sentence at a time,
no lists. Find out the kind (cheese, mushroom, pepperoni, hawaiian or vegetarian), the size (small,
medium or large) and how many, then call place_order at once and say how long it takes. If the
caller changes their mind, call cancel_order first. When the caller says goodbye, say goodbye and
end the call."""

_MINUTES = 25  # what the kitchen promises


@dataclass
class _Kitchen:
    """The orders of one call."""

    settled: dict[str, object] = field(default_factory=dict)
    orders: set[str] = field(default_factory=set)
    numbers: count[int] = field(default_factory=lambda: count(31))

    def place_order(self, kind: Kind, size: Size, number: Number) -> dict[str, object]:
        """Place an order and return its number and the minutes until it is ready."""
        order = f"P{next(self.numbers)}"
        self.orders.add(order)
        self.settled.update(kind=kind, size=size, number=number, order=order)
        noun = "pizza" if number == 1 else "pizzas"
        return {"order": order, "spoken": spelled(order), "noun": noun, "minutes": _MINUTES}

    def cancel_order(self, order: str) -> dict[str, object]:
        """Cancel an order by its number."""
        if order not in self.orders:
            return {"error": "there is no such order"}
        self.orders.discard(order)
        if self.settled.get("order") == order:
            self.settled.clear()
        return {"cancelled": order}


def _tools() -> FunctionTools:
    kitchen = _Kitchen()
    return FunctionTools((kitchen.place_order, kitchen.cancel_order), kitchen.settled)


def _kinds() -> dict[str, object]:
    plain: dict[str, object] = {kind: kind for kind in choices(Kind)}
    return (
        plain
        | {f"{kind} pizza": kind for kind in choices(Kind)}
        | {"margarita": "cheese", "salami": "pepperoni"}
    )


SCRIPT = Script(
    greeting="Hello, this is Napoli Pizza. I will take your order straight away.",
    slots=(
        Slot(
            "kind",
            "Which pizza would you like?",
            "We have cheese, mushroom, pepperoni, hawaiian and vegetarian. Which one would you like?",
            _kinds(),
        ),
        Slot(
            "size",
            "Small, medium or large?",
            "Please say small, medium or large. Which size would you like?",
            {size: size for size in choices(Size)},
        ),
        Slot(
            "number",
            "How many of them?",
            "Please tell me a number from one to ten. How many pizzas would you like?",
            count_phrases("pizza", "pizzas"),
        ),
    ),
    tool="place_order",
    settled="That is {number} {size} {kind} {noun}, order {spoken}, ready in {minutes} minutes. "
    "If that is wrong, say cancelled. Is there anything else?",
    refused="I am sorry, the kitchen cannot do that.",
    undo_tool="cancel_order",
    undo_argument="order",
    undone="All right, that order is cancelled. Let us start over.",
    together=("{size} {kind}", "{number} {size} {kind}"),
    closing="Thank you for your order. Goodbye!",
)

SCENARIO = ScriptedScenario("pizza_order", PROMPT, SCRIPT, _tools)
