"""Reliable provisional responses: sent one at a time, and taken in their order (RFC 3262)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from aywa.errors import LocalProtocolError, ParseError
from aywa.proto.sip.grammar import LWS, TOKEN_CHARACTERS, parse_number
from aywa.proto.sip.machine import next_states
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.timers import T1

if TYPE_CHECKING:
    from random import Random  # the type only: this floor never draws from a source of its own

LAST_RSEQ = 2**32 - 1
FIRST_RSEQ_MAX = 2**31 - 1  # §3: the first is drawn from 1 to this
_RACK = re.compile(rf"{LWS}([0-9]++)[ \t]++([0-9]++)[ \t]++([{TOKEN_CHARACTERS}]++){LWS}")


@dataclass(frozen=True, slots=True)
class RAck:
    """Which response a PRACK acknowledges (§7.2): its RSeq, and the CSeq of the request it answered."""

    rseq: int
    cseq: int
    method: str

    def __str__(self) -> str:
        return f"{self.rseq} {self.cseq} {self.method}"


def parse_rack(text: str) -> RAck:
    """Read a RAck."""
    match = _RACK.fullmatch(text)
    if match is None:
        raise ParseError("Malformed RAck", where="RAck")
    rseq = parse_number(match[1], "RAck", maximum=LAST_RSEQ)
    return RAck(rseq, parse_number(match[2], "RAck", maximum=2**31 - 1), match[3])


def parse_rseq(text: str) -> int:
    """Read an RSeq."""
    return parse_number(text.strip(" \t"), "RSeq", maximum=LAST_RSEQ)


def rseq_of(response: Response) -> int | None:
    """The RSeq of a provisional response that wants a PRACK (§4); None for one that wants none.

    One that asks for a PRACK and says no number cannot be acknowledged and counts as unreliable.
    """
    value = response.headers.get("RSeq")
    if not 100 < response.status < 200 or value is None or "100rel" not in response.require:
        return None
    try:
        return parse_rseq(value)
    except ParseError:
        return None


class State(Enum):
    """What became of the reliable response sent last."""

    IDLE = "none is open: the next may be sent"
    UNACKNOWLEDGED = "sent, and repeated until its PRACK"
    GIVEN_UP = "its PRACK never came, or the INVITE has its final response"


TRANSITIONS: tuple[tuple[State, str, State], ...] = (
    (State.IDLE, "1xx sent", State.UNACKNOWLEDGED),
    (State.IDLE, "over", State.GIVEN_UP),
    (State.UNACKNOWLEDGED, "PRACK", State.IDLE),
    (State.UNACKNOWLEDGED, "over", State.GIVEN_UP),
    (State.GIVEN_UP, "PRACK", State.GIVEN_UP),
    (State.GIVEN_UP, "over", State.GIVEN_UP),
)
_NEXT = next_states(TRANSITIONS)


class ReliableSender:
    """The called side: numbers its responses, and knows which PRACK belongs to the open one.

    `described`: the open response carries a session description, so no 2xx may overtake it (§3).
    """

    state: State = State.IDLE

    def __init__(self, rng: Random) -> None:
        self.response: Response | None = None
        self.interval_s = T1
        self.described = False
        self._rseq = rng.randint(1, FIRST_RSEQ_MAX) - 1

    def number(self) -> tuple[tuple[str, str], ...]:
        """The headers of the next reliable response."""
        self._rseq += 1
        return (("Require", "100rel"), ("RSeq", str(self._rseq)))

    def sent(self, response: Response) -> None:
        """`response`, numbered last, was sent. Raises LocalProtocolError while one is open."""
        self._enter("1xx sent")
        self.response, self.described, self.interval_s = response, bool(response.body), T1

    def acknowledge(self, prack: Request) -> bool:
        """Take a PRACK, also one that the final response overtook; False: it names nothing open (§3: 481).

        Raises ParseError.
        """
        rack = parse_rack(prack.headers.get("RAck") or "")
        response = self.response
        if response is None or rack != RAck(self._rseq, response.cseq.number, response.cseq.method):
            return False
        self._enter("PRACK")
        self.response, self.described = None, False
        return True

    def over(self) -> None:
        """Nothing is repeated any more."""
        self._enter("over")
        self.described = False

    def _enter(self, event: str) -> None:
        target = _NEXT.get((self.state, event))
        if target is None:
            raise LocalProtocolError(f"reliable provisional: {event} while {self.state.value}")
        self.state = target


class ReliableReceiver:
    """The calling side, one for each early dialog: each response once, in its order (§4)."""

    def __init__(self) -> None:
        self.last: int | None = None

    def take(self, rseq: int) -> bool:
        """True when this is the next one; a copy, or one that came before its turn, is dropped."""
        if self.last is not None and rseq != self.last + 1:
            return False
        self.last = rseq
        return True
