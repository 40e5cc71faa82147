r"""Regular expressions that match in time linear in the text: for patterns that a plan brings.

A pattern becomes a nondeterministic automaton that is walked once, all its states at a time (Thompson 1968):
no pattern can make a call wait, which `re` and JavaScript's engine cannot promise. What it knows, as in
JavaScript's RegExp without flags `u` and `v`: literals, `.`, classes with ranges and `\d \w \s \D \W \S`,
`^ $ \b \B`, groups, `|`, `* + ? {m,n}` with or without `?` behind. Back references and look-around are
refused: they need a search that goes back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from aywa.model.linear_regex_parser import (
    Alternation,
    Assertion,
    Chars,
    Node,
    Repeat,
    Sequence,
    parse_pattern,
)

MAX_STATES = 2000  # after counted repeats are written out
MAX_TEXT = 1000  # characters that are looked at: the last ones

_Program: TypeAlias = list[tuple["_Op", object, int]]


class PatternError(ValueError):
    """The text is no pattern that can be matched in linear time; the message says why."""


class _Op(Enum):
    CHARS = 0
    SPLIT = 1
    ASSERT = 2
    MATCH = 3


@dataclass(frozen=True)
class LinearPattern:
    """A compiled pattern; `matches` looks for it anywhere in the text, as JavaScript's `test` does."""

    text: str
    ignore_case: bool
    whole_word: bool
    multi_line: bool
    _program: tuple[tuple[_Op, object, int], ...] = field(repr=False, compare=False)

    def matches(self, text: str) -> bool:
        """Whether the pattern is found in the last `MAX_TEXT` characters."""
        text = text[-MAX_TEXT:]
        if self.ignore_case:
            text = text.lower()
        current: set[int] = set()
        for at in range(len(text) + 1):
            self._follow(0, text, at, current)  # a match may begin here
            if len(self._program) - 1 in current:
                return True
            if at == len(text):
                return False
            following: set[int] = set()
            for state in current:
                operation, value, target = self._program[state]
                if operation is _Op.CHARS and value(text[at]):  # type: ignore[operator]
                    self._follow(target, text, at + 1, following)
            current = following
        return False

    def _follow(self, state: int, text: str, at: int, into: set[int]) -> None:
        """Add a state and all that is reached from it without a character."""
        waiting = [state]
        while waiting:
            state = waiting.pop()
            if state in into:
                continue
            into.add(state)
            operation, value, target = self._program[state]
            if operation is _Op.SPLIT:
                waiting.append(target)
                if isinstance(value, int):
                    waiting.append(value)
            elif operation is _Op.ASSERT and _holds(value, text, at, self.multi_line):
                waiting.append(target)


def compile_pattern(
    text: str, *, ignore_case: bool = False, whole_word: bool = False, multi_line: bool = False
) -> LinearPattern:
    """Compile. Raises PatternError."""
    try:
        tree: Node = parse_pattern(text)
    except ValueError as error:
        raise PatternError(str(error)) from error
    if whole_word:
        tree = Sequence((Assertion("b"), tree, Assertion("b")))
    builder = _Builder(ignore_case)
    builder.build(tree)
    builder.program.append((_Op.MATCH, None, 0))
    return LinearPattern(text, ignore_case, whole_word, multi_line, tuple(builder.program))


class _Builder:
    """Writes the automaton: each node's states follow one another, its exit is the next place."""

    def __init__(self, ignore_case: bool) -> None:
        self.program: _Program = []
        self._ignore_case = ignore_case

    def build(self, node: Node) -> None:
        match node:
            case Chars():
                self._add(_Op.CHARS, self._test(node), len(self.program) + 1)
            case Assertion(kind):
                self._add(_Op.ASSERT, kind, len(self.program) + 1)
            case Sequence(parts):
                for part in parts:
                    self.build(part)
            case Alternation(branches):
                self._alternation(branches)
            case Repeat():
                self._repeat(node)

    def _alternation(self, branches: tuple[Node, ...]) -> None:
        exits: list[int] = []
        for branch in branches[:-1]:
            split = self._add(_Op.SPLIT, None, len(self.program) + 1)
            self.build(branch)
            exits.append(self._add(_Op.SPLIT, None, 0))
            self.program[split] = (_Op.SPLIT, len(self.program), split + 1)
        self.build(branches[-1])
        for place in exits:
            self.program[place] = (_Op.SPLIT, None, len(self.program))

    def _repeat(self, repeat: Repeat) -> None:
        for _ in range(repeat.least):
            self.build(repeat.node)
        if repeat.most is None:
            loop = self._add(_Op.SPLIT, None, 0)
            self.build(repeat.node)
            self._add(_Op.SPLIT, None, loop)
            self.program[loop] = (_Op.SPLIT, len(self.program), loop + 1)
            return
        splits: list[int] = []
        for _ in range(repeat.most - repeat.least):
            splits.append(self._add(_Op.SPLIT, None, 0))
            self.build(repeat.node)
        for place in splits:
            self.program[place] = (_Op.SPLIT, len(self.program), place + 1)

    def _add(self, operation: _Op, value: object, target: int) -> int:
        if len(self.program) >= MAX_STATES:
            raise PatternError(f"is larger than {MAX_STATES} states")
        self.program.append((operation, value, target))
        return len(self.program) - 1

    def _test(self, chars: Chars) -> Callable[[str], bool]:
        return chars.lowered().has if self._ignore_case else chars.has


def _holds(kind: object, text: str, at: int, multi_line: bool) -> bool:
    if kind == "^":
        return at == 0 or (multi_line and text[at - 1] == "\n")
    if kind == "$":
        return at == len(text) or (multi_line and text[at] == "\n")
    before = at > 0 and is_word(text[at - 1])
    after = at < len(text) and is_word(text[at])
    return (before != after) == (kind == "b")


def is_word(char: str) -> bool:
    """A letter of any script, a digit or `_`: with JavaScript's ASCII a word would end before its "é"."""
    return char.isalnum() or char == "_"
