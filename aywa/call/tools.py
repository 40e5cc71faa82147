"""Tools: they belong to the call, not to the answer that wanted them.

A caller who interrupts cancels the answer, never the booking: the tool runs to its end and its result stays
in the context, or the model would book again.
"""

from __future__ import annotations

import json

import trio

from aywa.call.context import Context
from aywa.call.timeline import Timeline
from aywa.ports.llm import ToolCall
from aywa.ports.tools import ToolBox
from aywa.turn.pending_parameter import KnownTool

TOOL_TIMEOUT_S = 15.0  # a caller waits no longer than that for anything
TIMED_OUT = '{"error": "the tool did not answer in time"}'
UNREADABLE = '{"error": "the arguments were no JSON object: nothing was done; call it again with valid ones"}'


class ToolRun:
    """One tool call that runs or has run."""

    def __init__(self, call: ToolCall) -> None:
        self.call = call
        self.finished = trio.Event()
        self.failed = False  # what it has answered is an error


class ToolRunner:
    """Runs the tools of one call in the call's nursery."""

    def __init__(self, box: ToolBox, context: Context, timeline: Timeline, nursery: trio.Nursery) -> None:
        self.box = box
        self._context = context
        self._timeline = timeline
        self._nursery = nursery
        self._running: list[ToolRun] = []
        self._given: dict[str, set[str]] = {}  # parameters that a tool was called with, by its name

    @property
    def running(self) -> tuple[ToolRun, ...]:
        """Those that have not answered."""
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
        run = ToolRun(call)
        self._running.append(run)
        given = {name for name, value in call.arguments.items() if value is not None}
        self._given.setdefault(call.name, set()).update(given)
        self._timeline.add("tool.started", id=call.id, name=call.name, arguments=dict(call.arguments))
        self._nursery.start_soon(self._run, run, name=f"tool {call.name}")
        return run

    async def settle(self) -> None:
        """Wait until every tool has answered; each has its own bound. A checkpoint only if one runs."""
        for run in tuple(self._running):
            await run.finished.wait()

    async def _run(self, run: ToolRun) -> None:
        began = trio.current_time()
        result = TIMED_OUT
        # A caller who hangs up does not undo what the tool has begun to do either.
        with trio.move_on_after(TOOL_TIMEOUT_S, shield=True) as bound:
            result = UNREADABLE if run.call.unreadable else await self.box.invoke(run.call)
        run.failed = _failed(result)
        self._context.tool_answered(run.call, result)
        self._timeline.add(
            "tool.finished",
            id=run.call.id,
            name=run.call.name,
            result=result,
            took_ms=int((trio.current_time() - began) * 1000),
            timed_out=bound.cancelled_caught,
            **self._by(run.call.name),
        )
        self._running.remove(run)
        run.finished.set()

    def _by(self, name: str) -> dict[str, object]:
        by_server = any(spec.by_server for spec in self.box.specs() if spec.name == name)
        return {"by": "server"} if by_server else {}


def _failed(result: str) -> bool:
    """Whether a tool's answer is that it has failed: an object with an `error` (see `ToolBox.invoke`)."""
    try:
        answer = json.loads(result)
    except ValueError:
        return False
    return isinstance(answer, dict) and bool(answer.get("error"))
