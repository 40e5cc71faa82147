"""Asks the endpointing server of a call's plan, and keeps no caller waiting: it has a deadline."""

from __future__ import annotations

from collections.abc import Callable

import trio

from aywa.call.context import Context
from aywa.call.timeline import Timeline
from aywa.errors import ProviderError
from aywa.ports.endpointing import EndpointingAdvisor
from aywa.ports.llm import Message, Role
from aywa.turn.events import EndpointingAdvised

_ROLES = {Role.SYSTEM: "system", Role.USER: "user", Role.ASSISTANT: "assistant", Role.TOOL: "tool"}
MAX_MESSAGES = 50  # of a long call the last ones


class EndpointingAdvice:
    """One call's questions, one at a time: words that are newer make an older question pointless."""

    def __init__(
        self,
        advisor: EndpointingAdvisor,
        whole: Callable[[dict[str, object]], dict[str, object]],
        context: Context,
        timeline: Timeline,
        *,
        timeout_s: float,
        receive: Callable[[EndpointingAdvised], None],
    ) -> None:
        """`whole` adds to a message what each one says of the call."""
        self._advisor = advisor
        self._whole = whole
        self._context = context
        self._timeline = timeline
        self._timeout_s = timeout_s
        self._receive = receive
        self._asking = trio.CancelScope()

    def ask(self, text: str, nursery: trio.Nursery) -> None:
        """Ask about what the caller is saying; the answer comes as `EndpointingAdvised`."""
        self._asking.cancel()
        self._asking = trio.CancelScope()
        nursery.start_soon(self._ask, text, self._asking, name="endpointing advice")

    async def _ask(self, text: str, asking: trio.CancelScope) -> None:
        wait_s: float | None = None
        detail = "no answer in time"
        with asking, trio.move_on_after(self._timeout_s):
            try:
                wait_s = await self._advisor.advise(self._message(text))
            except ProviderError as error:
                detail = error.detail
        if asking.cancelled_caught:
            return
        if wait_s is None:
            self._timeline.add("turn.advice_failed", detail=detail)
        else:
            self._timeline.add("turn.advice", wait_s=wait_s)
        self._receive(EndpointingAdvised(text, wait_s))

    def _message(self, text: str) -> dict[str, object]:
        said = [*self._context.messages(), Message(Role.USER, text)][-MAX_MESSAGES:]
        messages = [{"role": _ROLES[each.role], "content": each.text} for each in said if each.text]
        shown = [
            {"role": "bot" if each["role"] == "assistant" else each["role"], "message": each["content"]}
            for each in messages
        ]
        return self._whole(
            {
                "type": "call.endpointing.request",
                "messages": shown,
                "messagesOpenAIFormatted": messages,
            }
        )
