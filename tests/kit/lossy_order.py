"""A seeded network for numbered packets: it loses, repeats and swaps them, within a stated displacement."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

Item = TypeVar("Item")


def disturb(
    items: Sequence[Item], rng: Random, *, loss: float = 0.0, repeat: float = 0.0, displacement: int = 0
) -> list[Item]:
    """The items as they arrive: each lost or repeated with these probabilities, none overtaken by more than
    `displacement` places."""
    arrivals: list[tuple[float, int, Item]] = []
    for place, item in enumerate(items):
        if rng.random() < loss:
            continue
        for copy in range(2 if rng.random() < repeat else 1):
            arrivals.append((place + rng.uniform(0, displacement) + copy * 0.5, len(arrivals), item))
    return [item for _, _, item in sorted(arrivals, key=lambda arrival: arrival[:2])]
