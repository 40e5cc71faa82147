"""The offer/answer slot of a session: who owes whom an answer (RFC 3264 §4, RFC 3261 §13.2.1, §14)."""

from __future__ import annotations

from enum import Enum

from aywa.errors import LocalProtocolError
from aywa.proto.sip.machine import next_states


class State(Enum):
    """Whose answer is owed."""

    IDLE = "no offer is open"
    LOCAL = "our offer awaits the peer's answer"
    REMOTE = "the peer's offer awaits our answer"


TRANSITIONS: tuple[tuple[State, str, State], ...] = (
    (State.IDLE, "offer sent", State.LOCAL),
    (State.IDLE, "offer received", State.REMOTE),
    (State.LOCAL, "answer received", State.IDLE),
    (State.LOCAL, "refused", State.IDLE),
    (State.REMOTE, "answer sent", State.IDLE),
    (State.REMOTE, "refused", State.IDLE),
)
_NEXT = next_states(TRANSITIONS)


class OfferSlot:
    """At most one offer is open at a time; a second one is glare."""

    state: State = State.IDLE

    def _enter(self, event: str) -> None:
        target = _NEXT.get((self.state, event))
        if target is None:
            raise LocalProtocolError(f"offer/answer: {event} while {self.state.value}")
        self.state = target

    def offer_sent(self) -> None:
        """We made an offer. Raises LocalProtocolError while one is open."""
        self._enter("offer sent")

    def offer_received(self) -> None:
        """The peer made an offer; the caller has checked for glare before."""
        self._enter("offer received")

    def answer_sent(self) -> None:
        """We answered the peer's offer."""
        self._enter("answer sent")

    def answer_received(self) -> None:
        """The peer answered ours."""
        self._enter("answer received")

    def refused(self) -> None:
        """The open offer, if any, was refused; what was agreed before stays (RFC 3261 §14.1)."""
        if self.state is not State.IDLE:
            self._enter("refused")
