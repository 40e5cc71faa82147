"""How a call that came in begins otherwise than with its assistant, because a server was asked for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aywa.errors import AywaError, EndCode, EndReason
from aywa.transfer.plan import TransferPlan


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was asked, and what came of it: nothing but `call_id` and `facts` where there is an assistant.

    `call_id`: that the server was told. `facts`: for the timeline. `refusal`: the call is not answered.
    `text`: is said, and then it is over. `forward`: it is handed over as soon as it is up, which is called
    `forwarded_as`.
    """

    call_id: str
    facts: Mapping[str, object] = field(default_factory=dict)
    refusal: EndReason | None = None
    text: str = ""
    forward: TransferPlan | None = None
    forwarded_as: EndCode = EndCode.FORWARDED

    @property
    def renamed(self) -> Mapping[EndCode, EndCode]:
        """What ends of such a call are called."""
        if self.text:
            said = (EndCode.ASSISTANT_HANGUP, EndCode.ASSISTANT_SAID_GOODBYE, EndCode.END_PHRASE)
            unspoken = {EndCode.PROVIDER_ERROR: EndCode.REQUEST_UNSPEAKABLE}
            return dict.fromkeys(said, EndCode.REQUEST_ERROR) | unspoken
        return {EndCode.FORWARDED: self.forwarded_as}


class CallRefusedError(AywaError):
    """The server had nothing that could answer the call."""

    def __init__(self, reason: EndReason) -> None:
        super().__init__(reason.detail)
        self._reason = reason

    def end_reason(self) -> EndReason:
        return self._reason
