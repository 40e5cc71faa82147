"""The fields of one JSON object: each is taken once, each fault is noted, and none is left unread."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar

from aywa.errors import Gap

_E = TypeVar("_E", bound=Enum)


class Fields:
    """Takes the fields of one object one by one; what is left at the end nobody knows."""

    def __init__(self, where: str, row: Mapping[str, Any], gaps: list[Gap]) -> None:
        self.where = where
        self.gaps = gaps
        self._row = dict(row)

    def fault(self, field: str, rule: str, example: str = "") -> None:
        """Note what is wrong with a field."""
        self.gaps.append(Gap(f"{self.where}.{field}", rule, example))

    def __contains__(self, field: str) -> bool:
        return self._row.get(field) is not None

    def take(self, field: str) -> Any:
        """The value of a field, None when it is not there."""
        return self._row.pop(field, None)

    def text(self, field: str, pattern: re.Pattern[str], rule: str, example: str, default: str = "") -> str:
        """A text that matches, or the default when the field is not there or at fault."""
        value = self.take(field)
        if value is None:
            return default
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            self.fault(field, rule, example)
            return default
        return value

    def integer(self, field: str, low: int, high: int, default: int) -> int:
        """A whole number within `low` to `high`, both included."""
        value = self.take(field)
        if value is None:
            return default
        if type(value) is not int or not low <= value <= high:
            self.fault(field, f"must be a whole number from {low} to {high}", str(default))
            return default
        return value

    def choice(self, field: str, kind: type[_E], default: _E) -> _E:
        """A member of an enumeration, by its value."""
        value = self.take(field)
        if value is None:
            return default
        for member in kind:
            if member.value == value:
                return member
        self.fault(field, f"must be one of {', '.join(str(m.value) for m in kind)}", str(default.value))
        return default

    def texts(self, field: str, good: Callable[[str], object], rule: str, example: str) -> tuple[str, ...]:
        """A list of texts that `good` takes; it raises ValueError, or gives something false, for others."""
        values = self.take(field)
        if values is None:
            return ()
        if (
            isinstance(values, list)
            and values
            and all(isinstance(v, str) and _passes(good, v) for v in values)
        ):
            return tuple(values)
        self.fault(field, rule, example)
        return ()

    def within(self, field: str) -> Fields | None:
        """The object in a field; None when it is not there or no object."""
        value = self.take(field)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.fault(field, "must be an object")
            return None
        return Fields(f"{self.where}.{field}", value, self.gaps)

    def end(self) -> None:
        """Report what nobody took: a misspelt field would otherwise silently mean its default."""
        for field in self._row:
            shown = field if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", field) else "?"
            self.fault(shown, "is not a field that is known")


def _passes(good: Callable[[str], object], text: str) -> bool:
    try:
        return bool(good(text))
    except ValueError:
        return False
