"""Where pieces of a file lie in the space of meanings."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from aywa.ports.knowledge import Embedder, Piece

AT_ONCE = 64  # pieces of one request to a provider


async def places_of(embedder: Embedder, pieces: Sequence[Piece]) -> list[list[float]]:
    """Of each piece a vector of length 1: half of it its own heading, half its text.

    A heading of three words says what its ninety words are about; counted as three of ninety-three it found
    five of fifty questions less. Raises `ProviderError`.
    """
    places: list[list[float]] = []
    for at in range(0, len(pieces), AT_ONCE):
        some = pieces[at : at + AT_ONCE]
        headings = [piece.heading.rpartition(" > ")[2] for piece in some]
        known = sorted(set(filter(None, headings)))
        vectors = await embedder.embed([*(piece.text for piece in some), *known])
        of_heading = dict(zip(known, vectors[len(some) :], strict=True))
        for vector, heading in zip(vectors, headings, strict=False):
            places.append(_between(vector, of_heading[heading]) if heading else vector)
    return places


def _between(one: Sequence[float], other: Sequence[float]) -> list[float]:
    both = [a + b for a, b in zip(one, other, strict=True)]
    length = sqrt(sum(number * number for number in both))
    return [number / length for number in both] if length else list(one)
