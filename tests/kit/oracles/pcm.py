"""Sample arithmetic, one Python integer at a time."""

from __future__ import annotations

from struct import pack, unpack


def words(pcm: bytes) -> tuple[int, ...]:
    """The samples of S16LE PCM."""
    return unpack(f"<{len(pcm) // 2}h", pcm)


def to_pcm(samples: list[int]) -> bytes:
    """S16LE PCM of samples, saturated."""
    return pack(f"<{len(samples)}h", *(max(-32768, min(32767, sample)) for sample in samples))


def apply_gain(pcm: bytes, gain: int) -> bytes:
    """PCM times a Q15 gain, rounded half up."""
    return to_pcm([(2 * sample * gain + 32768) // 65536 for sample in words(pcm)])


def mix(a: bytes, b: bytes) -> bytes:
    """Saturated sum."""
    return to_pcm([x + y for x, y in zip(words(a), words(b), strict=True)])


def peak_of(pcm: bytes) -> int:
    """Largest absolute sample."""
    return max((abs(sample) for sample in words(pcm)), default=0)


def energy_of(pcm: bytes) -> int:
    """Sum of squares."""
    return sum(sample * sample for sample in words(pcm))
