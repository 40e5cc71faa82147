"""JSON of servers: what everybody reads alike, and nothing else."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.model.strict_json import JsonError, read_json
from tests.kit.malformed_json import COUNT, WHOLE, malformed

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**200), 10**200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


def test_there_are_as_many_as_are_promised() -> None:
    documents = malformed()
    assert len(documents) == COUNT
    assert len(set(documents.values())) == COUNT


def test_none_of_them_is_an_object_that_is_read() -> None:
    for name, body in malformed().items():
        with suppress(JsonError):
            assert not isinstance(read_json(body), dict), name


@given(VALUES)
def test_what_is_json_is_read_as_it_is_meant(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False)):
        assert read_json(text.encode()) == value
        assert read_json(b"\xef\xbb\xbf" + text.encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        value = read_json(body)
    except JsonError:
        return
    json.dumps(value, allow_nan=False).encode()


def test_the_whole_one_is_read() -> None:
    assert read_json(WHOLE) == json.loads(WHOLE)


@pytest.mark.parametrize("depth", [99, 100])
def test_nesting_has_a_bound(depth: int) -> None:
    assert read_json("[" * depth + "]" * depth) is not None
    with pytest.raises(JsonError, match="deep"):
        read_json("[" * (depth + 2) + "]" * (depth + 2))
