"""Patterns in linear time: the same verdict as `re` where both know the syntax, and no pattern that hangs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aywa.model.linear_regex import LinearPattern, PatternError, compile_pattern

atoms = st.sampled_from(
    ["a", "b", "1", " ", r"\d", r"\w", r"\s", r"\D", r"\W", ".", "[ab]", "[^a]", "[a-b1]", r"\b", "^"]
)
patterns = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{1,2}", "{2}", "{0,}", "*?"])).map(
            lambda two: f"({two[0]}){two[1]}"
        ),
    ),
    max_leaves=8,
)


@given(patterns, st.text(alphabet="ab1 _\n", max_size=12))
@settings(max_examples=400)
def test_as_re_decides(pattern: str, text: str) -> None:
    assert compile_pattern(pattern).matches(text) == bool(re.search(pattern, text, re.ASCII))


@pytest.mark.parametrize(
    ("compiled", "text", "found"),
    [
        (compile_pattern("Phone", ignore_case=True), "your PHONE number", True),
        (compile_pattern("Phone"), "your phone number", False),
        (compile_pattern("[A-C]+$", ignore_case=True), "xabc", True),
        (compile_pattern("one", whole_word=True), "phone", False),
        (compile_pattern("one|two", whole_word=True), "number two", True),
        (compile_pattern("^b", multi_line=True), "a\nb", True),
        (compile_pattern("^b"), "a\nb", False),
        (compile_pattern("a$", multi_line=True), "a\nb", True),
        (compile_pattern(r"\bétage\b"), "au 3e étage", True),
        (compile_pattern(r"(?<year>\d{4})"), "in 1987", True),
        (compile_pattern(r"a{,2}"), "a{,2}", True),
        (compile_pattern(r"\u0041\x42"), "AB", True),
        (compile_pattern(r"[\d\-]{3}"), "1-2", True),
        (compile_pattern(""), "", True),
    ],
)
def test_flags_and_escapes(compiled: LinearPattern, text: str, found: bool) -> None:
    assert compiled.matches(text) is found


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a)\1",
        r"(?=a)",
        r"(?!a)",
        r"(?<=a)b",
        r"(?<!a)b",
        r"\k<x>",
        "(",
        ")",
        "[a",
        "*a",
        "a**",
        "a{3,2}",
        "a{201}",
        "[z-a]",
        "\\",
        r"\p{L}",
        "(" * 50 + ")" * 50,
        "a" * 501,
        "((a{100}){100}){100}",
    ],
)
def test_what_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern", [r"(a+)+$", r"(a|a)+$", r"(a|aa)+$", r"(.*a){20}$", r"^(([a-z])+.)+[A-Z]([a-z])+$"]
)
def test_what_makes_others_hang_takes_as_many_steps_as_there_are_letters(pattern: str) -> None:
    """Each step is bounded by the number of states, so that these end at all."""
    assert compile_pattern(pattern).matches("a" * 5000 + "!") is False


@given(st.text(max_size=40), st.text(max_size=40), st.booleans(), st.booleans(), st.booleans())
def test_any_text_is_a_pattern_or_refused(
    pattern: str, text: str, case: bool, word: bool, lines: bool
) -> None:
    try:
        compiled = compile_pattern(pattern, ignore_case=case, whole_word=word, multi_line=lines)
    except PatternError:
        return
    assert compiled.matches(text) in (True, False)
