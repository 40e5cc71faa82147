"""Echo guard and speech detector over whole sentences: no self-interruption, and the caller is heard."""

from __future__ import annotations

from itertools import chain

import pytest

from aywa._native.echo import EchoGuard
from tests.kit.echo_calls import (
    Situation,
    call,
    detected,
    detections,
    false_starts,
    long_enough,
    recorded_sentences,
    spoken_sentences,
)
from tests.kit.echo_path import FRAME, LEAD_FRAMES, EchoPath, PathKind

DELAYS = (40, 80, 150, 250, 400)


@pytest.mark.parametrize("noise_db", [None, -60.0])
def test_an_echo_at_20_db_interrupts_none_of_500_sentences(noise_db: float | None) -> None:
    """500 with and 500 without line noise, each a call of its own without an echo known; mu-law both ways."""
    sentences = (*recorded_sentences(), *spoken_sentences(24))
    wrong = sum(
        false_starts(sentences[at:], Situation(EchoPath(delay, 20.0), noise_db), 100)
        for at, delay in zip(range(0, 300, 60), DELAYS, strict=True)
    )
    assert wrong == 0


def test_without_the_guard_the_same_echo_interrupts_nearly_every_sentence() -> None:
    situation = Situation(EchoPath(150, 20.0))
    heard = [call(sentence, situation, 1, None)[0] for sentence in recorded_sentences()[:20]]
    assert sum(bool(one.starts) for one in heard) >= 18


@pytest.mark.parametrize("word_db", [0.0, -6.0])
@pytest.mark.parametrize("noise_db", [None, -60.0])
def test_95_percent_of_words_over_the_assistant_are_found(word_db: float, noise_db: float | None) -> None:
    sentences = long_enough(recorded_sentences())
    found = list(
        chain.from_iterable(
            detections(sentences[at:], Situation(EchoPath(delay, 20.0), noise_db, word_db), 30)
            for at, delay in enumerate(DELAYS)
        )
    )
    assert sum(ok for ok, _ in found) >= 0.95 * len(found)


@pytest.mark.parametrize("loss_db", [0.0, 6.0, 10.0, 20.0, 30.0, None])
def test_a_caller_at_the_very_start_is_not_swallowed(loss_db: float | None) -> None:
    """His word begins with the assistant's first sentence, before any echo is known."""
    situation = Situation(EchoPath(150, loss_db), None, 0.0, LEAD_FRAMES * FRAME)
    found = list(detections(recorded_sentences(), situation, 60))
    waits = sorted(wait for _, wait in found)
    assert sum(ok for ok, _ in found) >= 57
    assert waits[len(waits) // 2] <= 60


@pytest.mark.parametrize("loss_db", [0.0, 10.0, 30.0])
@pytest.mark.parametrize("delay_ms", [40, 400])
def test_other_losses_interrupt_at_most_one_in_fifty(loss_db: float, delay_ms: int) -> None:
    assert false_starts(recorded_sentences(), Situation(EchoPath(delay_ms, loss_db), -60.0), 100) <= 2


@pytest.mark.parametrize(
    "path",
    [
        EchoPath(150, 20.0, PathKind.HANDSET),
        EchoPath(150, 20.0, wander=0.5),
        EchoPath(150, 20.0, jump_ms=30.0),
        EchoPath(150, 20.0, jump_ms=100.0),
    ],
)
def test_paths_that_bend_wander_and_jump(path: EchoPath) -> None:
    assert false_starts(recorded_sentences(), Situation(path), 100) <= 2
    found = list(detections(long_enough(recorded_sentences()), Situation(path, None, -6.0), 60))
    assert sum(ok for ok, _ in found) >= 55


def test_a_quiet_line_without_echo_keeps_every_word() -> None:
    sentence = long_enough(recorded_sentences())[0]
    guard = EchoGuard()
    heard, expected = call(sentence, Situation(EchoPath(0, None), -60.0, 0.0), 3, guard)
    assert detected(heard, expected)
    assert not guard.locked
    assert guard.return_loss_db is None
