"""Steady tones in the audio at 8 kHz: beeps of answering machines, fax machines, and what a network plays."""

class BeepListener:
    """Follows one stream; about 0.4 ms of CPU a second of audio."""

    def feed(self, pcm: bytes, position: int) -> list[tuple[bool, int, int, float, float, float, float]]:
        """The next samples (S16LE mono, 8 kHz, any number), the first of them at this timeline sample.

        Each tone is told twice: when it is confirmed, 100 ms after it began (False), and within 50 ms of its
        end (True). Then where it began and ended (so far), its Hz at the start and at the end, the Hz of
        a second tone beside it or 0, its mean square. Positions to within 10 ms. ValueError: half a sample.
        """

    def levels(self) -> list[tuple[int, float]]:
        """Of every window since the last call: the sample in its middle, and its mean square."""
