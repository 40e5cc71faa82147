"""The INVITE client transaction: RFC 3261 §17.1.1, Accepted state of RFC 6026 §7.2."""

from __future__ import annotations

from enum import Enum

from aywa.proto.sip.build import ack_for
from aywa.proto.sip.machine import Machine, next_states
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.timers import GIVE_UP, T1, TIMER_D, Timer
from aywa.proto.sip.transaction_actions import Action, Deliver, Failed, Failure, Send, later


class State(Enum):
    """Where the transaction is."""

    CALLING = "INVITE sent, nothing heard"
    PROCEEDING = "a provisional response came"
    COMPLETED = "300-699 came and was acknowledged"
    ACCEPTED = "2xx came; more may, from other branches"
    TERMINATED = "over"


TRANSITIONS: tuple[tuple[State, str, State], ...] = (
    (State.CALLING, "1xx", State.PROCEEDING),
    (State.CALLING, "2xx", State.ACCEPTED),
    (State.CALLING, "300-699", State.COMPLETED),
    (State.CALLING, "timer B", State.TERMINATED),
    (State.CALLING, "transport error", State.TERMINATED),
    (State.PROCEEDING, "1xx", State.PROCEEDING),
    (State.PROCEEDING, "2xx", State.ACCEPTED),
    (State.PROCEEDING, "300-699", State.COMPLETED),
    (State.PROCEEDING, "abandoned", State.TERMINATED),
    (State.COMPLETED, "300-699", State.COMPLETED),
    (State.COMPLETED, "timer D", State.TERMINATED),
    (State.COMPLETED, "transport error", State.TERMINATED),
    (State.ACCEPTED, "2xx", State.ACCEPTED),
    (State.ACCEPTED, "timer M", State.TERMINATED),
)


class InviteClientTransaction(Machine[State, Timer, Action]):
    """Carries one INVITE to its final response and acknowledges it unless it is a 2xx."""

    NEXT = next_states(TRANSITIONS)
    state: State = State.CALLING

    def __init__(self, invite: Request, *, now: float, reliable: bool = False) -> None:
        super().__init__()
        self.request = invite
        self._reliable = reliable
        self._interval_s = T1
        self._ack: Request | None = None
        self._actions.append(Send(invite))
        if not reliable:
            self._timers.set(Timer.A, now + T1)
        self._timers.set(Timer.B, now + GIVE_UP)

    def receive_response(self, response: Response, now: float) -> None:
        """A response that matches this transaction (§17.1.3) has come."""
        match self.state, response.status // 100:
            case ((State.CALLING | State.PROCEEDING), 1):
                # Timer B stops too: from here on the caller decides how long it rings (§17.1.1.2).
                self._timers.clear()
                self._enter("1xx")
                self._actions.append(Deliver(response))
            case ((State.CALLING | State.PROCEEDING), 2):
                self._timers.clear()
                self._timers.set(Timer.M, now + GIVE_UP)
                self._enter("2xx")
                self._actions.append(Deliver(response))
            case State.ACCEPTED, 2:
                # The 2xx is acknowledged end to end by the session, each copy of it (RFC 6026 §7.2).
                self._enter("2xx")
                self._actions.append(Deliver(response))
            case ((State.CALLING | State.PROCEEDING), _):
                self._timers.clear()
                self._ack = ack_for(self.request, response)
                self._timers.set(Timer.D, now + (0.0 if self._reliable else TIMER_D))
                self._enter("300-699")
                self._actions.extend((Send(self._ack), Deliver(response)))
            case State.COMPLETED, 3 | 4 | 5 | 6:
                assert self._ack is not None, "Completed is entered with the ACK made"
                self._enter("300-699")
                self._actions.append(Send(self._ack))
            case _:
                pass  # late provisional, or a final response after another: nothing to do (§17.1.1.2)

    def transport_failed(self, now: float) -> None:
        """The message sent last could not be sent (§17.1.4)."""
        if self.state in (State.CALLING, State.COMPLETED):
            told = self.state is State.COMPLETED
            self._timers.clear()
            self._enter("transport error")
            if not told:  # the user already has the final response otherwise
                self._actions.append(Failed(Failure.TRANSPORT))

    def abandon(self, now: float) -> None:
        """The user stops waiting: a CANCEL got no final response in 64*T1 (§9.1)."""
        if self.state is State.PROCEEDING:
            self._enter("abandoned")

    def _fire(self, timer: Timer, deadline: float, now: float) -> None:
        match timer:
            case Timer.A:
                self._interval_s *= 2  # no cap: an INVITE backs off until B (§17.1.1.2)
                self._timers.set(Timer.A, later(deadline, self._interval_s, now))
                self._actions.append(Send(self.request))
            case Timer.B:
                self._timers.clear()
                self._enter("timer B")
                self._actions.append(Failed(Failure.NO_RESPONSE))
            case _:
                self._enter(f"timer {timer.name}")
