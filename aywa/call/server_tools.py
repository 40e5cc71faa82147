"""Tools that servers run: `tool-calls` out, their results in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import trio

from aywa.call.news_events import tool_call
from aywa.call.server_line import ServerLine
from aywa.call.servers import ServerTool
from aywa.call.tool_answer import ToolAnswer, failure_of, failure_words
from aywa.errors import UNSENT, AywaError, OutboundError, OutboundFault
from aywa.model.server_body import BackoffPlan
from aywa.ports.llm import ToolCall

MAX_DELAY_S = 10.0  # between two attempts


async def ask_server(line: ServerLine, tool: ServerTool, call: ToolCall, key: str) -> ToolAnswer:
    """Have the server run it; `key` is the same for every attempt. Never raises."""
    item = tool_call(call.id, call.name, dict(call.arguments))
    message = {
        "type": "tool-calls",
        "toolCallList": [item],
        "toolWithToolCallList": [{**tool.shown, "toolCall": item}],
    }

    async def once() -> Mapping[str, object]:
        return await line.ask(tool.whom, message, tool.timeout_s, only_200=True, key=key)

    try:
        return result_of(await attempts(once, tool.backoff), call)
    except AywaError as error:
        return failure_of(error, effect=tool.rules.effect)


async def attempts(
    once: Callable[[], Awaitable[Mapping[str, object]]], plan: BackoffPlan | None
) -> Mapping[str, object]:
    """The first answer there is. What the plan says is tried again: where nothing was done, or the server has
    said that it failed. What may have been done without an answer is not. Raises `AywaError`.
    """
    tries = 0
    while True:
        try:
            return await once()
        except OutboundError as error:
            tries += 1
            if plan is None or tries > plan.max_retries or not _again(error, plan):
                raise
        doubled = 2 ** (tries - 1) if plan.type != "fixed" else 1
        await trio.sleep(min(MAX_DELAY_S, plan.base_delay_seconds * doubled))


def _again(error: OutboundError, plan: BackoffPlan) -> bool:
    if error.fault is OutboundFault.STATUS:
        return error.status not in plan.excluded_status_codes
    return error.fault in UNSENT and error.fault is not OutboundFault.REFUSED


def result_of(answer: Mapping[str, object], call: ToolCall) -> ToolAnswer:
    """What an answer says of this very call: its result, or why there is none."""
    results = answer.get("results")
    for result in results if isinstance(results, list) else ():
        if isinstance(result, Mapping) and result.get("toolCallId") == call.id:
            if (error := result.get("error")) is not None and error:
                return failure_words(error)
            if result.get("result") is not None:
                return ToolAnswer(result["result"])
            return failure_words("the server gave neither result nor error")
    if answer.get("error"):
        return failure_words(answer["error"])
    if "result" in answer:  # as older servers answer the one call there is
        return ToolAnswer(answer["result"])
    return failure_words("the server gave no result for this call")
