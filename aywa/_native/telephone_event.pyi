"""DTMF as RFC 4733 telephone events: codes 0..15 are 0-9, *, #, A-D; durations in RTP samples."""

class DigitEvents:
    """The receiving side: each press once, whatever the network lost, repeated or swapped."""

    def receive(self, payload: bytes, timestamp: int, marker: bool = False) -> list[tuple[int, int]]:
        """The presses (event, duration) that this packet finished: mostly none, at most two.

        Payloads shorter than 4 bytes and events that are not DTMF are ignored.
        """

    def elapse(self, samples: int, limit: int) -> list[tuple[int, int]]:
        """`samples` passed: a press of which nothing came for `limit` samples is over (its end was lost)."""

class DigitTransmitter:
    """The sending side: one press at a time, updated with each packet, its end sent three times."""

    def start(self, event: int, duration: int, timestamp: int, volume: int = 10) -> None:
        """Begin a press at RTP `timestamp`: event 0..15, 1..65535 samples, volume in -dBm0 (0..63).

        Raises ValueError out of range or while a press is being sent.
        """

    def next(self, step: int) -> tuple[bytes, int, bool] | None:
        """The packet `step` samples after the last: (payload, timestamp, marker), or None at the end."""
