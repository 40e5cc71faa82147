"""Free loopback ports for servers that tests start."""

import random
import socket


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """A port that was free a moment ago.

    Below the ephemeral range: there, some other socket's outgoing connection may take it before it is used.
    """
    for port in random.sample(range(10000, 20000), 1000):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("none of 1000 ports is free")


def free_udp_range(count: int, *, above: int = 20000, below: int = 28000) -> int:
    """The first, even one of `count` consecutive UDP ports that were free a moment ago.

    Any of them, so that two runs on one machine seldom want the same.
    """
    candidates = range(above, below, 2 * count)
    for first in random.sample(candidates, len(candidates)):
        probes = []
        try:
            for port in range(first, first + count):
                probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                probes.append(probe)
                probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
        return first
    raise RuntimeError(f"no {count} consecutive UDP ports are free")
