"""The life of a call, whichever side began it."""

from __future__ import annotations

from enum import Enum

from aywa.ports.store import CallStatus


class CallState(Enum):
    """Where a call is."""

    CREATED = "an INVITE came or is about to be sent"
    ANSWERING = "admitted; the answer is under way"
    TALKING = "answered; the leg is open"
    ENDING = "a reason to end is known; goodbyes are being said"
    ENDED = "nothing of it is left but its record"


TRANSITIONS: frozenset[tuple[CallState, str, CallState]] = frozenset(
    {
        (CallState.CREATED, "admitted", CallState.ANSWERING),
        (CallState.CREATED, "refused", CallState.ENDED),
        (CallState.ANSWERING, "answered", CallState.TALKING),
        (CallState.ANSWERING, "failed", CallState.ENDED),
        (CallState.TALKING, "ending", CallState.ENDING),
        (CallState.ENDING, "ended", CallState.ENDED),
    }
)
_STATUS = {
    CallState.CREATED: CallStatus.QUEUED,
    CallState.ANSWERING: CallStatus.RINGING,
    CallState.TALKING: CallStatus.IN_PROGRESS,
    CallState.ENDING: CallStatus.IN_PROGRESS,
    CallState.ENDED: CallStatus.ENDED,
}


class CallMachine:
    """One call's state."""

    def __init__(self) -> None:
        self.state = CallState.CREATED

    @property
    def status(self) -> CallStatus:
        """The state as the API and the store know it."""
        return _STATUS[self.state]

    def admitted(self) -> None:
        """There is room for it."""
        self._enter(CallState.ANSWERING, "admitted")

    def answered(self) -> None:
        """Both sides can hear."""
        self._enter(CallState.TALKING, "answered")

    def ending(self) -> None:
        """A reason to end is known."""
        if self.state is CallState.TALKING:
            self._enter(CallState.ENDING, "ending")

    def ended(self) -> None:
        """It is over, from whatever state; twice is once."""
        if self.state is CallState.TALKING:
            self.ending()
        cause = {CallState.CREATED: "refused", CallState.ANSWERING: "failed"}.get(self.state, "ended")
        if self.state is not CallState.ENDED:
            self._enter(CallState.ENDED, cause)

    def _enter(self, state: CallState, cause: str) -> None:
        """The only writer of the state."""
        assert (self.state, cause, state) in TRANSITIONS, f"{self.state} -> {state}"
        self.state = state
