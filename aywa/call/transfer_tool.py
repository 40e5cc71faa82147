"""The tool by which a conversation hands its call over: `transferCall`, beside the scenario's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from aywa.call.transfers import Transfers
from aywa.errors import RequestError
from aywa.ports.llm import ToolCall, ToolSpec
from aywa.ports.tools import ToolBox
from aywa.transfer.plan import TransferPlan

NAME = "transferCall"


class TransferTools:
    """Implements `ports.tools.ToolBox` around another."""

    def __init__(self, box: ToolBox, plan: TransferPlan, transfers: Transfers) -> None:
        self._box = box
        # The model says what it has to say in the turn that calls the tool.
        self._plan = replace(plan, lets_finish=True)
        self._transfers = transfers

    def specs(self) -> tuple[ToolSpec, ...]:
        """The scenario's, and this one."""
        whom = self._plan.destination.description or "a human colleague"
        parameters = {"type": "object", "properties": {}, "additionalProperties": False}
        spec = ToolSpec(NAME, f"Hand the call over to {whom}; say so in one short sentence.", parameters)
        return (*self._box.specs(), spec)

    def slots(self) -> Mapping[str, object]:
        """The scenario's."""
        return self._box.slots()

    async def invoke(self, call: ToolCall) -> str:
        """Begin the transfer, or run a tool of the scenario."""
        if call.name != NAME:
            return await self._box.invoke(call)
        try:
            self._transfers.start(self._plan)
        except RequestError as error:
            return json.dumps({"error": error.detail})
        return json.dumps({"transfer": "started"})
