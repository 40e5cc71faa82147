"""G.711 from the recommendation's own description, one sample at a time.

ITU-T G.711 defines both laws by decision values in segments; G.191 fixes how 16-bit samples enter them:
left-justified, mu-law sees 14 of the bits and A-law 12, negative values enter as their one's complement (so
that -1 and 0 are the two neighbours of zero and the laws are symmetric about -0.5).
"""

from __future__ import annotations

from struct import pack, unpack


def _words(pcm: bytes) -> tuple[int, ...]:
    return unpack(f"<{len(pcm) // 2}h", pcm)


def ulaw_code(sample: int) -> int:
    """Mu-law code word of a 16-bit sample (G.711 table 2; bias 33 in the 14-bit domain, clipped at 8191)."""
    negative = sample < 0
    magnitude = min((-sample - 1 if negative else sample) // 4 + 33, 8191)
    # Segment s covers 2**(s + 5) .. 2**(s + 6) - 1 of the biased magnitude, in 16 equal steps.
    segment = next(s for s in range(8) if magnitude < 2 ** (s + 6))
    step = (magnitude - 2 ** (segment + 5)) // 2 ** (segment + 1)
    return 255 - (16 * segment + step) - (128 if negative else 0)


def ulaw_value(code: int) -> int:
    """16-bit sample of a mu-law code word: the middle of its interval, bias removed."""
    positive = code >= 128
    segment, step = divmod(127 - code % 128, 16)
    magnitude = 2 ** (segment + 5) + step * 2 ** (segment + 1) + 2**segment - 33
    return magnitude * 4 if positive else -magnitude * 4


def alaw_code(sample: int) -> int:
    """A-law code word of a 16-bit sample (G.711 table 1a/1b; even bits inverted)."""
    negative = sample < 0
    magnitude = (-sample - 1 if negative else sample) // 16
    # The first two segments have steps of 1 in this domain; each one after doubles.
    if magnitude < 32:
        code = magnitude
    else:
        segment = next(s for s in range(2, 8) if magnitude < 2 ** (s + 4))
        code = 16 * segment + (magnitude - 2 ** (segment + 3)) // 2 ** (segment - 1)
    return (code + (0 if negative else 128)) ^ 0b01010101


def alaw_value(code: int) -> int:
    """16-bit sample of an A-law code word: the middle of its interval."""
    plain = code ^ 0b01010101
    segment, step = divmod(plain % 128, 16)
    if segment < 2:
        magnitude = 16 * (16 * segment + step) + 8
    else:
        width = 16 * 2 ** (segment - 1)
        magnitude = 16 * 2 ** (segment + 3) + step * width + width // 2
    return magnitude if plain >= 128 else -magnitude


def encode_ulaw(pcm: bytes) -> bytes:
    """Mu-law code words of S16LE PCM."""
    return bytes(map(ulaw_code, _words(pcm)))


def encode_alaw(pcm: bytes) -> bytes:
    """A-law code words of S16LE PCM."""
    return bytes(map(alaw_code, _words(pcm)))


def decode_ulaw(codes: bytes) -> bytes:
    """S16LE PCM of mu-law code words."""
    return pack(f"<{len(codes)}h", *map(ulaw_value, codes))


def decode_alaw(codes: bytes) -> bytes:
    """S16LE PCM of A-law code words."""
    return pack(f"<{len(codes)}h", *map(alaw_value, codes))
