"""Seeded mutations of valid datagrams: what a broken peer, a broken cable or a bored stranger would send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

# Bytes that mean something to the grammars, and some that mean nothing anywhere.
_SPICE = (
    *(
        b"\r\n",
        b"\r",
        b"\n",
        b"\r\n\r\n",
        b"\r\n ",
        b"\0",
        b"\x7f",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\t",
        b" ",
    ),
    *(b'"', b"\\", b"<", b">", b";", b",", b":", b"=", b"?", b"@", b"/", b"%", b"%zz", b"[", b"]", b"[::1]"),
    *(
        b"-1",
        b"0",
        b"4294967296",
        b"9" * 40,
        b"sip:",
        b"tel:",
        b"SIP/2.0",
        b"SIP/7.0",
        b"Via: ",
        b"l: ",
        b"*",
    ),
    *(b"m=audio 0 RTP/AVP 0", b"a=rtpmap:", b"c=IN IP4 ", b"=", "٣".encode(), "ß".encode(), b"A" * 9000),
)


def mutated(seeds: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """`count` datagrams, each a seed with one to eight mutations; the same for the same `seed`."""
    rng = Random(seed)
    for _ in range(count):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 8))):
            _mutate(data, seeds, rng)
        yield bytes(data)


def _mutate(data: bytearray, seeds: Sequence[bytes], rng: Random) -> None:
    at = rng.randrange(len(data) + 1)
    end = min(len(data), at + rng.choice((1, 1, 2, 8, 64)))
    match rng.randrange(8):
        case 0 if data:  # a flipped bit
            data[min(at, len(data) - 1)] ^= 1 << rng.randrange(8)
        case 1 if data:  # another byte
            data[min(at, len(data) - 1)] = rng.randrange(256)
        case 2:  # cut off
            del data[at:]
        case 3:  # a hole
            del data[at:end]
        case 4:  # said twice
            data[at:at] = data[at:end]
        case 5:  # the rest of another message
            other = rng.choice(seeds)
            data[at:] = other[rng.randrange(len(other)) :]
        case 6:  # a line twice, somewhere else
            lines = bytes(data).split(b"\r\n")
            lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines))
            data[:] = b"\r\n".join(lines)
        case _:
            data[at:at] = rng.choice(_SPICE)
