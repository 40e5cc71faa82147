"""ITU-T G.711 companding at 64 kbit/s, bit-exact to the G.191 reference for all inputs.

PCM is S16LE mono; a code word is one byte. G.191's conventions: linear samples are left-justified in 16 bits,
mu-law uses the upper 14 of them and A-law 13 (12 to encode); negative values enter as their one's complement.
The engine calls the C functions of `g711.pxd`; these are the same loops.
"""

from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

def decode_ulaw(codes: _Bytes) -> bytes:
    """PCM of mu-law code words: n bytes in, 2n bytes out, values -32124..32124."""

def decode_alaw(codes: _Bytes) -> bytes:
    """PCM of A-law code words: n bytes in, 2n bytes out, values -32256..32256 without 0."""

def encode_ulaw(pcm: _Bytes) -> bytes:
    """Mu-law code words of PCM: 2n bytes in, n bytes out. Raises ValueError for an odd number of bytes."""

def encode_alaw(pcm: _Bytes) -> bytes:
    """A-law code words of PCM: 2n bytes in, n bytes out. Raises ValueError for an odd number of bytes."""
