"""One routed method of one path, as the document tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"
Schema = Mapping[str, Any]
PROBLEMS = {
    400: "The request breaks a rule: `field` names where",
    401: "No valid API key",
    404: "It is not there, or another organisation's",
    405: "The route has no such method",
    408: "The body did not arrive in time",
    409: "It cannot be done as things are",
    412: "It was changed since",
    413: "The body is too large",
    415: "The body is of another type",
    416: "There is no such range",
    422: "The Idempotency-Key was used for another request",
    429: "Too many requests: see Retry-After",
    500: "Our fault: the log has the request id",
    502: "Somebody else's fault",
    503: "Not now: see Retry-After",
}


def ref(name: str) -> Schema:
    """A schema of the document's."""
    return {"$ref": f"#/components/schemas/{name}"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter or a header."""

    name: str
    schema: Schema
    what: str = ""
    where: str = "query"


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes when it succeeds. `media`: by content type, the schema."""

    status: int
    what: str
    media: Mapping[str, Schema] = field(default_factory=dict)
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """`path` as the routing has it, such as `/call/<call_id>`. `problems`: the statuses it refuses with."""

    method: str
    path: str
    name: str  # operationId
    summary: str
    tag: str
    answers: tuple[Answer, ...]
    body: Mapping[str, Schema] | None = None
    parameters: tuple[Parameter, ...] = ()
    problems: tuple[int, ...] = ()
    public: bool = False
    ids: Schema = field(default_factory=lambda: {"type": "string", "format": "uuid"})  # of the path
