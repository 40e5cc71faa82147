"""What an emulator does wrong, and when. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random


class FaultKind(Enum):
    """The ways in which vendors fail."""

    REFUSE = "refuse"  # the connection is reset before an answer
    HANG = "hang"  # it is accepted and nothing ever comes
    SILENT = "silent"  # it opens (101, or 200 with its head) and says nothing
    SLOW = "slow"  # the first byte comes `seconds` later
    STATUS = "status"  # `status`, with `retry_after_s`
    RESET = "reset"  # reset after `after` frames
    STALL = "stall"  # nothing more after `after` frames, the connection stays
    MALFORMED = "malformed"  # the frame after `after` is none of the protocol
    SHUFFLED = "shuffled"  # the frame after `after` comes behind the next one
    CLOSE = "close"  # closed properly after `after` frames: with `close_code`, or in the middle of an answer


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. A frame is a websocket's message, or a piece of an HTTP answer's body."""

    kind: FaultKind
    after: int = 0
    seconds: float = 0.0
    status: int = 503
    retry_after_s: float | None = None
    close_code: int = 1011


class Faults:
    """Which request fails how: first as the script says (None: not at all), then by rates."""

    def __init__(
        self,
        script: Sequence[Fault | None] = (),
        *,
        rates: Mapping[FaultKind, float] | None = None,
        rng: Random | None = None,
        pattern: Fault = Fault(FaultKind.RESET, after=2, seconds=5.0),
    ) -> None:
        """`rates`: the share (0..1) of requests, by kind; together at most 1. `pattern`: what those of a rate
        take their `after`, `seconds` and so on from. Raises ValueError.
        """
        self._script = list(script)
        self._rates = dict(rates or {})
        if any(rate < 0 for rate in self._rates.values()) or sum(self._rates.values()) > 1:
            raise ValueError("rates: each from 0 to 1, and together at most 1")
        self._rng = rng or Random(0)
        self._pattern = pattern
        self.struck: list[FaultKind] = []

    def add(self, *faults: Fault | None) -> None:
        """For the next requests, one after the other."""
        self._script.extend(faults)

    def next(self) -> Fault | None:
        """Of the next request; None: it is served as it should be."""
        fault = self._script.pop(0) if self._script else self._drawn()
        if fault is not None:
            self.struck.append(fault.kind)
        return fault

    def _drawn(self) -> Fault | None:
        if not self._rates:
            return None
        left = self._rng.random()
        for kind, rate in self._rates.items():
            left -= rate
            if left < 0:
                pattern = self._pattern
                return Fault(
                    kind,
                    pattern.after,
                    pattern.seconds,
                    pattern.status,
                    pattern.retry_after_s,
                    pattern.close_code,
                )
        return None
