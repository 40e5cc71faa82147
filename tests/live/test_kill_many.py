"""A runtime with calls is killed at random instants: what was committed is there, each call has an end."""

from __future__ import annotations

import pytest

from tests.kit.kill_rounds import Round, open_kill_world
from tests.kit.postgres import temporary_dir

pytestmark = pytest.mark.live
CALLS = 15
ROUNDS = 2


async def test_nothing_that_was_committed_is_lost() -> None:
    with temporary_dir() as folder:
        async with open_kill_world(folder, calls=CALLS, seed=4) as world:
            rounds: list[Round] = []
            assert await world.rounds(ROUNDS, rounds.append) == []
        assert len(rounds) == ROUNDS
        for found in rounds:
            assert found.faults == []
            assert found.lost == 0
            assert found.live == CALLS
            assert found.committed > CALLS * 3
