"""Half-band resampling by two between 8 and 16 kHz: S16LE mono, any frame length, state carried over.

Equiripple for 0..3400 Hz (ITU-T G.712's band): within 0.01 dB there, images and aliases of that band at
least 62 dB down. soxr serves other rates, at the edges: its streams give nothing for 3 to 5 frames and
then 100 ms at once.
"""

from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

class Upsampler:
    """Doubles the rate. Delay: 12 input samples (1.5 ms at 8 kHz)."""

    def process(self, pcm: _Bytes) -> bytes:
        """n samples in, 2n out. Raises ValueError for an odd number of bytes."""

class Downsampler:
    """Halves the rate. Delay: 22 input samples (1.375 ms at 16 kHz)."""

    def process(self, pcm: _Bytes) -> bytes:
        """2n samples in, n out. Raises ValueError for an odd number of samples."""
