"""Tools of servers of the Model Context Protocol, beside the assistant's own."""

from __future__ import annotations

from uuid import UUID

import trio

from aywa.call.server_line import ServerLine
from aywa.call.servers import McpSource, McpTool
from aywa.call.tool_answer import ToolAnswer, answer_of, failure, failure_of
from aywa.errors import AywaError
from aywa.log import get_logger
from aywa.ports.llm import ToolCall
from aywa.ports.tools import McpServers
from aywa.turn.tool_messages import ToolMessage

LIST_S = 5.0  # for all of them together: the telephone rings meanwhile
MOST_TOOLS = 100  # of one server
_log = get_logger("call.mcp_tools")


async def mcp_tools(servers: McpServers, sources: tuple[McpSource, ...], line: ServerLine) -> list[McpTool]:
    """What they offer, asked side by side; those that do not answer in time are left out. Never raises."""
    found: list[list[McpTool]] = [[] for _ in sources]
    try:
        org_id, call_id = line.owner
    except AywaError:
        return []

    async def ask(at: int, source: McpSource) -> None:
        found[at] = await _listed(servers, source, org_id, call_id)

    with trio.move_on_after(LIST_S):
        async with trio.open_nursery() as nursery:
            for at, source in enumerate(sources):
                nursery.start_soon(ask, at, source)
    return [tool for tools in found for tool in tools]


async def _listed(servers: McpServers, source: McpSource, org_id: UUID, call_id: str) -> list[McpTool]:
    try:
        specs = await servers.tools(org_id, source.access, call_id)
    except AywaError as error:
        _log.warning("the tools of a server cannot be had", detail=error.detail)
        return []
    tools = []
    for spec in specs[:MOST_TOOLS]:
        messages = tuple(each for each in source.messages.get(spec.name, ()) if isinstance(each, ToolMessage))
        told = spec if not messages else type(spec)(spec.name, spec.description, spec.parameters, messages)
        tools.append(McpTool(told, source.access, source.rules, source.access.bound_s))
    return tools


async def ask_mcp(
    servers: McpServers | None, line: ServerLine, tool: McpTool, call: ToolCall, key: str
) -> ToolAnswer:
    """Have the server run it. Never raises."""
    if servers is None:
        return failure("no server of this kind is asked here")
    org_id, call_id = line.owner
    try:
        value = await servers.call(org_id, tool.access, call_id, call, bound_s=tool.timeout_s, key=key)
    except AywaError as error:
        return failure_of(error, effect=tool.rules.effect)
    return answer_of(value)
