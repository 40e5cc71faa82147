"""Tools that servers run: `tool-calls` out, their results in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from aywa.call.news_events import tool_call
from aywa.call.server_line import ServerLine
from aywa.call.servers import ServerTool
from aywa.errors import AywaError
from aywa.ports.llm import ToolCall, ToolSpec
from aywa.ports.tools import ToolBox

LONGEST_S = 14.5  # within what a call waits for any tool: then the server's own words come through
GOING_ON = '{"result": "the server was told"}'


class ServerTools:
    """Implements `ports.tools.ToolBox` around another; of two tools with one name the server's is used."""

    def __init__(self, box: ToolBox, line: ServerLine, tools: Sequence[ServerTool]) -> None:
        self._box = box
        self._line = line
        self._tools = {tool.spec.name: tool for tool in tools}

    def specs(self) -> tuple[ToolSpec, ...]:
        """The other's, and the servers'."""
        others = tuple(spec for spec in self._box.specs() if spec.name not in self._tools)
        return (*others, *(tool.spec for tool in self._tools.values()))

    def slots(self) -> Mapping[str, object]:
        """The other's."""
        return self._box.slots()

    def asks_server(self, name: str) -> bool:
        """Whether a server runs it, and so knows of it."""
        return name in self._tools

    async def invoke(self, call: ToolCall) -> str:
        """Ask the server, or run the other's tool."""
        tool = self._tools.get(call.name)
        if tool is None:
            return await self._box.invoke(call)
        item = tool_call(call.id, call.name, {**call.arguments, **tool.arguments})
        message = {
            "type": "tool-calls",
            "toolCallList": [item],
            "toolWithToolCallList": [{**tool.shown, "toolCall": item}],
        }
        bound_s = min(tool.timeout_s, LONGEST_S)
        try:
            answer = await self._line.ask(tool.whom, message, bound_s, only_200=True)
        except AywaError as error:
            return GOING_ON if not tool.waits else json.dumps({"error": error.detail})
        return result_of(answer, call) if tool.waits else GOING_ON


def result_of(answer: Mapping[str, object], call: ToolCall) -> str:
    """What the model reads of an answer: the result of this very call, or why there is none."""
    results = answer.get("results")
    for result in results if isinstance(results, list) else ():
        if isinstance(result, Mapping) and result.get("toolCallId") == call.id:
            for name in ("error", "result"):
                said = result.get(name)
                if said is not None and (name == "result" or said):
                    return json.dumps({name: said}, ensure_ascii=False)
            return json.dumps({"error": "the server gave neither result nor error"})
    if answer.get("error"):
        return json.dumps({"error": answer["error"]}, ensure_ascii=False)
    if "result" in answer:  # as older servers answer the one call there is
        return json.dumps({"result": answer["result"]}, ensure_ascii=False)
    return json.dumps({"error": "the server gave no result for this call"})
