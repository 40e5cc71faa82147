"""What a call's assistant can have the runtime do by itself: hang up, leave a message, press keys."""

from __future__ import annotations

import re
from collections.abc import Callable

from aywa.call.control import Intervention, PressKeys, SendSip
from aywa.call.servers import Deed, DeedTool
from aywa.call.tool_answer import ToolAnswer, failure
from aywa.errors import RequestError
from aywa.ports.llm import ToolCall
from aywa.ports.tools import ToolEnding

MAX_KEYS = 50
_KEYS = re.compile(r"[0-9*#A-Dw]{1,50}")
_INFO_TYPE = "application/dtmf-relay"
_INFO_MS = 160


class Deeds:
    """Of one call. `obey`: has the call do it; raises RequestError."""

    def __init__(self, obey: Callable[[Intervention], None]) -> None:
        self._obey = obey

    def do(self, tool: DeedTool, call: ToolCall) -> ToolAnswer:
        """Do it; no checkpoint."""
        try:
            match tool.deed:
                case Deed.END_CALL:
                    return ToolAnswer("the call ends", ending=ToolEnding(ends_call=True))
                case Deed.VOICEMAIL:
                    ending = ToolEnding(says=tool.says, ends_call=True)
                    return ToolAnswer("the message is left, and the call ends", ending=ending)
                case Deed.KEYS:
                    self._obey(PressKeys(_keys(call)))
                case Deed.KEYS_BY_INFO:
                    for key in _keys(call).replace("w", ""):
                        body = f"Signal={key}\r\nDuration={_INFO_MS}\r\n".encode()
                        self._obey(SendSip("INFO", (), _INFO_TYPE, body))
        except RequestError as error:
            return failure(error.detail)
        return ToolAnswer("the keys are pressed")


def _keys(call: ToolCall) -> str:
    """Nothing but keys of a telephone. Raises RequestError."""
    keys = str(call.arguments.get("dtmf", "")).replace(" ", "").replace("-", "").replace(",", "w")
    if not _KEYS.fullmatch(keys):
        raise RequestError(f"dtmf: must be 1 to {MAX_KEYS} of the keys 0-9 * # A-D, and w for a pause")
    return keys
