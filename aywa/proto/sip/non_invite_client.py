"""The client transaction of every request but INVITE and ACK: RFC 3261 §17.1.2."""

from __future__ import annotations

from enum import Enum

from aywa.proto.sip.machine import Machine, next_states
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.timers import GIVE_UP, T1, T2, T4, Timer
from aywa.proto.sip.transaction_actions import Action, Deliver, Failed, Failure, Send, later


class State(Enum):
    """Where the transaction is."""

    TRYING = "request sent, nothing heard"
    PROCEEDING = "a provisional response came"
    COMPLETED = "the final response came; its retransmissions are absorbed"
    TERMINATED = "over"


TRANSITIONS: tuple[tuple[State, str, State], ...] = (
    (State.TRYING, "1xx", State.PROCEEDING),
    (State.TRYING, "200-699", State.COMPLETED),
    (State.TRYING, "timer F", State.TERMINATED),
    (State.TRYING, "transport error", State.TERMINATED),
    (State.PROCEEDING, "1xx", State.PROCEEDING),
    (State.PROCEEDING, "200-699", State.COMPLETED),
    (State.PROCEEDING, "timer F", State.TERMINATED),
    (State.PROCEEDING, "transport error", State.TERMINATED),
    (State.COMPLETED, "timer K", State.TERMINATED),
)


class NonInviteClientTransaction(Machine[State, Timer, Action]):
    """Carries one request to its final response."""

    NEXT = next_states(TRANSITIONS)
    state: State = State.TRYING

    def __init__(self, request: Request, *, now: float, reliable: bool = False) -> None:
        super().__init__()
        self.request = request
        self._reliable = reliable
        self._interval_s = T1
        self._actions.append(Send(request))
        if not reliable:
            self._timers.set(Timer.E, now + T1)
        self._timers.set(Timer.F, now + GIVE_UP)

    def receive_response(self, response: Response, now: float) -> None:
        """A response that matches this transaction (§17.1.3) has come."""
        match self.state, response.status // 100:
            case ((State.TRYING | State.PROCEEDING), 1):
                self._enter("1xx")
                self._actions.append(Deliver(response))
            case ((State.TRYING | State.PROCEEDING), _):
                self._timers.clear()
                self._timers.set(Timer.K, now + (0.0 if self._reliable else T4))
                self._enter("200-699")
                self._actions.append(Deliver(response))
            case _:
                pass  # a retransmitted final response is absorbed

    def transport_failed(self, now: float) -> None:
        """The request could not be sent (§17.1.4)."""
        if self.state in (State.TRYING, State.PROCEEDING):
            self._timers.clear()
            self._enter("transport error")
            self._actions.append(Failed(Failure.TRANSPORT))

    def _fire(self, timer: Timer, deadline: float, now: float) -> None:
        match timer:
            case Timer.E:
                # T1 doubling up to T2 while nothing was heard, T2 flat afterwards (§17.1.2.2).
                doubled = min(self._interval_s * 2, T2)
                self._interval_s = T2 if self.state is State.PROCEEDING else doubled
                self._timers.set(Timer.E, later(deadline, self._interval_s, now))
                self._actions.append(Send(self.request))
            case Timer.F:
                self._timers.clear()
                self._enter("timer F")
                self._actions.append(Failed(Failure.NO_RESPONSE))
            case _:
                self._enter("timer K")
