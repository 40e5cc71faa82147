"""Blocks from huge pages: none overlaps another, none is leaked, and an empty map is gone."""

from __future__ import annotations

from random import Random

import pytest

from aywa._native.arena import ArenaBlock, chunks

_CHUNK = 2 << 20


def test_blocks_are_zeroed_apart_and_on_the_border_of_a_line() -> None:
    """Also one that somebody had filled before."""
    rng = Random(7)
    before = chunks()
    held: dict[int, tuple[ArenaBlock, int, int]] = {}
    for step in range(2000):
        if held and rng.random() < 0.45:
            block, size, value = held.pop(rng.choice(list(held)))
            assert block.content() == bytes([value]) * size
            block.free()
            continue
        size = rng.choice((100, 40_000, 54_321, 90_000))
        block, value = ArenaBlock(size), 1 + step % 255
        assert block.address % 64 == 0
        assert block.content() == bytes(size)
        block.fill(value)
        held[step] = (block, size, value)
    for block, size, value in held.values():
        assert block.content() == bytes([value]) * size
        block.free()
    assert chunks() == before


def test_a_map_holds_blocks_of_one_size_and_goes_with_the_last() -> None:
    """So many as fit, and not one more."""
    before = len(chunks())
    blocks = [ArenaBlock(50_000) for _ in range((_CHUNK - 64) // 50_048)]
    assert len(chunks()) == before + 1
    assert len({block.address // _CHUNK for block in blocks}) == 1
    one_more = ArenaBlock(50_000)
    assert len(chunks()) == before + 2
    one_more.free()
    for block in blocks:
        block.free()
        block.free()
    assert len(chunks()) == before


def test_a_block_is_not_used_after_it_was_given_back_nor_larger_than_a_map() -> None:
    """The border refuses what would crash."""
    block = ArenaBlock(64)
    block.free()
    with pytest.raises(ValueError, match="given back"):
        block.content()
    with pytest.raises(ValueError, match="given back"):
        block.fill(1)
    for size in (0, _CHUNK - 63, _CHUNK):
        with pytest.raises(MemoryError):
            ArenaBlock(size)
