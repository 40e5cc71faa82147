"""An operator's word in the conversation itself: what the model is told, keys, SIP messages, a hand-off."""

from __future__ import annotations

from collections.abc import Callable

import trio

from aywa.call.caller_side import CallerSide
from aywa.call.control import (
    AddMessage,
    Custom,
    HandOff,
    Intervention,
    PressKeys,
    SayFirstMessage,
    SendSip,
)
from aywa.call.timeline import Timeline
from aywa.errors import LocalProtocolError, MediaError, RequestError
from aywa.turn.events import Respond, SayRequest

PAUSE = "w"
PAUSE_S = 0.5
KEY_EVERY_S = 0.3  # a press of 160 ms and the pause after it


class Interventions:
    """One call's. `attach` it when the call is up."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._side: CallerSide | None = None
        self._nursery: trio.Nursery | None = None
        self._hand_off: Callable[[HandOff], None] | None = None
        self._pressing = False

    def attach(self, side: CallerSide, nursery: trio.Nursery, hand_off: Callable[[HandOff], None]) -> None:
        """The call talks; `hand_off` changes who leads it."""
        self._side, self._nursery, self._hand_off = side, nursery, hand_off
        side.sip.on_message_answered = self._message_answered

    def detach(self) -> None:
        """The call is over."""
        self._side = self._nursery = self._hand_off = None

    def do(self, command: Intervention, *, transferring: bool) -> None:
        """Obey. Raises RequestError (409) when the call is in no state for it. No checkpoint.

        `transferring`: a transfer is under way, and the caller may be with somebody else.
        """
        side, hand_off = self._side, self._hand_off
        if side is None or hand_off is None or side.ending.reason is not None:
            raise RequestError("The call is not up", http_status=409, code="call-not-live")
        match command:
            case AddMessage(role, text, respond):
                self._timeline.add("control.message", role=role.value, text=text, respond=respond)
                side.context.put(role, text)
                if respond:
                    side.conversation.receive(Respond())
            case SayFirstMessage():
                self._timeline.add("control.first_message")
                side.conversation.receive(Respond(first_message=True))
            case PressKeys(keys):
                self._press(keys, side)
            case SendSip():
                self._send(command, side)
            case HandOff(plan, content):
                if transferring:
                    raise RequestError("A transfer is under way", http_status=409, code="transfer-under-way")
                self._timeline.add("control.handoff", to=plan.name, assistant_id=plan.assistant_id)
                if content:
                    side.conversation.receive(SayRequest(content))
                hand_off(command)
            case Custom(name, data):
                self._timeline.add("control.custom", name=name, data=dict(data))

    def _press(self, keys: str, side: CallerSide) -> None:
        """Raises RequestError (409) while others are being pressed."""
        if self._pressing:
            raise RequestError("Keys are being pressed", http_status=409, code="keys-under-way")
        assert self._nursery is not None, "attached with the side"
        self._timeline.add("control.keys", keys=keys)
        self._pressing = True
        self._nursery.start_soon(self._press_all, keys, side, name="keys")

    async def _press_all(self, keys: str, side: CallerSide) -> None:
        try:
            for key in keys:
                if key != PAUSE:
                    side.leg.send_digit(key)
                await trio.sleep(PAUSE_S if key == PAUSE else KEY_EVERY_S)
        except MediaError as error:
            self._timeline.add("control.keys_failed", error=error.detail)
        finally:
            self._pressing = False

    def _send(self, message: SendSip, side: CallerSide) -> None:
        """Raises RequestError (409) where the call is no SIP session, or cannot take it now."""
        try:
            side.sip.send_message(message.method, message.headers, message.content_type, message.body)
        except LocalProtocolError as error:
            raise RequestError(error.detail, http_status=409, code="transport-message-refused") from None
        self._timeline.add(
            "control.sip_message",
            method=message.method,
            headers=[name for name, _ in message.headers],
            content_type=message.content_type,
            bytes=len(message.body),
        )

    def _message_answered(self, method: str, status: int | None) -> None:
        self._timeline.add("control.sip_answered", method=method, status=status)
