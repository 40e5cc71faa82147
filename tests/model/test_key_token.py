"""What a key looks like: every single mistake in it is found."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import ParseError
from aywa.model.key_token import SECRET_BYTES, KeyKind, make_token, parse_token

SECRETS = st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES)
KINDS = st.sampled_from(KeyKind)


@given(KINDS, SECRETS)
def test_a_key_says_its_kind_and_scanners_know_it(kind: KeyKind, secret: bytes) -> None:
    token = make_token(kind, secret)
    assert parse_token(token) is kind
    assert re.fullmatch("aywa_(rt|ad)_[0-9A-Za-z]{49}", token)


@given(KINDS, SECRETS, st.integers(0, 56), st.sampled_from(string.ascii_letters + string.digits + "_"))
def test_a_mistyped_character_is_noticed(kind: KeyKind, secret: bytes, place: int, typed: str) -> None:
    token = make_token(kind, secret)
    wrong = token[:place] + typed + token[place + 1 :]
    if wrong != token:
        with pytest.raises(ParseError):
            parse_token(wrong)


@given(KINDS, SECRETS, st.integers(0, 56))
def test_a_missing_character_is_noticed(kind: KeyKind, secret: bytes, place: int) -> None:
    token = make_token(kind, secret)
    with pytest.raises(ParseError):
        parse_token(token[:place] + token[place + 1 :])


@given(st.one_of(st.text(), st.text().map(lambda text: "aywa_rt_" + text)))
def test_anything_else_is_no_key(text: str) -> None:
    with pytest.raises(ParseError):
        parse_token(text)


def test_different_secrets_are_different_keys() -> None:
    assert make_token(KeyKind.RUNTIME, bytes(32)) != make_token(KeyKind.RUNTIME, bytes(31) + b"\1")
    assert make_token(KeyKind.RUNTIME, bytes(32)) != make_token(KeyKind.ADMIN, bytes(32))
