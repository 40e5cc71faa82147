"""A REFER and the subscription that it makes, in either role (RFC 3515, RFC 6665, RFC 4488)."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from aywa.proto.sip.layer_actions import ServerKey
from aywa.proto.sip.machine import next_states
from aywa.proto.sip.message import Request

REPORT_S = 180  # how long the subscription of a REFER that we took may last: longer than any phone rings


class State(Enum):
    """Where a referral is."""

    ASKED = "ours: REFER sent, its answer awaited"
    TAKEN = "ours: taken; NOTIFY tells how the call goes"
    WAITING = "the peer's: REFER received, its answer is to be decided"
    REPORTING = "the peer's: 202 sent; our NOTIFYs tell how the call goes"
    OVER = "refused, or told to its end"


TRANSITIONS: tuple[tuple[State, str, State], ...] = (
    (State.ASKED, "2xx", State.TAKEN),
    (State.ASKED, "NOTIFY", State.TAKEN),  # it may overtake the 202
    (State.ASKED, "2xx without reports", State.OVER),
    (State.ASKED, "300-699", State.OVER),
    (State.ASKED, "no response", State.OVER),
    (State.ASKED, "last NOTIFY", State.OVER),
    (State.TAKEN, "2xx", State.TAKEN),
    (State.TAKEN, "2xx without reports", State.OVER),
    (State.TAKEN, "300-699", State.OVER),
    (State.TAKEN, "no response", State.OVER),
    (State.TAKEN, "NOTIFY", State.TAKEN),
    (State.TAKEN, "last NOTIFY", State.OVER),
    (State.WAITING, "202 sent", State.REPORTING),
    (State.WAITING, "200 without reports", State.OVER),
    (State.WAITING, "300-699 sent", State.OVER),
    (State.REPORTING, "reported", State.REPORTING),
    (State.REPORTING, "last report", State.OVER),
    (State.REPORTING, "unsubscribed", State.OVER),
)
_NEXT = next_states(TRANSITIONS)
R = TypeVar("R", bound="_Referral")


class _Referral:
    state: State

    def enter(self, event: str) -> None:
        """Take a transition of the table."""
        self._enter(event)

    def _enter(self, event: str) -> None:
        """The only writer of `state`."""
        target = _NEXT.get((self.state, event))
        assert target is not None, f"no transition from {self.state} on {event!r}"
        self.state = target


class SentReferral(_Referral):
    """A REFER of ours. `sequence` is its CSeq, by which the peer may name the subscription."""

    def __init__(self, branch: str, sequence: int) -> None:
        self.state = State.ASKED
        self.branch = branch
        self.sequence = sequence
        self.answered = False


class ReceivedReferral(_Referral):
    """A REFER of the peer, who may want no reports (`Refer-Sub: false`)."""

    def __init__(self, request: Request, key: ServerKey) -> None:
        self.state = State.WAITING
        self.request = request
        self.key = key
        self.wants_reports = (request.headers.get("Refer-Sub") or "").strip().lower() != "false"
        self.branch = ""  # of the last NOTIFY
