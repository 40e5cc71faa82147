"""The conversation goes to another assistant because the model has said so."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aywa.call.control import HandOff, Intervention, Kept
from aywa.call.dependencies import Successors
from aywa.call.news_events import tool_call
from aywa.call.server_line import ServerLine
from aywa.call.servers import HandoffTool
from aywa.call.tool_answer import ToolAnswer, failure
from aywa.call.variables import Variables
from aywa.errors import AywaError, RequestError
from aywa.model.assistant import Assistant, FirstMessageMode
from aywa.ports.llm import ToolCall
from aywa.ports.tools import ToolEnding

BOUND_S = 7.5  # a caller waits meanwhile


class HandingOver:
    """Of one call. `obey`: has the call do it; raises RequestError."""

    def __init__(
        self,
        line: ServerLine,
        successors: Successors | None,
        variables: Variables,
        obey: Callable[[Intervention], None],
    ) -> None:
        self._line = line
        self._successors = successors
        self._variables = variables
        self._obey = obey

    async def do(self, tool: HandoffTool, call: ToolCall) -> ToolAnswer:
        """Hand over: what the next assistant begins with is said in this turn, else its model goes on in it.

        Never raises.
        """
        try:
            destination = tool.destination or await self._asked(tool, call)
            if self._successors is None:
                return failure("there is nobody to hand over to")
            plan = await self._successors(self._line.owner[0], destination)
            kept, last = _kept(destination)
            self._obey(HandOff(plan, "", kept, last, greets=False))
        except AywaError as error:
            return failure(error.detail)
        text = self._first(plan.assistant)
        return ToolAnswer("handed over", ending=ToolEnding(says=text, goes_on=not text))

    async def _asked(self, tool: HandoffTool, call: ToolCall) -> Mapping[str, object]:
        item = tool_call(call.id, call.name, dict(call.arguments))
        message = {"type": "handoff-destination-request", "toolCall": item}
        answer = await self._line.ask(tool.whom, message, BOUND_S)
        if answer.get("error"):
            raise RequestError(str(answer["error"]))
        destination = answer.get("destination")
        if not isinstance(destination, Mapping):
            raise RequestError("the server named nobody to hand over to")
        return destination

    def _first(self, assistant: Assistant | None) -> str:
        if (
            assistant is None
            or assistant.first_message_mode is FirstMessageMode.USER
            or assistant.first_message_url
        ):
            return ""
        return self._variables.text(assistant.first_message)


def _kept(destination: Mapping[str, object]) -> tuple[Kept, int]:
    """What the next one knows. Raises RequestError."""
    plan = destination.get("contextEngineeringPlan")
    if not isinstance(plan, Mapping):
        return Kept.ALL, 0
    last = plan.get("maxMessages")
    try:
        kept = Kept(plan.get("type", "all"))
    except ValueError:
        raise RequestError("contextEngineeringPlan.type: is not known") from None
    if kept is Kept.LAST and not isinstance(last, int):
        raise RequestError("contextEngineeringPlan.maxMessages: must say how many")
    return kept, last if isinstance(last, int) else 0
