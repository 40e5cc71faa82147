"""How many streams are open, by API key and in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aywa.errors import OverloadedError, RateLimitedError

RETRY_S = 5


class StreamPlaces:
    """So many for each key, and so many in all."""

    def __init__(self, per_key: int, total: int) -> None:
        self._per_key = per_key
        self._total = total
        self._open: Counter[str] = Counter()

    def check(self, key: str) -> None:
        """Raises `RateLimitedError` (429) or `OverloadedError` (503) when there is no place."""
        if self._open[key] >= self._per_key:
            raise RateLimitedError(
                f"the API key has {self._per_key} streams open already", retry_after_s=RETRY_S
            )
        if self._open.total() >= self._total:
            raise OverloadedError("too many streams are open", retry_after_s=RETRY_S)

    @contextmanager
    def hold(self, key: str) -> Iterator[None]:
        """A place while the block lasts."""
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]
