"""Runs a tool at most once: in this process by what it remembers, beyond it by the ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import trio

from aywa.call.tool_answer import ToolAnswer, failure, unknown
from aywa.call.tool_prints import key_of, print_of
from aywa.errors import StoreError
from aywa.log import get_logger
from aywa.ports.llm import ToolCall
from aywa.ports.tool_ledger import Intent, Known, Outcome, ToolLedger

BEGIN_S = 2.0  # for the intent: a caller waits
FINISH_S = 3.0  # for what came of it, also while the call ends
NOT_WRITTEN = "it could not be written down, so it was not done"
_log = get_logger("call.tools")


class _Run:
    """One run. `text`: what it has answered; None while it runs."""

    def __init__(self) -> None:
        self.over = trio.Event()
        self.text: str | None = None


class ToolRuns:
    """Of one call. Without a ledger a tool is run once per process."""

    def __init__(self, ledger: ToolLedger | None, worker_id: str, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._worker_id = worker_id
        self._clock = clock
        self._by_id: dict[tuple[str, str], _Run] = {}
        self._by_turn: dict[tuple[int, str], _Run] = {}

    async def once(
        self,
        owner: tuple[UUID, str],
        call: ToolCall,
        user_turn: int,
        run: Callable[[str], Awaitable[ToolAnswer]],
        text_of: Callable[[ToolAnswer], str],
    ) -> tuple[str, ToolAnswer | None]:
        """What the model reads, and the answer if this is the run that has got it.

        `owner`: organisation and call. `run` gets the key of the run. Raises what it raises, also Cancelled:
        then nobody knows what came of it.
        """
        mark = print_of(call)
        ids, turns = (call.id, mark), (user_turn, mark)
        known = self._by_id.get(ids) or self._by_turn.get(turns)
        if known is not None:
            await known.over.wait()
            return known.text or text_of(unknown()), None
        made = self._by_id[ids] = self._by_turn[turns] = _Run()
        intent = Intent(
            owner[0],
            owner[1],
            key_of(owner[1], call),
            call.id,
            mark,
            user_turn,
            call.name,
            self._worker_id,
            self._clock(),
        )
        keeps = False
        try:
            refused = await self._begin(intent)
            if refused is not None:
                made.text = text_of(refused) if isinstance(refused, ToolAnswer) else refused
                keeps = isinstance(refused, str)
                return made.text, None
            keeps = True
            answer = await self._run(intent, run, text_of)
            made.text = text_of(answer)
            keeps = answer.sent
            return made.text, answer
        finally:
            made.over.set()
            if not keeps:  # nothing was done: the same may be tried again
                self._by_id.pop(ids, None)
                self._by_turn.pop(turns, None)

    async def _begin(self, intent: Intent) -> ToolAnswer | str | None:
        """None: the tool may be run; else why not, or what it has answered before."""
        if self._ledger is None:
            return None
        try:
            with trio.fail_after(BEGIN_S):
                known = await self._ledger.begin(intent)
        except (StoreError, trio.TooSlowError):
            return failure(NOT_WRITTEN)
        return None if known is None else _said(known)

    async def _run(
        self,
        intent: Intent,
        run: Callable[[str], Awaitable[ToolAnswer]],
        text_of: Callable[[ToolAnswer], str],
    ) -> ToolAnswer:
        answer = unknown()
        try:
            answer = await run(intent.key)
            return answer
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + FINISH_S):
                await self._finish(intent, answer, text_of(answer))

    async def _finish(self, intent: Intent, answer: ToolAnswer, text: str) -> None:
        if self._ledger is None:
            return
        outcome = Outcome.DONE if answer.known else Outcome.UNKNOWN
        try:
            if answer.sent:
                await self._ledger.finish(intent, outcome, text, self._clock())
            else:
                await self._ledger.withdraw(intent)
        except StoreError as error:
            _log.warning("tool.unwritten", call_id=intent.call_id, tool=intent.name, detail=error.detail)


def _said(known: Known) -> ToolAnswer | str:
    """What the ledger has, as the model reads it."""
    if known.result is not None:
        return known.result
    return unknown("it was begun before")
