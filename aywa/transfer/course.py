"""Where one transfer stands: its state, the leg to the colleague, how it went, and what is to be done."""

from __future__ import annotations

from enum import Enum

from aywa.transfer.events import Decided, ReleaseColleague, TransferAction
from aywa.transfer.outcome import Outcome
from aywa.transfer.plan import TransferPlan
from aywa.transfer.states import OVER, TRANSITIONS, Cause, State, Wakeup


class Line(Enum):
    """The leg to the colleague."""

    NONE = "there is none"
    CALLING = "being set up"
    UP = "open"
    CLOSING = "being let go"


class Course:
    """What `TransferMachine` decides about; it has no opinion of its own but the table of transitions."""

    def __init__(self, plan: TransferPlan) -> None:
        self.plan = plan
        self.state = State.REQUESTED
        self.line = Line.NONE
        self.outcome: Outcome | None = None  # once it is known; CONNECTED while they talk
        self.sip_status: int | None = None  # the last that the colleague's or the caller's side said
        self.deadline: tuple[float, Wakeup] | None = None
        self._actions: list[TransferAction] = []
        self._taken = False  # the REFER was taken

    @property
    def over(self) -> bool:
        """Nothing of it is left but its record."""
        return self.state in OVER

    def actions(self) -> list[TransferAction]:
        """What is to be done, in order, since the last call."""
        actions, self._actions = self._actions, []
        return actions

    def _let_go(self, cause: Cause, now: float, closing: State, over: State, *, detail: str = "") -> None:
        """Go where nothing but the colleague's leg is waited for, or is over."""
        self._release(cause)
        if self.line is Line.NONE:
            self._enter(over, cause, detail=detail)
            return
        self._enter(closing, cause, detail=detail)
        self._wait(Wakeup.RELEASE, now + self.plan.release_timeout_s)

    def _gone(self, cause: Cause) -> None:
        """The colleague's leg, which was waited for, is closed."""
        self.line = Line.NONE
        self._enter(State.RETURNED if self.state is State.RETURNING else State.ENDED, cause)

    def _release(self, cause: Cause) -> None:
        if self.line in (Line.CALLING, Line.UP):
            self.line = Line.CLOSING
            self._act(ReleaseColleague(cause.value))

    def _wait(self, wakeup: Wakeup, until: float) -> None:
        self.deadline = (until, wakeup)

    def _act(self, action: TransferAction) -> None:
        self._actions.append(action)

    def _enter(self, state: State, cause: Cause, *, keep_time: bool = False, detail: str = "") -> None:
        """The only writer of the state."""
        assert (self.state, cause, state) in TRANSITIONS, f"{self.state} -{cause}-> {state}"
        data: dict[str, object] = {"from": self.state.name, "to": state.name, "cause": cause.name}
        if self.outcome is not None:
            data["outcome"] = self.outcome.value
        if self.sip_status is not None:
            data["sip_status"] = self.sip_status
        if detail:
            data["detail"] = detail
        self.state = state
        if not keep_time:
            self.deadline = None
        self._act(Decided("transfer.state", data))
