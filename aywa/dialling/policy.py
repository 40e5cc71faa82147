"""Which numbers may be dialled: the longest prefix that matches decides, and none means no."""

from __future__ import annotations

from collections.abc import Iterable

from aywa.dialling.numbers import Number
from aywa.dialling.ranges import EXPENSIVE
from aywa.settings import DialSettings


class NumberPolicy:
    """The general list. A trunk may narrow it by one of its own, and never widen it."""

    def __init__(self, settings: DialSettings) -> None:
        self._allow = frozenset(prefix.removeprefix("+") for prefix in settings.allow)
        self._deny = frozenset(prefix.removeprefix("+") for prefix in settings.deny)

    def permits(self, number: Number) -> bool:
        """Whether the number may be dialled through any trunk at all."""
        allowed = _longest(number, self._allow)
        return (
            allowed > 0 and allowed > _longest(number, self._deny) and allowed >= _longest(number, EXPENSIVE)
        )

    def permits_through(self, number: Number, trunk: Iterable[str]) -> bool:
        """The same through a trunk whose own list is this; an empty one narrows nothing."""
        own = frozenset(prefix.removeprefix("+") for prefix in trunk)
        return self.permits(number) and (not own or _longest(number, own) > 0)


def _longest(number: Number, prefixes: frozenset[str]) -> int:
    """The length of the longest prefix of the number that is listed; 0 for none."""
    return next(
        (length for length in range(len(number.digits), 0, -1) if number.digits[:length] in prefixes), 0
    )
