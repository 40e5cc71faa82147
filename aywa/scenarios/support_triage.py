"""Find out what a support caller needs, how urgent it is, and open a ticket in the right queue."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Literal

from aywa.model.script import DEFAULT_INTENTS, Intent, Script, Slot
from aywa.scenarios.registry import ScriptedScenario
from aywa.scenarios.spoken import spelled
from aywa.scenarios.tools import FunctionTools

Topic = Literal["billing", "password", "internet", "telephone"]
Urgency = Literal["urgent", "normal"]

PROMPT = """\
You answer the support line of a telephone company. Be calm and brief: one short sentence at a time,
no lists. Find out the topic (billing, password, internet or telephone) and whether it is urgent,
then call open_ticket at once, read the ticket number out and say when somebody calls back. If the
caller takes it back, call close_ticket first. Never ask for a password or a card number. When the
caller says goodbye, say goodbye and end the call. Who asks for a person is handed over with transferCall,
if there is that tool."""

_CALL_BACK = {"urgent": "within one hour", "normal": "by tomorrow evening"}


@dataclass
class _HelpDesk:
    """The tickets of one call."""

    settled: dict[str, object] = field(default_factory=dict)
    tickets: set[str] = field(default_factory=set)
    numbers: count[int] = field(default_factory=lambda: count(901))

    def open_ticket(self, topic: Topic, urgency: Urgency) -> dict[str, object]:
        """Open a ticket in the queue of a topic and return its number and when somebody calls back."""
        ticket = f"T{next(self.numbers)}"
        self.tickets.add(ticket)
        self.settled.update(topic=topic, urgency=urgency, ticket=ticket)
        return {"ticket": ticket, "spoken": spelled(ticket), "when": _CALL_BACK[urgency]}

    def close_ticket(self, ticket: str) -> dict[str, object]:
        """Close a ticket that is not wanted any more."""
        if ticket not in self.tickets:
            return {"error": "there is no such ticket"}
        self.tickets.discard(ticket)
        if self.settled.get("ticket") == ticket:
            self.settled.clear()
        return {"closed": ticket}


def _tools() -> FunctionTools:
    desk = _HelpDesk()
    return FunctionTools((desk.open_ticket, desk.close_ticket), desk.settled)


SCRIPT = Script(
    greeting="Welcome to the support line. Two short questions, and the right colleague will call you.",
    slots=(
        Slot(
            "topic",
            "Is it about billing, your password, the internet or the telephone?",
            "Please say billing, password, internet or telephone. What is it about?",
            {
                "billing": "billing",
                "my bill": "billing",
                "invoice": "billing",
                "password": "password",
                "my password": "password",
                "internet": "internet",
                "the internet": "internet",
                "telephone": "telephone",
                "telephone number": "telephone",
                "my phone": "telephone",
            },
        ),
        Slot(
            "urgency",
            "Is it urgent, or can it wait?",
            "Please say urgent, or say it can wait. How urgent is it?",
            {
                "urgent": "urgent",
                "very urgent": "urgent",
                "yes": "urgent",
                "now": "urgent",
                "it can wait": "normal",
                "not urgent": "normal",
                "no": "normal",
                "normal": "normal",
            },
        ),
    ),
    tool="open_ticket",
    settled="I have opened ticket {spoken} about {topic}. Somebody will call you {when}. "
    "If that is wrong, say cancelled. Is there anything else?",
    refused="I am sorry, I could not open a ticket for that.",
    undo_tool="close_ticket",
    undo_argument="ticket",
    undone="All right, I have closed that ticket. Let us start over.",
    together=("{urgency} {topic}",),
    intents={
        **DEFAULT_INTENTS,
        Intent.HUMAN: ("operator", "a person", "a human", "human", "colleague", "agent"),
    },
    closing="Thank you for calling. Goodbye!",
)

SCENARIO = ScriptedScenario("support_triage", PROMPT, SCRIPT, _tools)
