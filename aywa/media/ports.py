"""UDP ports for RTP: an even port for RTP, the odd one above it for RTCP (RFC 3550 section 11)."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from random import Random

from aywa.errors import OverloadedError

# Linux numbers that the socket module does not name: "do not fragment" spares each packet the search for an
# IP identification. The engine takes it back on a socket whose packet is too long for its path.
_IP_MTU_DISCOVER, _IP_PMTUDISC_DO = 10, 2
_STRAYS = 1000  # more than a default receive buffer holds, so a flood cannot keep the drain busy


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
        """Put the ports into quarantine. A second call does nothing."""
        if not self._released:
            self._released = True
            self._pool._take_back(self)

    def drain(self) -> bool:
        """Throw away what waits in the sockets; True if something did."""
        return any([_drain(self.rtp), _drain(self.rtcp)])

    def close(self) -> None:
        """Give the ports back to the system."""
        self.rtp.close()
        self.rtcp.close()


def _drain(bound: socket.socket) -> bool:
    for number in range(_STRAYS):
        try:
            bound.recv(1)
        except BlockingIOError:
            return number > 0
        except OSError:
            continue  # an ICMP error of what was sent last; it takes the place of no datagram
    return True


class PortPool:
    """The even ports in `low`..`high` whose odd neighbour is in the range too.

    A port that was used rests until nothing has come to it for `quarantine_s` seconds: a late packet of the
    last call must not be heard in the next. It stays bound meanwhile, so that strays are seen and nobody else
    gets it. Ports go round in the order in which they were used, from a random start.
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
        self._resting: deque[tuple[float, PortPair]] = deque()

    def reserve(self) -> PortPair:
        """A bound pair. Raises OverloadedError when every pair is in use, resting or held by another
        program.
        """
        self.wake()
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
        self.wake()
        return len(self._free)

    @property
    def resting(self) -> int:
        """Pairs in quarantine; each holds two descriptors."""
        return len(self._resting)

    def wake(self) -> None:
        """Close what has rested for long enough; to be called every now and then even if no port is wanted.

        A pair to which something came is not asked when it came: it rests anew.
        """
        now = self._clock()
        while self._resting and self._resting[0][0] <= now:
            pair = self._resting.popleft()[1]
            if pair.drain() and self._quarantine_s > 0:
                self._resting.append((now + self._quarantine_s, pair))
                continue
            pair.close()
            self._free.append(pair.port)

    def close(self) -> None:
        """Close the pairs that rest: the process is about to end."""
        while self._resting:
            self._resting.popleft()[1].close()

    def _bind(self, port: int) -> PortPair | None:
        sockets: list[socket.socket] = []
        try:
            for number in (port, port + 1):
                bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                sockets.append(bound)
                bound.setblocking(False)
                bound.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_DO)
                bound.bind((self._host, number))
        except OSError:
            for bound in sockets:
                bound.close()
            return None
        return PortPair(self._host, port, sockets[0], sockets[1], self)

    def _take_back(self, pair: PortPair) -> None:
        pair.drain()
        self._resting.append((self._clock() + self._quarantine_s, pair))
        if self._quarantine_s <= 0:
            self.wake()
