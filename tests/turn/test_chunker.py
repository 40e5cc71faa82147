"""Tokens to phrases: split where a voice would pause, nowhere else, and lose nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.turn.chunker import Chunker


def chunks(text: str, size: int = 1) -> list[str]:
    """The phrases of a text that comes in pieces of `size`."""
    chunker = Chunker()
    phrases: list[str] = []
    for start in range(0, len(text), size):
        phrases += chunker.feed(text[start : start + size])
    return phrases + chunker.flush()


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("Hello.", ["Hello."]),
        ("Hello. How are you?", ["Hello.", "How are you?"]),
        ("Good morning, how may I help?", ["Good morning,", "how may I help?"]),
        ("Yes, of course.", ["Yes, of course."]),  # three letters are no phrase worth starting with
        ("It costs 3.50 euros a night. Good?", ["It costs 3.50 euros a night.", "Good?"]),
        ("That is 1,250 dollars in all.", ["That is 1,250 dollars in all."]),
        ("Dr. Smith and Mrs. Jones are in.", ["Dr. Smith and Mrs. Jones are in."]),
        ("Breakfast is at 7 a.m. and is free.", ["Breakfast is at 7 a.m. and is free."]),
        ("Breakfast is at 7 a.m. Dinner is at six.", ["Breakfast is at 7 a.m.", "Dinner is at six."]),
        ("Snacks, e.g. nuts, are free.", ["Snacks, e.g. nuts,", "are free."]),
        ("It is room No. 12 for you.", ["It is room No. 12 for you."]),
        ("No. We are full.", ["No.", "We are full."]),
        ("J. R. Smith called you today.", ["J. R. Smith called you today."]),
        ("So do I. Thank you.", ["So do I.", "Thank you."]),
        ("1. A room. 2. A table.", ["1. A room.", "2. A table."]),
        ("Really?! Yes!", ["Really?!", "Yes!"]),
        ('He said "yes." Then he left.', ['He said "yes."', "Then he left."]),
        ("Well... I see.", ["Well...", "I see."]),
        ("One\nTwo", ["One", "Two"]),
        ("We open at 10:30 every day.", ["We open at 10:30 every day."]),
        ("  ", []),
        ("...", []),
        ("", []),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_phrases(text: str, phrases: list[str], size: int) -> None:
    assert chunks(text, size) == phrases


def test_the_first_phrase_comes_early_and_later_ones_are_whole() -> None:
    """A clause is enough to start with; after that sentences, which sound better."""
    text = "Thank you very much, I have found a room, it is on the third floor, and it is quiet."
    assert chunks(text) == [
        "Thank you very much,",
        "I have found a room, it is on the third floor, and it is quiet.",
    ]


def test_text_without_punctuation_is_cut_at_a_space() -> None:
    phrases = chunks("word " * 200)
    assert all(len(phrase) <= 220 for phrase in phrases)
    assert " ".join(phrases).split() == ["word"] * 200


def test_an_unfinished_phrase_can_be_dropped() -> None:
    chunker = Chunker()
    assert chunker.feed("First sentence. And th") == ["First sentence."]
    assert chunker.drop().strip() == "And th"
    assert chunker.flush() == []


@given(st.text(alphabet="aB1 .,!?;:\n'\"()", max_size=400), st.integers(min_value=1, max_value=50))
def test_no_letter_is_lost_and_pieces_do_not_matter(text: str, size: int) -> None:
    """Whatever comes in comes out, in order, however it was cut into tokens."""
    phrases = chunks(text, size)
    spoken = "".join("".join(phrases).split())
    written = "".join(text.split())
    letters = "".join(c for c in written if c.isalnum())
    assert "".join(c for c in spoken if c.isalnum()) == letters
    assert all(any(c.isalnum() for c in phrase) for phrase in phrases)
