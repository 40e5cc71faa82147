"""Whatever a client sends, the answer is a problem with a 4xx status, never a crash."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from aywa.errors import RequestError
from aywa_server.call_query import parse_call_query
from aywa_server.routes.control import parse_command

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
COMMANDS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["say", "end-call", "transfer", 7, None]),
        "content": JSON,
        "endCallAfterSpoken": JSON,
        "interruptAssistantEnabled": JSON,
        "interruptionsEnabled": JSON,
        "message": st.fixed_dictionaries({}, optional={"type": JSON, "content": JSON}),
        "x": JSON,
    },
)
NAMES = st.sampled_from(["limit", "id", "createdAtLt", "createdAtGe", "updatedAtGt", "other"])
TIMES = st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat())


def refusal_of(parse: Callable[[], object]) -> RequestError | None:
    """The only exception that may come out, if it does."""
    try:
        parse()
    except RequestError as error:
        return error
    return None


@settings(max_examples=300, deadline=None)
@given(COMMANDS | st.dictionaries(st.text(), JSON))
def test_a_command_is_understood_or_refused(body: dict[str, object]) -> None:
    refused = refusal_of(lambda: parse_command(body))
    assert refused is None or refused.http_status == 400


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, st.text() | TIMES | st.integers().map(str)))
def test_a_query_is_understood_or_refused(arguments: dict[str, str]) -> None:
    refused = refusal_of(lambda: parse_call_query(arguments))
    assert refused is None or refused.field in arguments
