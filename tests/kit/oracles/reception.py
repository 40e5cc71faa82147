"""Reception statistics from the words of RFC 3550 appendix A, on unbounded integers and fractions."""

from __future__ import annotations

from fractions import Fraction

MAX_DROPOUT = 3000
MAX_MISORDER = 100


class SlowReception:
    """One source; `trusted` ones count from their first packet, others from the second in order."""

    def __init__(self, ssrc: int, clock_hz: int = 8000, trusted: bool = True) -> None:
        self._ssrc = ssrc
        self._clock = clock_hz
        self._wanted = 0 if trusted else 2
        self._first: int | None = None  # extended numbers
        self._highest = 0
        self._awaited: int | None = None  # the number that would confirm a restart
        self._received = 0
        self._prior = (0, 0)
        self._transit: int | None = None
        self._jitter = 0
        self._sr = (0, 0)

    def packet(self, sequence: int) -> bool:
        """Whether it counts."""
        if self._first is None:
            self._first = self._highest = sequence
            if self._wanted:
                self._wanted -= 1
                return False
            self._received = 1
            return True
        if self._wanted:
            in_order = sequence == (self._highest + 1) % 65536
            self._highest = sequence
            self._wanted = self._wanted - 1 if in_order else 1
            if self._wanted:
                return False
            return self._restart(sequence)
        ahead = (sequence - self._highest) % 65536
        if ahead < MAX_DROPOUT:
            self._highest += ahead
        elif ahead <= 65536 - MAX_MISORDER:
            if sequence != self._awaited:
                self._awaited = (sequence + 1) % 65536
                return False
            return self._restart(sequence)
        self._received += 1
        return True

    def _restart(self, sequence: int) -> bool:
        self._first = self._highest = sequence
        self._awaited = None
        self._received = 1
        self._prior = (0, 0)
        return True

    def timing(self, timestamp: int, arrival: int) -> None:
        """A.8 in its integer form, where the jitter carries four more bits; a second and more starts anew."""
        transit = (arrival - timestamp) % 2**32
        before, self._transit = self._transit, transit
        if before is None:
            return
        change = (transit - before) % 2**32
        change = min(change, 2**32 - change)
        if change <= self._clock:
            self._jitter += change - (self._jitter + 8) // 16

    def clock(self, clock_hz: int) -> None:
        """Another clock."""
        self._jitter = self._jitter * clock_hz // self._clock
        self._clock = clock_hz
        self._transit = None

    def reported(self, sent_ntp: int, arrival_ntp: int) -> None:
        """A sender report."""
        self._sr = (sent_ntp >> 16 & 0xFFFFFFFF, arrival_ntp)

    @property
    def expected(self) -> int:
        """From the first to the highest."""
        return 0 if self._first is None or self._wanted else self._highest - self._first + 1

    @property
    def lost(self) -> int:
        """Those that did not come."""
        return self.expected - self._received

    def report(self, now_ntp: int) -> tuple[int, int, int, int, int, int, int]:
        """The fields of a report block."""
        expected, received = self.expected - self._prior[0], self._received - self._prior[1]
        self._prior = (self.expected, self._received)
        fraction = 0
        if expected > 0 and expected > received:
            fraction = min(255, int(Fraction(expected - received, expected) * 256))
        lost = min(max(self.lost, -(2**23)), 2**23 - 1)
        delay = ((now_ntp - self._sr[1]) % 2**64 >> 16) % 2**32 if self._sr[0] else 0
        highest = self._highest % 2**32
        return self._ssrc, fraction, lost, highest, self._jitter // 16, self._sr[0], delay
