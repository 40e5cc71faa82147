"""What one or two steady tones there are in 40 ms of audio at 8 kHz."""

def measure(pcm: bytes) -> tuple[float, float, float, float]:
    """One window of 320 samples S16LE, else ValueError: Hz of the one or the stronger tone, Hz of the
    weaker of two or 0, the share of the energy in them (about 0..1), and the mean square under the window.
    """
