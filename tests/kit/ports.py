"""Free loopback ports for servers that tests start."""

import random
import socket
from collections import deque

from tests.kit.workers import own_part

# What was given out last: two servers of one test are not started when they are given their ports.
_ports: deque[int] = deque(maxlen=64)
_ranges: deque[range] = deque(maxlen=6)


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """A port that was free a moment ago.

    Below the ephemeral range: there, some other socket's outgoing connection may take it before it is used.
    Of this process's own part: workers that run at the same time never get the same.
    """
    for port in random.sample(range(*own_part(10000, 20000)), 1000):
        if port in _ports:
            continue
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            _ports.append(port)
            return port
    raise RuntimeError("none of 1000 ports is free")


def free_udp_range(count: int, *, above: int = 20000, below: int = 28000) -> int:
    """The first, even one of `count` consecutive UDP ports that were free a moment ago.

    Any of them, so that two runs on one machine seldom want the same; of this process's own part, so that two
    workers of one run never do.
    """
    first, end = own_part(above + above % 2, below)
    candidates = range(first, end - count + 1, 2 * count)
    shuffled = random.sample(candidates, len(candidates))
    for first in sorted(shuffled, key=lambda first: _given(range(first, first + count))):
        wanted = range(first, first + count)
        probes = []
        try:
            for port in wanted:
                probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                probes.append(probe)
                probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
        _ranges.append(wanted)
        return first
    raise RuntimeError(f"no {count} consecutive UDP ports are free")


def _given(wanted: range) -> bool:
    """True where it overlaps what was given out last."""
    return any(given.start < wanted.stop and wanted.start < given.stop for given in _ranges)
