"""The server transaction of every request but INVITE and ACK: RFC 3261 §17.2.2."""

from __future__ import annotations

from enum import Enum

from aywa.errors import LocalProtocolError
from aywa.proto.sip.machine import Machine, next_states
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.timers import GIVE_UP, Timer
from aywa.proto.sip.transaction_actions import Action, Failed, Failure, Send


class State(Enum):
    """Where the transaction is."""

    TRYING = "request received, not answered"
    PROCEEDING = "a provisional response was sent"
    COMPLETED = "the final response was sent and is repeated on request"
    TERMINATED = "over"


TRANSITIONS: tuple[tuple[State, str, State], ...] = (
    (State.TRYING, "request", State.TRYING),
    (State.TRYING, "1xx from user", State.PROCEEDING),
    (State.TRYING, "200-699 from user", State.COMPLETED),
    (State.PROCEEDING, "request", State.PROCEEDING),
    (State.PROCEEDING, "1xx from user", State.PROCEEDING),
    (State.PROCEEDING, "200-699 from user", State.COMPLETED),
    (State.PROCEEDING, "transport error", State.TERMINATED),
    (State.COMPLETED, "request", State.COMPLETED),
    (State.COMPLETED, "timer J", State.TERMINATED),
    (State.COMPLETED, "transport error", State.TERMINATED),
)


class NonInviteServerTransaction(Machine[State, Timer, Action]):
    """Answers one request, and every copy of it, once."""

    NEXT = next_states(TRANSITIONS)
    state: State = State.TRYING

    def __init__(self, request: Request, *, now: float, reliable: bool = False) -> None:
        super().__init__()
        self.request = request
        self._reliable = reliable
        self._last: Response | None = None

    def receive_request(self, now: float) -> None:
        """The same request came again."""
        if self.state is State.TERMINATED:
            return
        self._enter("request")
        if self._last is not None:
            self._actions.append(Send(self._last))

    def respond(self, response: Response, now: float) -> None:
        """Send `response`. Raises LocalProtocolError after a final response."""
        match self.state, response.status // 100:
            case ((State.TRYING | State.PROCEEDING), 1):
                self._enter("1xx from user")
            case ((State.TRYING | State.PROCEEDING), _):
                self._timers.set(Timer.J, now + (0.0 if self._reliable else GIVE_UP))
                self._enter("200-699 from user")
            case _:
                raise LocalProtocolError(f"cannot send {response.status} in {self.state.name}")
        self._last = response
        self._actions.append(Send(response))

    def transport_failed(self, now: float) -> None:
        """The response sent last could not be sent (§17.2.4)."""
        if self.state in (State.PROCEEDING, State.COMPLETED):
            self._timers.clear()
            self._enter("transport error")
            self._actions.append(Failed(Failure.TRANSPORT))

    def _fire(self, timer: Timer, deadline: float, now: float) -> None:
        self._enter("timer J")
