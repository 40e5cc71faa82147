"""The tools of a call's assistant, beside the scenario's: judged, filled in, run once, and kept short.

```
  arguments ─► schema ─► rejection plan ─► static parameters ─► ledger ─► who does it ─► variables ─► model
               each of which may answer instead, and then nothing is done
```
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import trio

from aywa.call.chosen_transfer import ChosenTransfers
from aywa.call.context import Context
from aywa.call.deeds import Deeds
from aywa.call.handing_over import HandingOver
from aywa.call.mcp_tools import ask_mcp, mcp_tools
from aywa.call.query_tool import look_up
from aywa.call.server_line import ServerLine
from aywa.call.server_tools import ask_server
from aywa.call.servers import (
    CallServers,
    DeedTool,
    HandoffTool,
    McpTool,
    PlannedTool,
    QueryTool,
    ServerTool,
    WebTool,
)
from aywa.call.tool_answer import ToolAnswer, failure, unknown
from aywa.call.tool_runs import ToolRuns
from aywa.call.transfer_tool import TransferTools
from aywa.call.transfers import Transfers
from aywa.call.variables import Variables
from aywa.call.web_tools import ask_service
from aywa.errors import AywaError
from aywa.model.schema_check import BadSchema, SchemaCheck
from aywa.model.template import TemplateError, fill
from aywa.ports.knowledge import KnowledgeSearch
from aywa.ports.llm import Role, ToolCall, ToolSpec
from aywa.ports.tools import McpServers, ToolBox, ToolEnding
from aywa.transfer.plan import TransferPlan

SCENARIO_S = 15.0  # that a tool of a scenario may take
SLACK_S = 5.0  # beside a tool's own time, for the ledger and what is made of the answer
_SAID = {Role.USER: "user", Role.ASSISTANT: "assistant", Role.TOOL: "tool"}


@dataclass(frozen=True, slots=True)
class ToolMeans:
    """What tools of a call are done with."""

    line: ServerLine
    transfers: Transfers
    variables: Variables
    runs: ToolRuns
    deeds: Deeds
    handing_over: HandingOver
    mcp: McpServers | None = None
    search: KnowledgeSearch | None = None
    transfer_to: TransferPlan | None = None  # of the settings


class AssistantTools:
    """Implements `ports.tools.CallTools` around the scenario's box."""

    def __init__(self, box: ToolBox, servers: CallServers, means: ToolMeans) -> None:
        self._scenario = box
        self._means = means
        self._context: Context | None = None
        self._checks: dict[str, SchemaCheck | None] = {}
        self._endings: dict[str, ToolEnding] = {}
        self._listed: dict[str, McpTool] = {}
        self.lead(servers)

    def lead(self, servers: CallServers) -> None:
        """The assistant that leads from now on has these."""
        self._servers = servers
        self._tools: dict[str, PlannedTool] = {tool.spec.name: tool for tool in servers.tools}
        self._listed = {}
        self._checks = {}
        self._box = self._around(servers)

    def attach(self, context: Context) -> None:
        """The call talks."""
        self._context = context

    async def look_around(self, changed: Callable[[], None] = lambda: None) -> None:
        """Ask servers of the Model Context Protocol for their tools; those that do not answer have none."""
        means, servers = self._means, self._servers
        if not servers.mcp or means.mcp is None:
            return
        found = await mcp_tools(means.mcp, servers.mcp, means.line)
        if servers is self._servers:
            self._listed = {tool.spec.name: tool for tool in found if tool.spec.name not in self._tools}
            changed()

    def specs(self) -> tuple[ToolSpec, ...]:
        """The scenario's, the assistant's, and the transfer. Of two with one name the assistant's is used."""
        own = {**self._listed, **self._tools}
        others = tuple(spec for spec in self._box.specs() if spec.name not in own)
        return (*others, *(tool.spec for tool in own.values()))

    def slots(self) -> Mapping[str, object]:
        """The scenario's, and what was extracted."""
        return {**self._means.variables.extracted, **self._box.slots()}

    def bound_s(self, name: str) -> float:
        """See `CallTools`."""
        tool = self._tool(name)
        if tool is None:
            return SCENARIO_S
        plan = getattr(tool, "backoff", None)
        tries = 1 if plan is None else 1 + plan.max_retries
        return min(300.0, tool.timeout_s * tries) + SLACK_S

    def waits(self, name: str) -> bool:
        """See `CallTools`."""
        tool = self._tool(name)
        return tool is None or tool.waits

    def ending(self, tool_call_id: str) -> ToolEnding | None:
        """See `CallTools`."""
        return self._endings.pop(tool_call_id, None)

    async def invoke(self, call: ToolCall) -> str:
        """Judge and run a tool of the assistant's; the scenario's judges its own."""
        tool = self._tool(call.name)
        if tool is None:
            return await self._box.invoke(call)
        most = tool.rules.most_characters

        def text_of(answer: ToolAnswer) -> str:
            return answer.text(most)

        filled = self._judged(tool, call)
        if isinstance(filled, ToolAnswer):
            return text_of(filled)
        if not tool.rules.effect:
            answer: ToolAnswer | None = await self._within(tool, filled, "")
            assert answer is not None
            text = text_of(answer)
        else:
            turn = 0 if self._context is None else self._context.user_turns

            async def run(key: str) -> ToolAnswer:
                return await self._within(tool, filled, key)

            owner = self._means.line.owner
            text, answer = await self._means.runs.once(owner, replace(filled, id=call.id), turn, run, text_of)
        if answer is not None:
            self._take(tool, filled, answer)
        return text

    def _judged(self, tool: PlannedTool, call: ToolCall) -> ToolCall | ToolAnswer:
        """The call with its static parameters; or why it is not run."""
        if (fault := self._fault(tool, call)) is not None:
            return failure(fault)
        values = self._means.variables.all(call.arguments)
        rejection = tool.rules.rejection
        if rejection is not None and rejection.rejects(self._said(), values):
            return failure("the assistant's plan does not allow this now")
        try:
            static = fill(dict(tool.rules.arguments), values)
        except TemplateError as error:
            return failure(f"its parameters cannot be filled in: {error}")
        return replace(call, arguments={**call.arguments, **static})

    def _fault(self, tool: PlannedTool, call: ToolCall) -> str | None:
        """What is wrong with the arguments: field and rule."""
        name = tool.spec.name
        try:
            if name not in self._checks:
                self._checks[name] = SchemaCheck(tool.spec.parameters)
            check = self._checks[name]
            fault = None if check is None else check.fault(dict(call.arguments))
        except BadSchema:
            self._checks[name] = None  # the plan's fault, not the model's: its server judges for itself
            return None
        return None if fault is None else f"{fault}; call it again with that put right"

    async def _within(self, tool: PlannedTool, call: ToolCall, key: str) -> ToolAnswer:
        """Within the tool's time."""
        bound_s = self.bound_s(tool.spec.name) - SLACK_S / 2  # whoever is asked has noticed before
        with trio.move_on_after(bound_s):
            try:
                return await self._do(tool, call, key)
            except AywaError as error:
                return failure(error.detail)
        late = "there was no answer in time"
        return unknown(late) if tool.rules.effect else failure(late, sent=True)

    async def _do(self, tool: PlannedTool, call: ToolCall, key: str) -> ToolAnswer:
        means = self._means
        match tool:
            case ServerTool():
                return await ask_server(means.line, tool, call, key)
            case WebTool():
                return await ask_service(means.line, tool, call, means.variables, key)
            case DeedTool():
                return means.deeds.do(tool, call)
            case QueryTool():
                return await look_up(means.search, means.line.owner[0], tool, call, means.line.note)
            case McpTool():
                return await ask_mcp(means.mcp, means.line, tool, call, key)
            case HandoffTool():
                answer = await means.handing_over.do(tool, call)
                if not answer.failed:
                    await self.look_around()
                return answer

    def _take(self, tool: PlannedTool, call: ToolCall, answer: ToolAnswer) -> None:
        """What follows from an answer."""
        if answer.ending is not None:
            self._endings[call.id] = answer.ending
        plan = tool.rules.extraction
        if plan is not None and not answer.failed:
            known = self._means.variables.all(call.arguments)
            self._means.variables.keep(plan.extract(answer.value, known))

    def _tool(self, name: str) -> PlannedTool | None:
        return self._tools.get(name) or self._listed.get(name)

    def _said(self) -> list[tuple[str, str]]:
        messages = () if self._context is None else self._context.messages()
        return [(_SAID[each.role], each.text) for each in messages if each.role in _SAID and each.text]

    def _around(self, servers: CallServers) -> ToolBox:
        """The scenario's box with the transfer."""
        means = self._means
        if servers.transfer is not None:
            return ChosenTransfers(self._scenario, servers.transfer, means.transfers, means.line)
        plan = means.transfer_to
        return self._scenario if plan is None else TransferTools(self._scenario, plan, means.transfers)
