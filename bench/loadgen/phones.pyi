"""Many RTP phones in one thread."""

class Phones:
    """RTP phones on bound, non-blocking sockets."""

    sent: int
    received: int
    missing: int
    late_ticks: int
    realtime: bool
    def __init__(
        self, fds: list[int], slots: list[int], tape: list[bytes], loop: int, onset: int, keep: int
    ) -> None: ...
    def aim(self, ports: list[int]) -> None:
        """The port on loopback that each phone talks to."""
    def clear(self) -> None:
        """Forget what was measured so far."""
    def run(self, seconds: float) -> None:
        """Talk and listen; without the GIL but for a moment every 100 ms."""
    def results(self) -> tuple[list[tuple[int, int]], list[float]]:
        """(deviation from 20 ms in us, packets) pairs and barge-in times in ms."""
    def witnessed(self) -> list[tuple[int, int, bytes]]:
        """(phone, ns, packet) of the phones whose packets were kept; b"" when it began to speak."""
