"""A formula that turns "how likely the caller is not done" into a wait, as a plan writes it.

Grammar, by precedence: `+ -`, then `* /`, then a sign, then `^` (right to left), then numbers, `x`, `pi`,
parentheses and `sqrt(a)`, `exp(a)`, `cos(a)`, `max(a, b, ...)`. Compiled to a tree of our own: nothing of it
is ever run as code. Example: `20 + 500 * sqrt(x) + 2500 * x^3`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import cos, exp, isfinite, pi, sqrt
from typing import TypeAlias

MAX_LENGTH = 300  # characters
MAX_DEPTH = 24  # of nesting: the parser recurses
MAX_WAIT_S = 15.0  # what a plan may make a caller wait

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d{1,3})?|\.\d+)|([a-z]+)|([-+*/^(),]))")
_FUNCTIONS = {"sqrt": 1, "exp": 1, "cos": 1, "max": None}  # how many arguments; None: one or more
_Node: TypeAlias = Callable[[float], float]


class WaitFunctionError(ValueError):
    """The text is no such formula; the message says where."""


@dataclass(frozen=True)
class WaitFunction:
    """A formula of x in 0..1 that gives milliseconds."""

    text: str
    _node: _Node

    def __call__(self, x: float) -> float:
        """Seconds, 0 to `MAX_WAIT_S`, for any x: what has no value (a root of less than 0) is the longest."""
        x = min(max(x, 0.0), 1.0) if x == x else 1.0
        try:
            wait_s = self._node(x) / 1000.0
        except (ValueError, OverflowError, ZeroDivisionError, TypeError):
            return MAX_WAIT_S
        if not isinstance(wait_s, float) or not isfinite(wait_s):
            return MAX_WAIT_S
        return min(max(wait_s, 0.0), MAX_WAIT_S)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WaitFunction) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def compile_wait_function(text: str) -> WaitFunction:
    """Compile a formula. Raises WaitFunctionError."""
    if len(text) > MAX_LENGTH:
        raise WaitFunctionError(f"must have at most {MAX_LENGTH} characters")
    parser = _Parser(_tokens(text))
    node = parser.sum(0)
    parser.expect_end()
    return WaitFunction(text, node)


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise WaitFunctionError(f"cannot read {text[at : at + 10].strip()!r}")
        tokens.append(next(group for group in found.groups() if group is not None))
        at = found.end()
    return tokens


class _Parser:
    """Recursive descent; every rule returns the function of x that it stands for."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def expect_end(self) -> None:
        if self._at < len(self._tokens):
            raise WaitFunctionError(f"did not expect {self._tokens[self._at]!r}")

    def sum(self, depth: int) -> _Node:
        if depth > MAX_DEPTH:
            raise WaitFunctionError("is nested too deeply")
        terms = [self._product(depth)]
        while (sign := self._take("+", "-")) is not None:
            terms.append(_signed(sign, self._product(depth)))
        return terms[0] if len(terms) == 1 else (lambda x: sum(term(x) for term in terms))

    def _product(self, depth: int) -> _Node:
        node = self._signed(depth)
        while (operator := self._take("*", "/")) is not None:
            node = _joined(operator, node, self._signed(depth))
        return node

    def _signed(self, depth: int) -> _Node:
        signs = 0
        sign = ""
        while (one := self._take("+", "-")) is not None:
            signs += 1
            sign = "-" if (one == "-") != (sign == "-") else "+"
            if signs > MAX_DEPTH:
                raise WaitFunctionError("has too many signs in a row")
        node = self._power(depth)
        return _signed(sign, node) if sign else node

    def _power(self, depth: int) -> _Node:
        base = self._atom(depth)
        if self._take("^") is None:
            return base
        if depth > MAX_DEPTH:
            raise WaitFunctionError("is nested too deeply")
        exponent = self._signed(depth + 1)
        return lambda x: base(x) ** exponent(x)

    def _atom(self, depth: int) -> _Node:
        token = self._next()
        if token == "(":
            node = self.sum(depth + 1)
            self._close()
            return node
        if token == "x":
            return lambda x: x
        if token == "pi":
            return lambda _: pi
        if token in _FUNCTIONS:
            return self._call(token, depth)
        if token[0].isdigit() or token[0] == ".":
            number = float(token)
            return lambda _: number
        raise WaitFunctionError(f"did not expect {token!r}")

    def _call(self, name: str, depth: int) -> _Node:
        if self._take("(") is None:
            raise WaitFunctionError(f"needs a parenthesis after {name}")
        arguments = [self.sum(depth + 1)]
        while self._take(",") is not None:
            arguments.append(self.sum(depth + 1))
        self._close()
        if _FUNCTIONS[name] == 1 and len(arguments) != 1:
            raise WaitFunctionError(f"gives {name} {len(arguments)} values, it takes one")
        if name == "max":
            return lambda x: max(argument(x) for argument in arguments)
        function = {"sqrt": sqrt, "exp": exp, "cos": cos}[name]
        first = arguments[0]
        return lambda x: function(first(x))

    def _take(self, *wanted: str) -> str | None:
        if self._at < len(self._tokens) and self._tokens[self._at] in wanted:
            self._at += 1
            return self._tokens[self._at - 1]
        return None

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise WaitFunctionError("ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _close(self) -> None:
        if self._take(")") is None:
            raise WaitFunctionError("lacks a closing parenthesis")


def _signed(sign: str, node: _Node) -> _Node:
    return (lambda x: -node(x)) if sign == "-" else node


def _joined(operator: str, left: _Node, right: _Node) -> _Node:
    return (lambda x: left(x) * right(x)) if operator == "*" else (lambda x: left(x) / right(x))
