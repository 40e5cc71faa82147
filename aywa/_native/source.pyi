"""Whose packets a leg takes. Addresses are IPv4 address << 16 | port; times are 8 kHz samples."""

class SourceGuard:
    """The SDP's address, or a source learned once in its place."""

    def __init__(self, mode: int, host: int = 0) -> None:
        """`mode` 0: the SDP's address only; 1: a source at `host` (an IPv4 address as a number) may be
        learned; 2: any source may be. Raises ValueError for another mode.
        """

    def peer(self, told: int) -> int:
        """Whom to send to while the SDP says `told`; another one than the last forgets what was learned."""

    def receive(self, told: int, sender: int, ssrc: int, sequence: int, now: int) -> bool:
        """Whether a packet is taken. A stranger's is once it and four before it came in sequence under one
        SSRC within 500 ms, with nothing from the SDP's address and no other stranger in between.
        """
