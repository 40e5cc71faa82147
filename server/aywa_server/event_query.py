"""The query of `GET /events`: which events, and from where on."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from werkzeug.datastructures import Headers, MultiDict

from aywa.errors import ParseError, RequestError
from aywa.events.filter import EventFilter, kinds_of
from aywa.events.ids import parse_event_id
from aywa.events.listener import Start, since
from aywa_server.call_query import parse_time, refuse_unknown

_KNOWN = ("assistantId", "callId", "follow", "lastEventId", "since", "types")
_RESUME = "Last-Event-ID"  # what a browser's EventSource sends when it connects again
MAX_TYPES = 100


@dataclass(frozen=True, slots=True)
class EventQuery:
    """A validated query. `follow`: go on with what happens."""

    wanted: EventFilter
    start: Start
    follow: bool


def parse_event_query(arguments: MultiDict[str, str], headers: Headers, org_id: UUID) -> EventQuery:
    """Raises `RequestError` naming the parameter, also an unknown one."""
    refuse_unknown(arguments, _KNOWN)
    types = [name for text in arguments.getlist("types") for name in text.split(",")]
    try:
        kinds = kinds_of(types) if types else None
        if len(types) > MAX_TYPES:
            raise ValueError
    except ValueError:
        rule = f"must be at most {MAX_TYPES} types or their beginnings, such as turn.user or call"
        raise _invalid("types", rule) from None
    follow = arguments.get("follow", "true")
    if follow not in ("true", "false"):
        raise _invalid("follow", "must be true or false")
    wanted = EventFilter(org_id, _id(arguments, "callId"), _id(arguments, "assistantId"), kinds)
    return EventQuery(wanted, _start(arguments, headers, follow == "true"), follow == "true")


def _start(arguments: MultiDict[str, str], headers: Headers, follow: bool) -> Start:
    """The header is of the client that connects again: it is newer than what the URL says."""
    given = headers.get(_RESUME) or arguments.get("lastEventId")
    if given:
        field = _RESUME if headers.get(_RESUME) else "lastEventId"
        try:
            return Start(parse_event_id(given))
        except ParseError as error:
            raise _invalid(field, error.detail) from None
    if "since" in arguments:
        return since(int(parse_time("since", arguments["since"]).timestamp() * 1000))
    return Start() if follow else since(0)


def _id(arguments: MultiDict[str, str], name: str) -> str | None:
    text = arguments.get(name)
    if text is not None and not (0 < len(text) <= 100 and text.isprintable()):
        raise _invalid(name, "must be an id of at most 100 characters")
    return text


def _invalid(field: str, rule: str) -> RequestError:
    return RequestError(rule, code="invalid-parameter", field=field)
