"""Tools: they belong to the call, not to the answer that wanted them.

A caller who interrupts cancels the answer, never the booking: the tool runs to its end and its result stays
in the context, or the model would book again.
"""

from __future__ import annotations

from math import inf

import trio

from aywa.call.context import Context
from aywa.call.timeline import Timeline
from aywa.call.tool_answer import is_failure
from aywa.ports.llm import ToolCall
from aywa.ports.tools import CallTools, ToolEnding
from aywa.turn.pending_parameter import KnownTool

LAST_S = 15.0  # what a tool may still take when the call is over
TIMED_OUT = '{"error": "the tool did not answer in time"}'
GOING_ON = '{"result": "it was begun: go on, its result is not waited for"}'
UNREADABLE = '{"error": "the arguments were no JSON object: nothing was done; call it again with valid ones"}'


class ToolRun:
    """One tool call that runs or has run."""

    def __init__(self, call: ToolCall, *, waits: bool) -> None:
        self.call = call
        self.waits = waits  # the model waits for what it answers
        self.finished = trio.Event()
        self.failed = False  # what it has answered is an error
        self.ending: ToolEnding | None = None  # what follows


class ToolRunner:
    """Runs the tools of one call in the call's nursery."""

    def __init__(self, box: CallTools, context: Context, timeline: Timeline, nursery: trio.Nursery) -> None:
        self.box = box
        self._context = context
        self._timeline = timeline
        self._nursery = nursery
        self._running: list[ToolRun] = []
        self._given: dict[str, set[str]] = {}  # parameters that a tool was called with, by its name

    @property
    def running(self) -> tuple[ToolRun, ...]:
        """Those that have not answered, and that the model waits for."""
        return tuple(self._running)

    def known(self) -> tuple[KnownTool, ...]:
        """The tools, and which of their parameters the conversation has settled."""
        settled = {name for name, value in self.box.slots().items() if value is not None}
        return tuple(
            KnownTool(spec.parameters, frozenset(settled | self._given.get(spec.name, set())))
            for spec in self.box.specs()
        )

    def start(self, call: ToolCall) -> ToolRun:
        """Start a tool."""
        run = ToolRun(call, waits=self.box.waits(call.name))
        given = {name for name, value in call.arguments.items() if value is not None}
        self._given.setdefault(call.name, set()).update(given)
        self._timeline.add("tool.started", id=call.id, name=call.name, arguments=dict(call.arguments))
        if run.waits:
            self._running.append(run)
        else:
            self._context.tool_answered(call, GOING_ON)
        self._nursery.start_soon(self._run, run, name=f"tool {call.name}")
        return run

    async def settle(self) -> None:
        """Wait until every tool has answered; each has its own bound. A checkpoint only if one runs."""
        for run in tuple(self._running):
            await run.finished.wait()

    async def _run(self, run: ToolRun) -> None:
        began = trio.current_time()
        result = TIMED_OUT
        async with trio.open_nursery() as nursery:
            # A caller who hangs up does not undo what the tool has begun to do either.
            bound_s = self.box.bound_s(run.call.name)
            with trio.CancelScope(shield=True, deadline=began + bound_s) as bound:
                nursery.start_soon(_shorten, bound)
                result = UNREADABLE if run.call.unreadable else await self.box.invoke(run.call)
            self._answered(run, result, began, timed_out=bound.cancelled_caught)
            nursery.cancel_scope.cancel()

    def _answered(self, run: ToolRun, result: str, began: float, *, timed_out: bool) -> None:
        run.failed = is_failure(result)
        run.ending = self.box.ending(run.call.id)
        if run.waits:
            self._context.tool_answered(run.call, result)
            self._running.remove(run)
        self._timeline.add(
            "tool.finished",
            id=run.call.id,
            name=run.call.name,
            result=result,
            took_ms=int((trio.current_time() - began) * 1000),
            timed_out=timed_out,
            **self._by(run.call.name),
        )
        run.finished.set()

    def _by(self, name: str) -> dict[str, object]:
        by_server = any(spec.by_server for spec in self.box.specs() if spec.name == name)
        return {"by": "server"} if by_server else {}


async def _shorten(bound: trio.CancelScope) -> None:
    """When the call is over, its tools have not as long as they would have had."""
    try:
        await trio.sleep(inf)
    finally:
        bound.deadline = min(bound.deadline, trio.current_time() + LAST_S)
