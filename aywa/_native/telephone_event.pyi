"""DTMF as RFC 4733 telephone events: codes 0..15 are 0-9, *, #, A-D."""

class DigitEvents:
    """The receiving side: each press once, whatever the network lost. Durations in 8 kHz samples.

    `clock_hz`: of the RTP timestamps and durations, 8000..192000, else ValueError.
    """

    def __init__(self, clock_hz: int = 8000) -> None: ...
    def receive(self, payload: bytes, timestamp: int, marker: bool = False) -> list[tuple[int, int]]:
        """The presses (event, duration) that this packet finished: mostly none, at most two.

        Packets come in the order of their sequence numbers, each once (`ReorderBuffer`); any may be missing.
        Payloads shorter than 4 bytes, events that are not DTMF and presses of no duration are ignored.
        """

    def elapse(self, samples: int, limit: int) -> list[tuple[int, int]]:
        """`samples` passed: a press of which nothing came for `limit` samples is over: its end was lost."""

    @property
    def pressing(self) -> bool:
        """Whether a press is going on."""

    @property
    def seen(self) -> bool:
        """Whether any press was ever recognised: tones in the audio are then the same presses."""

class DigitTransmitter:
    """The sending side: one press at a time, updated with each packet; samples of the RTP clock.

    Every press has at least 8 packets: its end is sent three times (RFC 4733 section 2.5.1.4), and more often
    after few updates. Over 65535 samples a press goes on in segments (section 2.5.1.3).
    """

    def start(self, event: int, duration: int, timestamp: int, volume: int = 10) -> None:
        """Begin a press at RTP `timestamp`: event 0..15, 1..5760000 samples, volume in -dBm0 (0..63).

        Raises ValueError out of range or while a press is being sent.
        """

    def next(self, step: int) -> tuple[bytes, int, bool] | None:
        """The packet `step` samples after the last: (payload, timestamp, marker), or None: idle."""

    def is_ready(self, gap: int) -> bool:
        """Whether the last press ended `gap` samples ago, if next() is called in every packet time."""
