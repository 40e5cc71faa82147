"""DTMF as tones in the audio (ITU-T Q.23), for peers without telephone-event."""

class ToneTransmitter:
    """One press at a time: two sines, ramped over 2 ms at both ends."""

    def start(self, event: int, duration: int, pause: int, rate_hz: int = 8000, level_dbm0: int = -8) -> None:
        """Begin a press: event 0..15, samples of the press (1 and more) and of the silence after it.

        `level_dbm0`: of the high tone, -40..-3; the low one is 2 dB below it: lines dampen the high one.
        Raises ValueError out of range, for a rate that is not 8000 or 16000, or while a press is being sent.
        """

    def next(self, samples: int) -> bytes:
        """S16LE PCM of up to that many samples (0..4800, else ValueError); shorter at the end, then empty."""
