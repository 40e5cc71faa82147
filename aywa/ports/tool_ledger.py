"""The ledger of tools: what was meant to be done is written before it is done, and what came of it after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Outcome(StrEnum):
    """What came of it."""

    DONE = "done"  # it has answered, with a result or an error
    UNKNOWN = "unknown"  # the request left, and whether it was obeyed nobody knows


@dataclass(frozen=True, slots=True)
class Intent:
    """A tool that is about to be run.

    `key`: of this very run, sent as `Idempotency-Key`. `print`: of name and arguments. `user_turn`: how often
    the caller had spoken, from 1; 0 before.
    """

    org_id: UUID
    call_id: str
    key: str
    tool_call_id: str
    print: str
    user_turn: int
    name: str
    worker_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger has. `outcome` None: it is under way, or whoever ran it is gone."""

    key: str
    outcome: Outcome | None
    result: str | None


class ToolLedger(Protocol):
    """Every method raises `StoreError`."""

    async def begin(self, intent: Intent) -> Known | None:
        """None: the intent is committed, and the tool may be run. Else what is known of the same tool call,
        or of the same name and arguments in the same turn of the caller.
        """

    async def finish(self, intent: Intent, outcome: Outcome, result: str, at: datetime) -> None:
        """Keep what came of it; a result that is there already stays."""

    async def withdraw(self, intent: Intent) -> None:
        """The request has not left: the same may be tried again."""
