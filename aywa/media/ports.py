"""UDP ports for RTP: an even port for RTP, the odd one above it for RTCP (RFC 3550 section 11)."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from random import Random

from aywa.errors import OverloadedError


class PortPair:
    """A bound pair of sockets. Whoever reserved it hands it to `open_leg` or gives it back with `release`."""

    def __init__(self, host: str, port: int, rtp: socket.socket, rtcp: socket.socket, pool: PortPool) -> None:
        self.host = host
        self.port = port
        self.rtp = rtp
        self.rtcp = rtcp
        self._pool = pool
        self._released = False

    def release(self) -> None:
        """Close the sockets and put the ports into quarantine. A second call does nothing."""
        if not self._released:
            self._released = True
            self.rtp.close()
            self.rtcp.close()
            self._pool._take_back(self.port)


class PortPool:
    """The even ports in `low`..`high` whose odd neighbour is in the range too.

    A port that was used rests for `quarantine_s` seconds: a late packet of the last call must not be heard
    in the next. Ports go round in the order in which they were used, from a random start.
    """

    def __init__(
        self, host: str, low: int, high: int, *, quarantine_s: float, rng: Random, clock: Callable[[], float]
    ) -> None:
        self._host = host
        self._quarantine_s = quarantine_s
        self._clock = clock
        ports = list(range(low + low % 2, high, 2))
        start = rng.randrange(len(ports)) if ports else 0
        self._free = deque(ports[start:] + ports[:start])
        self._resting: deque[tuple[float, int]] = deque()

    def reserve(self) -> PortPair:
        """A bound pair. Raises OverloadedError when every pair is in use, resting or held by another
        program.
        """
        self._wake()
        for _ in range(len(self._free)):
            port = self._free.popleft()
            pair = self._bind(port)
            if pair is not None:
                return pair
            self._free.append(port)  # another program has it at the moment
        raise OverloadedError("no RTP ports are free", retry_after_s=int(self._quarantine_s) or 1)

    @property
    def free(self) -> int:
        """Pairs that could be tried now."""
        self._wake()
        return len(self._free)

    def _wake(self) -> None:
        now = self._clock()
        while self._resting and self._resting[0][0] <= now:
            self._free.append(self._resting.popleft()[1])

    def _bind(self, port: int) -> PortPair | None:
        sockets: list[socket.socket] = []
        try:
            for number in (port, port + 1):
                bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                sockets.append(bound)
                bound.setblocking(False)
                bound.bind((self._host, number))
        except OSError:
            for bound in sockets:
                bound.close()
            return None
        return PortPair(self._host, port, sockets[0], sockets[1], self)

    def _take_back(self, port: int) -> None:
        self._resting.append((self._clock() + self._quarantine_s, port))
