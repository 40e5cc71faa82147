"""The ng protocol's bencoding, against its own definition and mutated bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.peers.ng import NgError, bdecode, bencode

VALUES = st.recursive(
    st.integers() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def _as_bytes(value: object) -> object:
    """Keys come back as bytes."""
    if isinstance(value, dict):
        return {key.encode(): _as_bytes(item) for key, item in value.items()}
    return [_as_bytes(item) for item in value] if isinstance(value, list) else value


@given(VALUES)
def test_what_was_encoded_comes_back(value: object) -> None:
    assert bdecode(bencode(value)) == _as_bytes(value)  # type: ignore[arg-type]


@given(st.binary(max_size=64))
def test_anything_else_is_refused_by_one_error(data: bytes) -> None:
    try:
        bdecode(data)
    except NgError:
        return


def test_keys_are_sorted_as_the_format_demands() -> None:
    assert bencode({"b": 1, "a": ["x", b"y"]}) == b"d1:al1:x1:ye1:bi1ee"


def test_a_float_cannot_be_encoded() -> None:
    with pytest.raises(TypeError):
        bencode(1.5)  # type: ignore[arg-type]
