"""Between a chain and its drivers: one that breaks is a route that is lost, not a call that ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType

import trio

from aywa.errors import ProviderError
from aywa.ports.routes import Stage
from aywa.providers.failover.attempts import failure_of


class Wall:
    """Takes in what a route's driver raises in the block; `failure` is that as a `ProviderError`."""

    def __init__(self, route: str, stage: Stage) -> None:
        self.failure: ProviderError | None = None
        self._route = route
        self._stage = stage

    def __enter__(self) -> Wall:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self.failure = failure_of(error, self._route, self._stage)
        return True


@asynccontextmanager
async def open_ungrouped_nursery() -> AsyncIterator[trio.Nursery]:
    """A nursery whose tasks are cancelled at the end of the block, and out of which what the block raises
    comes as it is: whoever listens to a stream shall not have to look for its exceptions in a group.
    """
    failure: Exception | None = None
    async with trio.open_nursery() as nursery:
        try:
            yield nursery
        except Exception as error:  # noqa: BLE001 - raised again outside, where it is no group
            failure = error
        nursery.cancel_scope.cancel()
    if failure is not None:
        try:
            raise failure
        finally:
            del failure
