"""Changes of resources, heard from PostgreSQL when they are committed, on whichever node.

A connection that is broken without anybody knowing tells nothing. So it is asked every `BEAT_S`, and what is
kept counts as fresh only while it answers.
"""

from __future__ import annotations

from typing import Protocol

import trio

from aywa.bridge.postgres import Postgres
from aywa.errors import StoreError
from aywa.log import get_logger

CHANNEL = "aywa_changes"
BEAT_S = 0.3
BOUND_S = 0.5  # of an answer; with the beat less than the second within which a change takes effect
_RETRY_S = 0.5
_log = get_logger("store.changes")


class ChangeListener(Protocol):
    """Who keeps something."""

    def heard(self, change: str) -> None:
        """`organisation/kind/id` has changed."""

    def connected(self) -> None:
        """From now on all is heard; what came before may have been missed."""

    def alive(self, until: float) -> None:
        """Nothing was missed, and will not be until then (Trio's clock) without being noticed."""


async def follow_changes(postgres: Postgres, listener: ChangeListener) -> None:
    """Until cancelled; a connection that breaks is made anew."""
    told = False
    while True:
        try:
            await _follow(postgres, listener)
        except (StoreError, trio.TooSlowError) as error:
            if not told:
                _log.warning("changes are not heard", error=type(error).__name__)
            told = True
        await trio.sleep(_RETRY_S)


async def _follow(postgres: Postgres, listener: ChangeListener) -> None:
    async with postgres.session() as session:
        try:
            await session.listen(CHANNEL, listener.heard)
            listener.connected()
            while True:
                began = trio.current_time()
                with trio.fail_after(BOUND_S):
                    await session.execute("select 1")
                listener.alive(began + BEAT_S + BOUND_S)
                await trio.sleep(BEAT_S)
        finally:
            session.abandon()  # a connection that listens is of no use to the pool
