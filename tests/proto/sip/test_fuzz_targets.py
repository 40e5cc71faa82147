"""A short, seeded run of every fuzz target; the long ones are `python -m bench fuzz_sip`."""

from __future__ import annotations

from random import Random

import pytest

from tests.kit.fuzz_program import TransactionTarget
from tests.kit.fuzz_targets import Outcome, SdpTarget, Trial
from tests.kit.fuzzer import TARGETS, SlowInputError, fuzz


@pytest.mark.parametrize(
    ("name", "count"),
    [
        *(("datagram", 6000), ("stream", 4000), ("sdp", 4000), ("digest", 3000), ("transactions", 250)),
        *(("audiosocket", 4000), ("asterisk_ws", 6000)),
    ],
)
def test_a_short_run(name: str, count: int) -> None:
    figures = fuzz(TARGETS[name](), Random(4475), until=lambda done: done.inputs >= count, timed=False)
    # Both outcomes must be there, or the mutations prove nothing.
    assert 0.1 * count < figures.taken < 0.95 * count


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_themselves_are_taken(name: str) -> None:
    target = TARGETS[name]()
    taken = [target.trial(seed, Random(1))().taken for seed in target.seeds]
    assert any(taken)


class Broken:
    """A target with a bug, and one that is slow: the fuzzer must see both."""

    name = "broken"
    seeds = (b"x" * 100,)

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def trial(self, data: bytes, rng: Random) -> Trial:
        def run() -> Outcome:
            if self.error is not None:
                raise self.error
            sum(range(400_000))
            return Outcome(True, len(data))

        return run


def test_the_fuzzer_tells_of_an_exception_with_the_input() -> None:
    with pytest.raises(KeyError) as caught:
        fuzz(Broken(KeyError("a bug")), Random(1), until=lambda figures: False)
    assert caught.value.__notes__[0].startswith("the input: ")


def test_the_fuzzer_tells_of_a_slow_input() -> None:
    with pytest.raises(SlowInputError):
        fuzz(Broken(None), Random(1), until=lambda figures: False)


def test_a_programs_calls_are_answered_and_over() -> None:
    outcome = TransactionTarget().trial(bytes((0, 0, 4, 1, 1, 0, 1, 1)), Random(1))()
    assert outcome.taken
    assert outcome.size > 1500  # an INVITE, its 200, an ACK, a BYE and its 200


def test_sdp_of_nothing_is_refused() -> None:
    assert not SdpTarget().trial(b"", Random(1))().taken
