"""The INVITE server transaction: RFC 3261 §17.2.1, Accepted state of RFC 6026 §7.1."""

from __future__ import annotations

from enum import Enum

from aywa.errors import LocalProtocolError
from aywa.proto.sip.build import response_to
from aywa.proto.sip.machine import Machine, next_states
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.timers import GIVE_UP, T1, T2, T4, Timer
from aywa.proto.sip.transaction_actions import Action, Failed, Failure, Send, later


class State(Enum):
    """Where the transaction is."""

    PROCEEDING = "INVITE received, no final response yet"
    ACCEPTED = "2xx sent; the session retransmits it until its ACK"
    COMPLETED = "300-699 sent, ACK awaited"
    CONFIRMED = "ACK received; its retransmissions are absorbed"
    TERMINATED = "over"


TRANSITIONS: tuple[tuple[State, str, State], ...] = (
    (State.PROCEEDING, "INVITE", State.PROCEEDING),
    (State.PROCEEDING, "1xx from user", State.PROCEEDING),
    (State.PROCEEDING, "2xx from user", State.ACCEPTED),
    (State.PROCEEDING, "300-699 from user", State.COMPLETED),
    (State.PROCEEDING, "transport error", State.TERMINATED),
    (State.ACCEPTED, "INVITE", State.ACCEPTED),
    (State.ACCEPTED, "2xx from user", State.ACCEPTED),
    (State.ACCEPTED, "timer L", State.TERMINATED),
    (State.COMPLETED, "INVITE", State.COMPLETED),
    (State.COMPLETED, "timer G", State.COMPLETED),
    (State.COMPLETED, "ACK", State.CONFIRMED),
    (State.COMPLETED, "timer H", State.TERMINATED),
    (State.COMPLETED, "transport error", State.TERMINATED),
    (State.CONFIRMED, "INVITE", State.CONFIRMED),
    (State.CONFIRMED, "ACK", State.CONFIRMED),
    (State.CONFIRMED, "timer I", State.TERMINATED),
)


class InviteServerTransaction(Machine[State, Timer, Action]):
    """Answers one INVITE, and every copy of it, once."""

    NEXT = next_states(TRANSITIONS)
    state: State = State.PROCEEDING

    def __init__(self, invite: Request, *, now: float, reliable: bool = False) -> None:
        super().__init__()
        self.request = invite
        self._reliable = reliable
        self._interval_s = T1
        # 100 at once rather than after the 200 ms of §17.2.1: it stops the caller's timer A for the
        # price of one datagram, and no timer of ours has to race the application for it.
        self._last: Response = response_to(invite, 100)
        self._actions.append(Send(self._last))

    def receive_invite(self, now: float) -> None:
        """The same INVITE came again."""
        if self.state is State.TERMINATED:
            return
        self._enter("INVITE")
        if self.state in (State.PROCEEDING, State.COMPLETED):
            self._actions.append(Send(self._last))
        # Accepted: absorbed; the session owns the retransmission of the 2xx (RFC 6026 §7.1).

    def receive_ack(self, now: float) -> None:
        """An ACK with this transaction's branch came."""
        match self.state:
            case State.COMPLETED:
                self._timers.clear()
                self._timers.set(Timer.I, now + (0.0 if self._reliable else T4))
                self._enter("ACK")
            case State.CONFIRMED:
                self._enter("ACK")
            case _:
                pass  # Accepted: the layer hands it to the user (RFC 6026 §7.1)

    def respond(self, response: Response, now: float) -> None:
        """Send `response`; a 2xx may be sent again. Raises LocalProtocolError after another final one."""
        match self.state, response.status // 100:
            case State.PROCEEDING, 1:
                self._enter("1xx from user")
            case ((State.PROCEEDING | State.ACCEPTED), 2):
                if self.state is State.PROCEEDING:
                    self._timers.set(Timer.L, now + GIVE_UP)
                self._enter("2xx from user")
            case State.PROCEEDING, _:
                if not self._reliable:
                    self._timers.set(Timer.G, now + T1)
                self._timers.set(Timer.H, now + GIVE_UP)
                self._enter("300-699 from user")
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
        match timer:
            case Timer.G:
                self._interval_s = min(self._interval_s * 2, T2)
                self._timers.set(Timer.G, later(deadline, self._interval_s, now))
                self._enter("timer G")
                self._actions.append(Send(self._last))
            case Timer.H:
                self._timers.clear()
                self._enter("timer H")
                self._actions.append(Failed(Failure.NO_ACK))
            case _:
                self._enter(f"timer {timer.name}")
