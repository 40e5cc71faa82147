"""The tools of a call: card data for references, and those by which a model keeps things private."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from aywa.call.call_recording import CallRecording
from aywa.call.card_pause import CardPause, PausedBy
from aywa.errors import RequestError
from aywa.ports.llm import ToolCall, ToolSpec
from aywa.ports.tools import ToolBox
from aywa.turn.card_parameter import CardMark, card_parameters

CARD_TOOL = "keepCardDataPrivate"
STOP_TOOL = "stopRecording"
_NOTHING = {"type": "object", "properties": {}, "additionalProperties": False}
_CARD_SPEC = ToolSpec(
    CARD_TOOL,
    "Call this with on=true before you ask the caller for card data, so that nothing of it is recorded or"
    " written down, and with on=false when you are done with it.",
    {
        "type": "object",
        "properties": {"on": {"type": "boolean"}},
        "required": ["on"],
        "additionalProperties": False,
    },
)
_STOP_SPEC = ToolSpec(
    STOP_TOOL, "End the recording of this call for good, as soon as the caller does not want it.", _NOTHING
)


def takes_card_data(box: ToolBox) -> bool:
    """Whether a tool has a parameter that is marked for card data."""
    return any(CardMark.MARKED in card_parameters(spec.parameters).values() for spec in box.specs())


class PrivateTools:
    """Implements `ports.tools.ToolBox` around another."""

    def __init__(
        self, box: ToolBox, card: CardPause, recording: CallRecording, *, may_stop: Callable[[], bool]
    ) -> None:
        """`may_stop`: whether the model is offered to end the recording."""
        self._box = box
        self._card = card
        self._recording = recording
        self._may_stop = may_stop

    def specs(self) -> tuple[ToolSpec, ...]:
        """Those of the box, and ours as the plan has it."""
        own = (_CARD_SPEC,) if self._card.plan.tool_enabled else ()
        stop = (_STOP_SPEC,) if self._may_stop() and self._recording.gate.goes_on else ()
        return (*self._box.specs(), *own, *stop)

    def slots(self) -> Mapping[str, object]:
        """The box's, with references for card data."""
        slots = self._box.slots()
        scrubbed = self._card.vault.scrub(slots)
        return scrubbed if isinstance(scrubbed, Mapping) else slots

    async def invoke(self, call: ToolCall) -> str:
        """Run a tool; card data are in its arguments only where its schema asks for them."""
        if call.name == CARD_TOOL:
            return self._pause(call)
        if call.name == STOP_TOOL:
            self._recording.stop("model")
            return json.dumps({"recording": "stopped"})
        schema = next((spec.parameters for spec in self._box.specs() if spec.name == call.name), {})
        vault = self._card.vault
        result = await self._box.invoke(replace(call, arguments=vault.fill(call.arguments, schema)))
        return vault.scrub_text(result)

    def _pause(self, call: ToolCall) -> str:
        try:
            if call.arguments.get("on") is False:
                self._card.end("model")
                return json.dumps({"cardData": "kept as usual"})
            self._card.begin(PausedBy.MODEL)
        except RequestError as error:
            return json.dumps({"error": error.detail})
        return json.dumps({"cardData": "private: ask for it now"})
