"""Recorded speech over a bad line, through the engine's own voice detector; more: `python -m bench amd`."""

from __future__ import annotations

from random import Random

import pytest

from aywa.answering.outcomes import Outcome
from bench.answering_run import listen, run_call
from bench.answering_set import Call, machines, menus, people, toneful
from tests.kit.recordings import require_recordings


@pytest.fixture(scope="module")
def answered() -> list[Call]:
    require_recordings()
    rng = Random(5)
    calls = people("en", rng, 20) + machines("en", rng, 8) + menus("en", rng, 4)
    return calls + toneful("en", rng, 6)


@pytest.mark.parametrize("transcripts", [False, True])
def test_people_are_talked_to_and_machines_get_a_message(answered: list[Call], transcripts: bool) -> None:
    results = [run_call(call, transcripts=transcripts) for call in answered]
    people_heard = [each for each in results if each.call.label is Outcome.HUMAN]
    assert [each.call.name for each in people_heard if each.outcome is Outcome.MACHINE] == []
    machines_heard = [each for each in results if each.call.label is Outcome.MACHINE]
    assert sum(each.right for each in machines_heard) >= len(machines_heard) - 1
    toned = [each for each in results if each.call.label in (Outcome.FAX, Outcome.UNKNOWN)]
    assert sum(each.right for each in toned) >= len(toned) - 1
    menus_heard = [each for each in results if each.call.label is Outcome.IVR]
    assert not transcripts or sum(each.right for each in menus_heard) >= 3
    left = [each for each in machines_heard if each.message is not None and each.right]
    # Nothing is said before the last beep is over.
    assert all(after >= 0 for each in left if (after := each.message_after_s) is not None)


def test_beeps_among_speech(answered: list[Call]) -> None:
    heard = [listen(call) for call in answered if call.label in (Outcome.HUMAN, Outcome.MACHINE)]
    true = sum(len(each.call.beeps) for each in heard)
    assert sum(len(each.found) for each in heard) >= 0.9 * true
    assert sum(each.false for each in heard) == 0
    assert all(late <= 200 for each in heard for late in each.late_ms)
