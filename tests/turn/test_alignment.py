"""Where words lie in a phrase's audio."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.turn.alignment import FRAME_SAMPLES, word_ends, words_of
from aywa.turn.events import WordAt

LOUD, QUIET = 60, 10


def frames(*runs: tuple[int, int]) -> bytes:
    """Levels: runs of (level, 10 ms frames)."""
    return b"".join(bytes([level] * count) for level, count in runs)


def ends(text: str, levels: bytes, marks: tuple[WordAt, ...] = ()) -> list[int]:
    """Where its words end, in frames."""
    found = word_ends(text, levels, len(levels) * FRAME_SAMPLES, marks)
    return [sample // FRAME_SAMPLES for _, sample in found]


def test_words_are_where_white_space_puts_them() -> None:
    text = "  Yes,  Dr. Møller\u2019s 5 p.m. \n"
    assert [text[word.start : word.end] for word in words_of(text)] == [
        "Yes,",
        "Dr.",
        "Møller\u2019s",
        "5",
        "p.m.",
    ]


def test_a_long_pause_lies_between_two_words() -> None:
    levels = frames((LOUD, 30), (QUIET, 40), (LOUD, 30))
    assert ends("bad dog big cat", levels)[1] == 30


def test_a_pause_goes_where_the_sentence_ends_rather_than_where_the_shared_time_has_it() -> None:
    levels = frames((LOUD, 50), (QUIET, 30), (LOUD, 50))
    with_stop = ends("it is a very long way. No it is.", levels)
    assert with_stop[5] == 50
    assert ends("it is a very long way no it is", levels)[5] != 50


def test_the_silence_before_a_plosive_is_no_pause() -> None:
    levels = frames((LOUD, 20), (QUIET, 4), (LOUD, 20))
    assert ends("bad dog", levels) == [20, 44]


def test_silence_in_front_and_behind_belongs_to_no_word() -> None:
    levels = frames((QUIET, 50), (LOUD, 40), (QUIET, 50))
    assert ends("bad dog", levels) == [70, 90]


def test_of_a_phrase_in_the_making_the_rest_is_taken_for_speech() -> None:
    found = word_ends("bad dog big cat", frames((LOUD, 20)), 80 * FRAME_SAMPLES)
    assert [sample // FRAME_SAMPLES for _, sample in found] == [20, 40, 60, 80]


def test_a_phrase_of_silence_ends_with_its_audio() -> None:
    assert ends("bad dog", bytes(10)) == [10, 10]


def test_marks_hold_the_words_they_name_and_pauses_the_others() -> None:
    levels = frames((LOUD, 20), (QUIET, 20), (LOUD, 60))
    marks = (WordAt("one", 0), WordAt("four", 70 * FRAME_SAMPLES))
    assert ends("one, bad dog four", levels, marks) == [20, 55, 70, 100]


@pytest.mark.parametrize("at", [-5, 10**9])
def test_marks_outside_the_phrase_are_not_believed(at: int) -> None:
    assert ends("bad dog", frames((LOUD, 40)), (WordAt("bad", 0), WordAt("dog", at))) == [20, 40]


@given(
    st.text(st.characters(codec="utf-8"), max_size=80),
    st.binary(max_size=200),
    st.integers(0, 20_000),
    st.lists(st.tuples(st.text(max_size=5), st.integers(-100, 30_000)), max_size=8),
)
def test_whatever_comes_the_ends_ascend_within_the_phrase(
    text: str, levels: bytes, length: int, marks: list[tuple[str, int]]
) -> None:
    found = word_ends(text, levels, length, tuple(WordAt(word, at) for word, at in marks))
    assert [end for end, _ in found] == [word.end for word in words_of(text)]
    samples = [sample for _, sample in found]
    assert samples == sorted(samples)
    assert all(0 <= sample <= length for sample in samples)


def test_a_long_phrase_with_many_pauses_keeps_its_words_in_their_pauses() -> None:
    """Twelve words, a pause after each of them: every one ends where its pause begins."""
    rng = Random(7)
    words = ["bad", "dog", "big", "cat", "red", "hen"] * 2
    levels, truth = b"", []
    for _ in words:
        levels += frames((LOUD, rng.randint(18, 22)))
        truth.append(len(levels))
        levels += frames((QUIET, rng.randint(8, 40)))
    assert ends(" ".join(words), levels) == truth
