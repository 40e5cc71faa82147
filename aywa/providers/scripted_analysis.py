"""What the scripted model says of a call that is over: it replays the script on the transcript. Pure.

Like a real model it gets the record of the call as text; unlike one it answers the same each time, out of the
values that the script's slots have taken. It knows nothing else of the call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from aywa.model.script import Script
from aywa.ports.llm import ChatEvent, ChatRequest, Done, Message, Purpose, Role, Token
from aywa.providers.dialogue import Standing, read_conversation

_SPOKEN = re.compile(r"^(AI|User): (.*)$", re.MULTILINE)
_ROLES = {"AI": Role.ASSISTANT, "User": Role.USER}
_EMPTY: Mapping[object, object] = {
    "string": "",
    "number": 0,
    "integer": 0,
    "boolean": False,
    "array": [],
    "null": None,
}


def analyse(script: Script, request: ChatRequest) -> Iterator[ChatEvent]:
    """A summary, JSON by the request's schema, or `true` or `false`."""
    said = "\n".join(message.text for message in request.messages)
    spoken = tuple(Message(_ROLES[who], text) for who, text in _SPOKEN.findall(said))
    standing = read_conversation(script, spoken)
    match request.purpose:
        case Purpose.SUMMARISE:
            text = _summary(standing, len(spoken))
        case Purpose.EXTRACT:
            text = json.dumps(_data(standing, request.schema or {}), ensure_ascii=False)
        case _:
            text = "true" if standing.open_slot(script) is None else "false"
    yield Token(text)
    yield Done(prompt_tokens=len(said.split()), completion_tokens=len(text.split()))


def _summary(standing: Standing, spoken: int) -> str:
    known = ", ".join(f"{name}: {value}" for name, value in standing.values.items())
    return f"A call of {spoken} messages. " + (f"Settled: {known}." if known else "Nothing was settled.")


def _data(standing: Standing, schema: Mapping[str, object]) -> object:
    """Values of slots where the schema asks for them by name, and as little as is valid elsewhere."""
    choices = schema.get("enum")
    if isinstance(choices, list) and choices:
        return choices[0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind != "object":
        return _EMPTY.get(kind)
    properties = schema.get("properties")
    found: dict[str, object] = {}
    for name, inner in properties.items() if isinstance(properties, Mapping) else ():
        below = inner if isinstance(inner, Mapping) else {}
        value = standing.values.get(name)
        found[name] = _data(standing, below) if value is None else _as(value, below.get("type"))
    return found


def _as(value: object, kind: object) -> object:
    if kind == "string":
        return str(value)
    if kind in ("integer", "number"):
        return value if isinstance(value, int | float) else 0
    return bool(value) if kind == "boolean" else value
