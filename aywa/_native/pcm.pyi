"""Sample arithmetic on S16LE PCM. Every function raises ValueError for an odd number of bytes."""

from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

def apply_gain(pcm: _Bytes, gain: int) -> bytes:
    """PCM times a Q15 gain (0..65535; 32768 is unity), rounded and saturated. ValueError out of range."""

def mix(a: _Bytes, b: _Bytes) -> bytes:
    """Sum of two frames of one length, saturated to 16 bits. ValueError when the lengths differ."""

def peak_of(pcm: _Bytes) -> int:
    """Largest absolute sample, 0..32768; 0 for no samples."""

def energy_of(pcm: _Bytes) -> int:
    """Sum of the squared samples; 0 for no samples."""

def levels_of(pcm: _Bytes, window: int) -> bytes:
    """The RMS level of each whole `window` of samples (1..65535), in dB over one unit: 0 (silence) to 90.

    A rest shorter than a window is left out. ValueError out of range.
    """
