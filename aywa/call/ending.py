"""How a call comes to its end: the first reason wins, and every error has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import trio

from aywa.errors import AywaError, EndCode, EndReason, EndSide

GOODBYE_S = 4.0  # for the BYE and its answer, whatever happens around it
_SIDES = {
    EndCode.ASSISTANT_HANGUP: EndSide.ASSISTANT,
    EndCode.ASSISTANT_SAID_GOODBYE: EndSide.ASSISTANT,
    EndCode.END_PHRASE: EndSide.ASSISTANT,
    EndCode.VOICEMAIL: EndSide.ASSISTANT,
    EndCode.CUSTOMER_HANGUP: EndSide.CALLER,
    EndCode.CALLER_CANCELLED: EndSide.CALLER,
    EndCode.CONTROL: EndSide.OPERATOR,
}


class Ending:
    """Waits for the reason a call ends with, and keeps it."""

    def __init__(self, renamed: Mapping[EndCode, EndCode] | None = None) -> None:
        """`renamed`: what some ends of this call are called."""
        self.reason: EndReason | None = None
        self._renamed = renamed or {}
        self._known = trio.Event()

    def end(self, reason: EndReason) -> bool:
        """End the call; True when no reason had come before this one."""
        if self.reason is not None:
            return False
        self.reason = replace(reason, code=self._renamed.get(reason.code, reason.code))
        self._known.set()
        return True

    async def wait(self) -> EndReason:
        """Wait for the reason."""
        await self._known.wait()
        assert self.reason is not None, "set before the event"
        return self.reason


def reason_for(code: EndCode, *, sip_status: int | None = None, detail: str = "") -> EndReason:
    """The reason with the side that usually causes it."""
    return EndReason(code, _SIDES.get(code, EndSide.SYSTEM), sip_status, detail)


def reason_of(error: BaseException) -> EndReason:
    """The verdict of whatever broke a call. In a group the first error that knows its own verdict speaks."""
    if isinstance(error, AywaError):
        return error.end_reason()
    if isinstance(error, BaseExceptionGroup):
        reasons = [reason_of(child) for child in error.exceptions]
        return next((reason for reason in reasons if reason.code is not EndCode.INTERNAL_ERROR), reasons[0])
    # The message of an unknown error may quote what the caller said: only its type is kept.
    return EndReason(EndCode.INTERNAL_ERROR, EndSide.SYSTEM, detail=type(error).__name__)
