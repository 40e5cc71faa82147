"""Many RTP phones in one thread, and the engine's socket work without the engine."""

class Phones:
    """RTP phones on bound, non-blocking sockets."""

    sent: int
    received: int
    missing: int
    late_ticks: int
    realtime: bool
    def __init__(self, fds: list[int], slots: list[int], loop: bytes, onset_packet: int) -> None: ...
    def aim(self, ports: list[int]) -> None:
        """The port on loopback that each phone talks to."""
    def clear(self) -> None:
        """Forget what was measured so far."""
    def run(self, seconds: float) -> None:
        """Talk and listen; without the GIL but for a moment every 100 ms."""
    def results(self) -> tuple[list[tuple[int, int]], list[float]]:
        """(deviation from 20 ms in us, packets) pairs and barge-in times in ms."""

class Floor:
    """The engine's sends and receives without anything between them."""

    def __init__(self, fds: list[int], ports: list[int]) -> None: ...
    def run(self) -> None:
        """The body of a thread: returns after `stop`."""
    def stop(self) -> None: ...
