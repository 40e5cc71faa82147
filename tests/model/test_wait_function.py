"""The formula of a wait: its grammar, its bounds, and that nothing of it is run as code."""

from __future__ import annotations

from math import cos, exp, pi, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.model.wait_function import MAX_WAIT_S, WaitFunctionError, compile_wait_function

XS = (0.0, 0.25, 0.5, 1.0)


@pytest.mark.parametrize(
    ("text", "oracle"),
    [
        ("20 + 500 * sqrt(x) + 2500 * x^3", lambda x: 20 + 500 * sqrt(x) + 2500 * x**3),
        ("1000 - 2 * 3 - 4", lambda x: 990),
        ("100 * 2 ^ 3 ^ x", lambda x: 100 * 2 ** (3**x)),
        ("-2^2 + 1000", lambda x: 996),
        ("1000 / 4 / 5", lambda x: 50),
        ("(1 + x) * 1e2", lambda x: (1 + x) * 100),
        ("max(100, 2000 * x, 3)", lambda x: max(100, 2000 * x, 3)),
        ("100 * exp(x) + 100 * cos(pi * x)", lambda x: 100 * exp(x) + 100 * cos(pi * x)),
        ("2 * -x * -1000", lambda x: 2000 * x),
        (".5 * 1000", lambda x: 500),
    ],
)
def test_the_grammar(text: str, oracle: object) -> None:
    compiled = compile_wait_function(text)
    for x in XS:
        expected = max(0.0, oracle(x) / 1000)  # type: ignore[operator]
        assert compiled(x) == pytest.approx(min(expected, MAX_WAIT_S))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1 +",
        "* 2",
        "x x",
        "2x",
        "y",
        "sin(x)",
        "sqrt x",
        "sqrt(1, 2)",
        "max()",
        "(1",
        "1)",
        "x ** 2",
        "__import__('os')",
        "x.real",
        "lambda: 1",
        "[1]",
        "1; 2",
        "1e9999x",
        "(" * 100 + "x" + ")" * 100,
        "-" * 100 + "x",
        "x^" * 100 + "x",
        "1+" * 200 + "1",
    ],
)
def test_what_is_no_formula(text: str) -> None:
    with pytest.raises(WaitFunctionError):
        compile_wait_function(text)


@pytest.mark.parametrize(
    "text", ["1 / x", "1 / 0", "sqrt(0 - 1)", "(0 - 1)^0.5", "exp(9999)", "9^9^9^9", "1e308 * 1e308"]
)
def test_what_has_no_value_is_the_longest_wait(text: str) -> None:
    assert compile_wait_function(text)(0.0) == MAX_WAIT_S


@given(st.text(alphabet="0123456789.+-*/^()x ,episqrtcoma", max_size=60), st.floats())
def test_whatever_compiles_gives_a_wait(text: str, x: float) -> None:
    try:
        compiled = compile_wait_function(text)
    except WaitFunctionError:
        return
    assert 0.0 <= compiled(x) <= MAX_WAIT_S
