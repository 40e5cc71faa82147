"""The heard ledger: what was heard, to the sample."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.turn.events import WordAt
from aywa.turn.heard import HeardLedger
from aywa.turn.speaking_settings import FormatSettings
from aywa.turn.wording.formatter import wording


def ledger_with(*texts: str, samples: int = 8000, words: tuple[WordAt, ...] = ()) -> HeardLedger:
    """A ledger with phrases of `samples` each, all written, of turn 1."""
    ledger = HeardLedger()
    for index, text in enumerate(texts):
        ledger.phrase(1, index, text)
        ledger.wrote(1, index, samples, words)
        ledger.wrote_whole(1, index)
    return ledger


def heard_at(ledger: HeardLedger, played: int) -> str:
    """What a caller has heard at this position; the ledger stays as it is."""
    copy = deepcopy(ledger)
    copy.played_to(played, played)
    return copy.settle(1).text


@pytest.mark.parametrize(
    ("played", "heard"),
    [
        (0, ""),
        (3999, ""),
        (4000, "bad"),  # as much is to be said of the one as of the other: its last sample has been sent
        (7999, "bad"),
        (8000, "bad dog"),
        (8001, "bad dog"),
        (16000, "bad dog big cat"),
    ],
)
def test_without_word_marks_time_is_shared_by_what_there_is_to_say(played: int, heard: str) -> None:
    ledger = ledger_with("bad dog", "big cat")
    ledger.played_to(played, played)
    assert ledger.settle(1).text == heard


@pytest.mark.parametrize(("played", "heard"), [(99, ""), (1000, "A"), (6999, "A"), (7000, "A long-winded")])
def test_word_marks_are_exact(played: int, heard: str) -> None:
    marks = (WordAt("A", 0), WordAt("long", 1000), WordAt("word", 7000))
    ledger = ledger_with("A long-winded word", words=marks)
    ledger.played_to(played, played)
    assert ledger.settle(1).text == heard


def test_marks_are_believed_word_by_word() -> None:
    """A synthesizer that reads "$5" as two words still knows where the others are."""
    marks = (
        WordAt("it", 0),
        WordAt("is", 900),
        WordAt("five", 2000),
        WordAt("dollars", 4000),
        WordAt("now", 7000),
    )
    ledger = ledger_with("It is $5 now.", words=marks)
    assert next(at for at in range(0, 8001, 100) if heard_at(ledger, at) == "It") == 900
    assert heard_at(ledger, 6900) == "It is"
    assert heard_at(ledger, 7000) == "It is $5"


def test_marks_of_another_text_are_not_believed() -> None:
    ledger = ledger_with("bad dog", words=(WordAt("other", 0), WordAt("words", 10)))
    assert heard_at(ledger, 3999) == ""
    assert heard_at(ledger, 4000) == "bad"


def test_a_pause_belongs_to_no_word() -> None:
    """200 ms of speech, 600 ms of silence, 200 ms of speech: the first words are heard before the pause."""
    ledger = HeardLedger()
    ledger.phrase(1, 0, "Bad dog, big cat")
    ledger.wrote(1, 0, 8000, levels=bytes([60] * 20 + [0] * 60 + [60] * 20))
    ledger.wrote_whole(1, 0)
    assert heard_at(ledger, 1599) == "Bad"
    assert heard_at(ledger, 1600) == "Bad dog,"
    assert heard_at(ledger, 6400) == "Bad dog,"
    assert heard_at(ledger, 8000) == "Bad dog, big cat"


def test_times_lie_on_the_timeline_around_a_closed_gate() -> None:
    """`played` stands still while the timeline goes on: start and end are where the samples really were."""
    ledger = ledger_with("One two.")
    ledger.played_to(160, 5160)  # the first frame began at timeline 5000
    ledger.played_to(4000, 9000)
    ledger.played_to(4000, 25_000)  # the gate was closed for two seconds
    ledger.played_to(8000, 29_000)
    heard = ledger.settle(1)
    assert (heard.start_sample, heard.end_sample) == (5000, 29_000)
    assert heard.complete


def test_audio_after_a_flush_follows_what_was_played() -> None:
    ledger = ledger_with("One two three.")
    ledger.played_to(2000, 2000)
    assert not ledger.settle(1).complete
    ledger.flushed()
    ledger.phrase(2, 0, "Yes.")
    ledger.wrote(2, 0, 800)
    ledger.wrote_whole(2, 0)
    assert not ledger.begun(2)
    ledger.played_to(2800, 9000)
    assert ledger.finished(2)
    heard = ledger.settle(2)
    assert (heard.text, heard.start_sample, heard.end_sample) == ("Yes.", 8200, 9000)


def test_a_phrase_without_a_sample_holds_nothing_up() -> None:
    ledger = HeardLedger()
    ledger.phrase(1, 0, "*")
    ledger.wrote_whole(1, 0)
    assert ledger.finished(1)


def test_old_news_are_ignored() -> None:
    ledger = ledger_with("One.")
    ledger.played_to(4000, 4000)
    ledger.played_to(160, 160)
    assert ledger.played == 4000


def test_lost_marks_are_made_up_for() -> None:
    ledger = ledger_with("One.")
    ledger.played_to(160, 160)
    ledger.assume_played()
    assert ledger.finished(1)
    assert ledger.settle(1).text == "One."


@given(
    st.lists(
        st.tuples(st.sampled_from(["One two.", "A", "three four five"]), st.integers(0, 9000)), max_size=5
    ),
    st.integers(0, 50_000),
)
def test_heard_is_a_beginning_of_what_was_said(phrases: list[tuple[str, int]], played: int) -> None:
    """Never a word that was not played, none twice, none out of order; more played is never less heard."""
    texts = []
    for cut in (played // 2, played):
        ledger = HeardLedger()
        for index, (text, samples) in enumerate(phrases):
            ledger.phrase(1, index, text)
            ledger.wrote(1, index, samples)
            ledger.wrote_whole(1, index)
        ledger.played_to(min(cut, sum(samples for _, samples in phrases)), cut)
        texts.append(ledger.settle(1).text)
    said = " ".join(text for text, samples in phrases if samples)
    assert said.startswith(texts[0])
    assert texts[1].startswith(texts[0])
    if played >= sum(samples for _, samples in phrases):
        assert texts[1] == said


def test_what_was_heard_is_told_in_the_words_that_were_written() -> None:
    """Said are ten words, of which six come of the sum: it was heard when the last of them was."""
    spoken = wording(FormatSettings(), "en").speak("It is $42.50 a night.")
    assert spoken.spoken == "It is forty-two dollars and fifty cents a night."
    words = spoken.spoken.split()
    for heard, text in [
        (0, ""),
        (1, "It"),
        (3, "It is"),
        (6, "It is"),
        (7, "It is $42.50"),
        (8, "It is $42.50 a"),
    ]:
        ledger = HeardLedger()
        ledger.phrase(1, 0, spoken)
        marks = tuple(WordAt(word, 800 * index) for index, word in enumerate(words))
        ledger.wrote(1, 0, 800 * len(words), marks)
        ledger.wrote_whole(1, 0)
        ledger.played_to(800 * heard + 10, 800 * heard + 10)
        assert ledger.settle(1).text == text
