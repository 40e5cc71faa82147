"""The timers of RFC 3261 §17 with RFC 6026, and a table that holds the armed ones.

Values in seconds. A table knows nothing of clocks: `now` and deadlines are monotonic seconds.
"""

from __future__ import annotations

from enum import Enum
from typing import Generic, TypeVar

T1 = 0.5  # estimate of the round trip, RFC 3261 §17.1.1.1
T2 = 4.0  # longest interval between retransmissions of anything but an INVITE, §17.1.2.2
T4 = 5.0  # longest time a message stays in the network, §17.1.2.2
GIVE_UP = 64 * T1  # 32 s: timers B, F, H, J, L, M
TIMER_D = 32.0  # "at least 32 seconds for unreliable transports", §17.1.1.2


class Timer(Enum):
    """Every transaction timer: the value says what happens when it fires."""

    A = "retransmit the INVITE (unreliable transport)"
    B = "give up waiting for any response to the INVITE"
    C = "limit of an INVITE that a proxy forwards; never armed by a user agent"
    D = "stop absorbing retransmitted 300-699 responses to the INVITE"
    E = "retransmit a request other than INVITE (unreliable transport)"
    F = "give up waiting for the final response to a request other than INVITE"
    G = "retransmit the 300-699 response to an INVITE (unreliable transport)"
    H = "give up waiting for the ACK of a 300-699 response"
    I = "stop absorbing retransmitted ACKs"  # noqa: E741 - the RFC's own name
    J = "stop answering retransmissions of a request other than INVITE"
    K = "stop absorbing retransmitted responses to a request other than INVITE"
    L = "stop absorbing retransmissions of an INVITE answered with 2xx (RFC 6026)"
    M = "stop passing up 2xx responses, retransmitted or of other branches (RFC 6026)"


K = TypeVar("K", bound=Enum)


class TimerTable(Generic[K]):
    """The armed timers of one machine. At most a handful, so the earliest is found by looking."""

    __slots__ = ("_armed",)

    def __init__(self) -> None:
        self._armed: dict[K, float] = {}

    def set(self, timer: K, deadline: float) -> None:
        """Arm `timer`, or move it, to fire at `deadline` (monotonic seconds)."""
        self._armed[timer] = deadline

    def stop(self, *timers: K) -> None:
        """Disarm the timers named; those not armed are passed over."""
        for timer in timers:
            self._armed.pop(timer, None)

    def clear(self) -> None:
        """Disarm all."""
        self._armed.clear()

    def armed(self, timer: K) -> bool:
        """True when `timer` is waiting to fire."""
        return timer in self._armed

    @property
    def deadline(self) -> float | None:
        """When the earliest timer fires; None when none is armed."""
        return min(self._armed.values(), default=None)

    def pop_due(self, now: float) -> tuple[K, float] | None:
        """Disarm the earliest timer due at `now` and return it with the deadline it had."""
        due = [(deadline, timer.name, timer) for timer, deadline in self._armed.items() if deadline <= now]
        if not due:
            return None
        deadline, _, timer = min(due)
        del self._armed[timer]
        return timer, deadline
