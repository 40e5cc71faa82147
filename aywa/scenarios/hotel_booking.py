"""Book a hotel room by day and number of nights."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Annotated, Literal

from pydantic import Field

from aywa.model.script import Script, Slot
from aywa.scenarios.registry import ScriptedScenario
from aywa.scenarios.spoken import count_phrases, counted, day_phrases, spelled
from aywa.scenarios.tools import FunctionTools

Day = Literal[
    "today", "tomorrow", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"
]
Nights = Annotated[int, Field(ge=1, le=10)]

PROMPT = """\
You are the booking desk of the Harbour Hotel, speaking on the phone. Be brief and friendly: one or
two short sentences at a time, no lists, no symbols. Find out the day of arrival and the number of
nights (one to ten), then call book_room at once and read the reference out, character by character.
If the caller changes their mind, call cancel_booking with that reference first. When the caller
says goodbye, say goodbye and end the call."""


@dataclass
class _Desk:
    """The bookings of one call. References count up: the same conversation gets the same reference."""

    settled: dict[str, object] = field(default_factory=dict)
    bookings: dict[str, tuple[str, int]] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=lambda: count(4701))

    def check_availability(self, day: Day, nights: Nights) -> dict[str, object]:
        """Say whether a room is free from a day for a number of nights, and what a night costs."""
        return {"available": True, "day": day, "nights": nights, "price_per_night": 95}

    def book_room(self, day: Day, nights: Nights) -> dict[str, object]:
        """Book a room and return its reference."""
        reference = f"H{next(self.numbers)}"
        self.bookings[reference] = (day, nights)
        self.settled.update(day=day, nights=nights, reference=reference)
        return {
            "reference": reference,
            "spoken": spelled(reference),
            "stay": counted(nights, "night", "nights"),
        }

    def cancel_booking(self, reference: str) -> dict[str, object]:
        """Cancel a booking by its reference."""
        if self.bookings.pop(reference, None) is None:
            return {"error": "there is no such booking"}
        if self.settled.get("reference") == reference:
            self.settled.clear()
        return {"cancelled": reference}


def _tools() -> FunctionTools:
    desk = _Desk()
    return FunctionTools((desk.check_availability, desk.book_room, desk.cancel_booking), desk.settled)


SCRIPT = Script(
    greeting="Welcome to the Harbour Hotel. I can book a room for you right now.",
    slots=(
        Slot(
            "day",
            "For which day would you like it?",
            "Please tell me a day of the week, today or tomorrow. For which day would you like the room?",
            day_phrases(),
        ),
        Slot(
            "nights",
            "How many nights will you stay?",
            "Please tell me a number from one to ten. How many nights will you stay?",
            count_phrases("night", "nights"),
        ),
    ),
    tool="book_room",
    settled="Your room is booked for {day}, {stay}. The reference is {spoken}. "
    "If that is wrong, say cancelled. Is there anything else?",
    refused="I am sorry, I could not book that.",
    undo_tool="cancel_booking",
    undo_argument="reference",
    undone="All right, that is cancelled. Let us start over.",
    together=("{day} {nights}", "{day} for {nights}"),
    closing="Thank you for calling the Harbour Hotel. Goodbye!",
)

SCENARIO = ScriptedScenario("hotel_booking", PROMPT, SCRIPT, _tools)
