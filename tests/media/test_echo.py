"""Echo guard and speech detector over whole sentences: no self-interruption, and the caller is heard."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from aywa._native.echo import EchoGuard
from aywa._native.speech import SpeechMonitor
from tests.kit.echo_calls import (
    Situation,
    call,
    delays_over_a_known_echo,
    detected,
    detections,
    false_starts,
    long_enough,
    recorded_sentences,
    spoken_sentences,
)
from tests.kit.echo_path import (
    FRAME,
    LEAD_FRAMES,
    EchoPath,
    PathKind,
    echo_of,
    line_noise,
    over_ulaw,
    padded,
    run,
)

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


@pytest.mark.parametrize(("loss_db", "most"), [(0.0, 18), (6.0, 12), (10.0, 12), (20.0, 3)])
def test_an_echo_that_was_clipped_on_its_way_seldom_interrupts(loss_db: float, most: int) -> None:
    """Of 75 sentences; a path learned on soft speech says too much of loud speech there."""
    path = EchoPath(150, loss_db, PathKind.CODEC)
    wrong = sum(
        false_starts(recorded_sentences(), Situation(replace(path, delay_ms=delay)), 15) for delay in DELAYS
    )
    assert wrong <= most
    found = list(detections(long_enough(recorded_sentences()), Situation(path, None, 0.0), 30))
    assert sum(ok for ok, _ in found) >= 27


def test_over_a_known_echo_a_caller_waits_hardly_longer_than_without() -> None:
    """150 words; those that are told late begin with a hiss softer than the echo."""
    later = sorted(chain.from_iterable(delays_over_a_known_echo(EchoPath(d, 20.0), 30) for d in DELAYS))
    assert len(later) >= 145
    assert later[len(later) // 2] == 0
    assert later[len(later) * 95 // 100] <= 2 * FRAME / 8
    assert later[-1] < float("inf")


def test_a_quiet_line_without_echo_keeps_every_word() -> None:
    sentence = long_enough(recorded_sentences())[0]
    guard = EchoGuard()
    heard, expected = call(sentence, Situation(EchoPath(0, None), -60.0, 0.0), 3, guard)
    assert detected(heard, expected)
    assert not guard.locked
    assert guard.return_loss_db is None


@pytest.mark.parametrize("word_db", [0.0, -6.0])
def test_on_a_line_without_echo_the_guard_costs_a_caller_no_time(word_db: float) -> None:
    """150 words over the assistant with the guard and without: nearly all are told in the same frame."""
    sentences = long_enough(recorded_sentences())
    situation = Situation(EchoPath(0, None), -60.0, word_db)
    waits = []
    for number in range(150):
        sentence = sentences[number % len(sentences)]
        with_guard, expected = call(sentence, situation, number, EchoGuard())
        without, _ = call(sentence, situation, number, None)
        assert detected(with_guard, expected) == detected(without, expected)
        if with_guard.starts:
            waits.append(with_guard.starts[0][0] - without.starts[0][0])
    waits.sort()
    assert len(waits) >= 140
    assert waits[len(waits) * 95 // 100] <= FRAME
    assert waits[-1] <= 3 * FRAME


def test_an_echo_that_begins_on_a_line_known_to_have_none_is_found() -> None:
    """Another telephone after a transfer: 100 calls of a sentence without echo and one with it."""
    sentences = recorded_sentences()
    wrong = 0
    for number, delay_ms in enumerate(DELAYS * 20):
        guard, monitor = EchoGuard(), SpeechMonitor(1, 34, 400)
        before, after = padded(sentences[number]), padded(sentences[number + 100])
        assert not run(guard, monitor, before, line_noise(len(before), -60.0, number)).starts
        heard = echo_of(after, EchoPath(delay_ms, 20.0), number) + line_noise(len(after), -60.0, number)
        wrong += bool(run(guard, monitor, after, heard, len(before)).starts)
        assert guard.locked
    assert wrong <= 2


def test_a_caller_who_sounds_like_the_assistant_is_told_in_time_again_and_again() -> None:
    """One voice on both sides, no echo, 20 calls: over the assistant, which talks on, the caller begins a
    sentence every four seconds; some of them begin with a hum that much of what was sent could explain.
    """
    talks, said = long_enough(recorded_sentences()), recorded_sentences()
    later = []
    for number in range(20):
        sent = over_ulaw(np.concatenate([talks[(number + k) % len(talks)] for k in range(16)]))
        caller = line_noise(len(sent), -69.0, number)
        begins = range(20_000 + number * 37, len(sent) - 16_000, 32_000)
        for turn, begin in enumerate(begins):
            words = said[(number * len(begins) + turn) % len(said)][:12_000] * 2
            caller[begin : begin + len(words)] += words
        with_guard = run(EchoGuard(), SpeechMonitor(1, 34, 400), sent, caller).starts
        without = run(None, SpeechMonitor(1, 34, 400), sent, caller).starts
        later += [
            min((at for at, _ in with_guard if at >= begin), default=99_999) - begin for begin, _ in without
        ]
    late = [wait for wait in later if wait > FRAME]
    print(
        f"{len(late)} of {len(later)} beginnings told more than 20 ms later, at most {max(later) / 8:.0f} ms"
    )
    assert len(later) >= 100
    assert len(late) <= len(later) // 50
    assert max(later) <= 3 * FRAME


def test_an_echo_that_is_no_more_is_not_looked_for_any_more() -> None:
    """From a loudspeaker to the handset: half a second in which what is sent strongly is not answered."""
    sentences = recorded_sentences()
    for number, delay_ms in enumerate(DELAYS * 4):
        guard, monitor = EchoGuard(), SpeechMonitor(1, 34, 400)
        before, after = padded(sentences[number]), padded(sentences[number + 40])
        run(guard, monitor, before, echo_of(before, EchoPath(delay_ms, 20.0), number))
        assert guard.locked
        run(guard, monitor, after, line_noise(len(after), -69.0, number), len(before))
        assert not guard.locked


@pytest.mark.parametrize("loss_db", [20.0, 30.0])
def test_a_faint_echo_stays_known_while_the_assistant_talks(loss_db: float) -> None:
    """At 30 dB little of it can be heard, which is no sign that it has gone."""
    sentences = recorded_sentences()
    for number, delay_ms in enumerate(DELAYS * 4):
        guard, monitor = EchoGuard(), SpeechMonitor(1, 34, 400)
        sent = np.concatenate([padded(sentences[number + 20 * k]) for k in range(6)])
        heard = echo_of(sent, EchoPath(delay_ms, loss_db), number) + line_noise(len(sent), -69.0, number)
        assert not run(guard, monitor, sent, heard).starts
        assert guard.locked
