"""The assistant's own `transferCall`: to one of its destinations, or to whom its server names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from aywa.call.news_events import tool_call
from aywa.call.server_line import ServerLine
from aywa.call.servers import TransferChoice
from aywa.call.transfer_order import plan_for
from aywa.call.transfers import Transfers
from aywa.errors import AywaError, RequestError
from aywa.ports.llm import ToolCall, ToolSpec
from aywa.ports.tools import ToolBox
from aywa.transfer.plan import TransferPlan

BOUND_S = 7.5  # a caller waits meanwhile


class ChosenTransfers:
    """Implements `ports.tools.ToolBox` around another."""

    def __init__(self, box: ToolBox, choice: TransferChoice, transfers: Transfers, line: ServerLine) -> None:
        self._box = box
        self._choice = choice
        self._transfers = transfers
        self._line = line

    def specs(self) -> tuple[ToolSpec, ...]:
        """The other's, and this one."""
        return (*self._box.specs(), self._choice.spec)

    def slots(self) -> Mapping[str, object]:
        """The other's."""
        return self._box.slots()

    async def invoke(self, call: ToolCall) -> str:
        """Begin the transfer, or run a tool of the other's."""
        if call.name != self._choice.spec.name:
            return await self._box.invoke(call)
        try:
            # The model says what it has to say in the turn that calls the tool.
            self._transfers.start(replace(await self._plan(call), lets_finish=True))
        except AywaError as error:
            return json.dumps({"error": error.detail})
        return json.dumps({"transfer": "started"})

    async def _plan(self, call: ToolCall) -> TransferPlan:
        known, named = self._choice.destinations, call.arguments.get("destination")
        if known:
            if (plan := known.get(str(named))) is not None:
                return plan
            if len(known) == 1:
                return next(iter(known.values()))
            raise RequestError(f"the destination must be one of {', '.join(known)}")
        item = tool_call(call.id, call.name, dict(call.arguments))
        message = {"type": "transfer-destination-request", "toolCall": item}
        answer = await self._line.ask(self._choice.whom, message, BOUND_S)
        if answer.get("error"):
            raise RequestError(str(answer["error"]))
        said = answer.get("message")
        content = said.get("content") if isinstance(said, Mapping) else said
        return plan_for(answer.get("destination"), content if isinstance(content, str) else None)
