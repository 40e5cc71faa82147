"""Steady tones in the audio at 8 kHz: beeps of answering machines, fax machines, and what a network plays."""

def measure(pcm: bytes) -> tuple[float, float, float, float]:
    """One window of 320 samples S16LE: Hz of the one or the stronger tone, Hz of the weaker of two or 0, the share
    of the energy that is in them (about 0..1), and the mean square under the window. Else ValueError.
    """

class BeepListener:
    """Follows one stream; about 0.4 ms of CPU a second of audio."""

    def feed(self, pcm: bytes, position: int) -> list[tuple[bool, int, int, float, float, float, float]]:
        """The next samples (S16LE mono, 8 kHz, any number), the first of them at this timeline sample.

        Each tone is told twice: when it is confirmed, 100 ms after it began (False), and within 50 ms of its end
        (True). Then where it began and ended (so far), its Hz at the start and at the end, the Hz of a second
        tone beside it or 0, and its mean square. Positions to within 10 ms. ValueError for half a sample.
        """

    def levels(self) -> list[tuple[int, float]]:
        """Of every window since the last call: the sample in its middle, and its mean square."""
