"""What an assistant's plan has said while a tool runs, when it has answered and when it has failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum


class MessageKind(Enum):
    """When a tool's message is said."""

    START = "request-start"  # as soon as the tool runs; of several one is chosen
    DELAYED = "request-response-delayed"  # when it has run for so long
    COMPLETE = "request-complete"  # when it has answered, in place of the model's words
    FAILED = "request-failed"  # when it has failed, likewise


class Comparison(Enum):
    """How an argument is compared with a condition's value."""

    EQUAL = "eq"
    OTHER = "neq"
    ABOVE = "gt"
    AT_LEAST = "gte"
    BELOW = "lt"
    AT_MOST = "lte"


# Which signs of argument minus value are wanted.
_SIGNS = {
    Comparison.EQUAL: (0,),
    Comparison.OTHER: (-1, 1),
    Comparison.ABOVE: (1,),
    Comparison.AT_LEAST: (0, 1),
    Comparison.BELOW: (-1,),
    Comparison.AT_MOST: (-1, 0),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """Of one argument of the tool. Numbers compare as numbers, however they are written, all else as text."""

    param: str
    comparison: Comparison
    value: str | float | bool

    def holds(self, arguments: Mapping[str, object]) -> bool:
        """Whether the message is said. An argument that is not there is only ever another one than any value,
        and text is neither above nor below anything.
        """
        if self.param not in arguments:
            return self.comparison is Comparison.OTHER
        mine, theirs = _comparable(arguments[self.param]), _comparable(self.value)
        if isinstance(mine, float) and isinstance(theirs, float):
            return (mine > theirs) - (mine < theirs) in _SIGNS[self.comparison]
        if self.comparison is Comparison.OTHER:
            return mine != theirs
        return self.comparison is Comparison.EQUAL and mine == theirs


@dataclass(frozen=True, slots=True)
class ToolMessage:
    """What is said for one tool. `delay_s`: of a DELAYED one, since the tool began.

    COMPLETE and FAILED stand for the model's answer, unless they are `to_model`: then it reads them and
    answers itself. With `ends_call` the call ends once it was heard. All `conditions` must hold.
    """

    kind: MessageKind
    text: str
    delay_s: float = 0.0
    conditions: tuple[Condition, ...] = ()
    to_model: bool = False
    ends_call: bool = False
    blocking: bool = False  # of a START: the tool waits until it was heard


def fitting(messages: Iterable[ToolMessage], arguments: Mapping[str, object]) -> tuple[ToolMessage, ...]:
    """Those whose conditions hold for these arguments."""
    return tuple(message for message in messages if all(each.holds(arguments) for each in message.conditions))


def afterwards(
    messages: Iterable[ToolMessage], arguments: Mapping[str, object], *, failed: bool
) -> ToolMessage | None:
    """What follows when the tool has answered or failed: the first message for it that fits."""
    kind = MessageKind.FAILED if failed else MessageKind.COMPLETE
    return next((message for message in fitting(messages, arguments) if message.kind is kind), None)


def _comparable(value: object) -> float | str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return float(value)
    text = str(value).strip()
    try:
        return float(text)
    except ValueError:
        return text
