"""The syntax of `linear_regex`: from the text of a pattern to a tree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

MAX_PATTERN = 500  # characters
MAX_COUNT = 200  # of {m,n}
MAX_NESTING = 20

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}
_CLASSES: dict[str, Callable[[str], bool]] = {
    "d": lambda char: "0" <= char <= "9",
    "w": lambda char: char.isalnum() or char == "_",
    "s": str.isspace,
}


@dataclass(frozen=True)
class Chars:
    """One character of a set: single ones, ranges and named classes ("d", or "D" for all others)."""

    ranges: tuple[tuple[str, str], ...] = ()
    named: tuple[str, ...] = ()
    negated: bool = False

    def has(self, char: str) -> bool:
        """Whether it is in the set."""
        found = any(first <= char <= last for first, last in self.ranges) or any(
            _CLASSES[name.lower()](char) == name.islower() for name in self.named
        )
        return found != self.negated

    def lowered(self) -> Chars:
        """The same set for text in lower case."""
        ranges = []
        for first, last in self.ranges:
            ranges.append((first, last))
            if first.lower() <= last.lower() and len(first.lower()) == len(last.lower()) == 1:
                ranges.append((first.lower(), last.lower()))
        return Chars(tuple(ranges), self.named, self.negated)


@dataclass(frozen=True)
class Assertion:
    """A place: `^`, `$`, `b` (edge of a word), `B` (none)."""

    kind: str


@dataclass(frozen=True)
class Sequence:
    """One after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Alternation:
    """One of these."""

    branches: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """`least` to `most` times; None: without end."""

    node: Node
    least: int
    most: int | None


Node: TypeAlias = Chars | Assertion | Sequence | Alternation | Repeat

_ANY = Chars((("\n", "\n"), ("\r", "\r")), negated=True)


def parse_pattern(text: str) -> Node:
    """The tree of a pattern. Raises ValueError."""
    if len(text) > MAX_PATTERN:
        raise ValueError(f"must have at most {MAX_PATTERN} characters")
    parser = _Parser(text)
    node = parser.alternation(0)
    if not parser.ended:
        raise ValueError("has a closing parenthesis too many")
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    @property
    def ended(self) -> bool:
        return self._at >= len(self._text)

    def alternation(self, depth: int) -> Node:
        if depth > MAX_NESTING:
            raise ValueError("is nested too deeply")
        branches = [self._sequence(depth)]
        while self._take("|"):
            branches.append(self._sequence(depth))
        return branches[0] if len(branches) == 1 else Alternation(tuple(branches))

    def _sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while not self.ended and self._text[self._at] not in "|)":
            parts.append(self._repeated(self._atom(depth)))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _repeated(self, node: Node) -> Node:
        bounds = self._bounds()
        if bounds is None:
            return node
        self._take("?")  # as few as possible: the same to whoever only asks whether it matches
        if self._bounds() is not None:
            raise ValueError("repeats a repeat")
        return Repeat(node, *bounds)

    def _bounds(self) -> tuple[int, int | None] | None:
        if self._take("*"):
            return 0, None
        if self._take("+"):
            return 1, None
        if self._take("?"):
            return 0, 1
        if self.ended or self._text[self._at] != "{":
            return None
        end = self._text.find("}", self._at)
        first, comma, last = self._text[self._at + 1 : end].partition(",") if end > 0 else ("", "", "")
        if not _is_count(first) or (last and not _is_count(last)):
            return None  # JavaScript reads such a brace as itself
        self._at = end + 1
        least = int(first)
        most = (int(last) if last else None) if comma else least
        if max(least, most or 0) > MAX_COUNT or (most is not None and most < least):
            raise ValueError(f"must repeat in order and at most {MAX_COUNT} times")
        return least, most

    def _atom(self, depth: int) -> Node:
        char = self._next()
        if char == "(":
            return self._group(depth)
        if char == "[":
            return self._class()
        if char == "\\":
            return self._escape()
        if char == ".":
            return _ANY
        if char in "^$":
            return Assertion(char)
        if char in "*+?":
            raise ValueError(f"has nothing to repeat before {char!r}")
        return Chars(((char, char),))

    def _group(self, depth: int) -> Node:
        if self._take("?"):
            if self._text[self._at : self._at + 1] == "<" and self._text[self._at + 1 : self._at + 2] not in (
                "=",
                "!",
            ):
                self._at = self._text.find(">", self._at) + 1
                if self._at == 0:
                    raise ValueError("does not end the name of a group")
            elif not self._take(":"):
                raise ValueError("uses look-around, which cannot be matched in linear time")
        node = self.alternation(depth + 1)
        if not self._take(")"):
            raise ValueError("lacks a closing parenthesis")
        return node

    def _class(self) -> Node:
        negated = self._take("^")
        ranges: list[tuple[str, str]] = []
        named: list[str] = []
        while not self._take("]"):
            first = self._member()
            if len(first) > 1:
                named.append(first[1])
                continue
            last = first
            if self._text[self._at : self._at + 1] == "-" and self._text[self._at + 1 : self._at + 2] not in (
                "]",
                "",
            ):
                self._at += 1
                last = self._member()
            if len(last) > 1:
                ranges += [(first, first), ("-", "-")]
                named.append(last[1])
            elif last < first:
                raise ValueError(f"has the range {first}-{last}, which is out of order")
            else:
                ranges.append((first, last))
        return Chars(tuple(ranges), tuple(named), negated)

    def _member(self) -> str:
        """A character of a class, or a backslash and the letter of a named one."""
        char = self._next()
        if char != "\\":
            return char
        char = self._next()
        if char.lower() in _CLASSES:
            return "\\" + char
        return "\b" if char == "b" else self._literal(char)

    def _escape(self) -> Node:
        char = self._next()
        if char.lower() in _CLASSES:
            return Chars(named=(char,))
        if char in "bB":
            return Assertion(char)
        if char in "123456789k":
            raise ValueError("uses a back reference, which cannot be matched in linear time")
        literal = self._literal(char)
        return Chars(((literal, literal),))

    def _literal(self, char: str) -> str:
        if char in "xu":
            width = 2 if char == "x" else 4
            digits = self._text[self._at : self._at + width]
            if len(digits) == width and all(digit in "0123456789abcdefABCDEF" for digit in digits):
                self._at += width
                return chr(int(digits, 16))
            return char
        if char in "pP":
            raise ValueError("uses a Unicode class, which is not known here")
        return _ESCAPES.get(char, char)

    def _take(self, wanted: str) -> bool:
        if self._text[self._at : self._at + 1] == wanted:
            self._at += 1
            return True
        return False

    def _next(self) -> str:
        if self.ended:
            raise ValueError("ends too early")
        self._at += 1
        return self._text[self._at - 1]


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 5
