"""Keys of the database, looked up at most about once a second each.

What is here is never older than `FRESH_S` while the database answers: a key that is revoked on one node is
refused on every other within that time, with no messages between them. While it does not answer, a key that
was good within `KEPT_S` stays good: live calls can be steered through an outage.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf

import trio

from aywa.errors import StoreError
from aywa.store.api_keys import KeyRow

FRESH_S = 0.8  # of the second within which a revocation takes effect; the rest is for the request itself
KEPT_S = 300.0
LOOKUP_BOUND_S = 0.5
MAX_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class _Seen:
    row: KeyRow
    at: float  # when it was asked for


class KeyCache:
    """`find` asks the database and raises `StoreError`; `now` is monotonic."""

    def __init__(self, find: Callable[[bytes], Awaitable[KeyRow | None]], now: Callable[[], float]) -> None:
        self._find = find
        self._now = now
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()
        self._failed_at = -inf

    def knows(self, digest: bytes) -> bool:
        """Whether it was found lately."""
        seen = self._seen.get(digest)
        return seen is not None and self._now() - seen.at < KEPT_S

    async def get(self, digest: bytes) -> KeyRow | None:
        """The key, valid or not. Raises `StoreError` where nothing is known and nothing can be found out."""
        began, seen = self._now(), self._seen.get(digest)
        if seen is not None and began - seen.at < FRESH_S:
            return seen.row
        if began - self._failed_at >= FRESH_S:
            try:
                with trio.fail_after(LOOKUP_BOUND_S):
                    row = await self._find(digest)
            except (StoreError, trio.TooSlowError):
                self._failed_at = self._now()
            else:
                self._keep(digest, row, began)
                return row
        if seen is not None and self._now() - seen.at < KEPT_S:
            return seen.row
        raise StoreError("the database does not answer, so the API key cannot be checked", retryable=True)

    def _keep(self, digest: bytes, row: KeyRow | None, at: float) -> None:
        """Only what exists: keys that somebody makes up would drive the others out."""
        if row is None:
            self._seen.pop(digest, None)
            return
        self._seen[digest] = _Seen(row, at)
        self._seen.move_to_end(digest)
        if len(self._seen) > MAX_KEYS:
            self._seen.popitem(last=False)
