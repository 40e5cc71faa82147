"""Which transcripts say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.turn.numerals import with_digits
from aywa.turn.same_words import begins_with, same_words, words_in

SAME = [
    ("A room, please.", "a room please"),
    ("Um, a room please", "A room, uh, please."),
    ("I don't know", "I don\u2019t know"),
    ("uh-huh", "Uh huh."),
    ("mm-hmm", "mhm"),
    ("OK", "okay"),
    ("an e-mail", "an email"),
    ("room twenty-one", "room 21"),
    ("twenty one euros", "\u20ac21"),
    ("at two thirty", "at 2:30"),
    ("two thirty", "230"),
    ("five five five one two", "555 12"),
    ("five oh five", "505"),
    ("zero zero seven", "007"),
    ("the twenty first of May", "the 21st of May"),
    ("the third", "the 3rd"),
    ("a hundred and five", "105"),
    ("two thousand and twenty six", "2026"),
    ("twelve thousand five hundred", "12,500"),
    ("twelve thousand five hundred", "12.500"),
    ("two million", "2 million"),
    ("three point five", "3.5"),
    ("$2,500.50", "2500.50 dollars"),
    ("twenty percent", "20%"),
    ("treinta y uno", "31"),
    ("veintidós", "22"),
    ("mil novecientos noventa y nueve", "1999"),
    ("quatre-vingt-dix-neuf", "99"),
    ("soixante et onze", "71"),
    ("deux cent vingt et un", "221"),
    ("ventuno", "21"),
    ("centoventi euro", "centoventi euro."),
    ("duecento trenta", "230"),
    ("einundzwanzig", "21"),
    ("zweihundert fünfzig", "250"),
    ("сто двадцать пять", "125"),
    ("две тысячи двадцать шесть", "2026"),
    ("ещё комнату", "еще комнату"),
    ("", "..."),
    ("\u1369 rooms", "\u1369 Rooms"),
]

OTHER = [
    ("a room", "a room please"),
    ("a room for two", "a room for three"),
    ("yes", "no"),
    ("I do", "I don't"),
    ("I can", "I can not"),
    ("twenty and three", "23"),
    ("two thirty", "two hundred thirty"),
    ("twenty one", "20 1"),
    ("the third", "three"),
    ("3.5", "35"),
    ("2.50", "250"),
    ("", "yes"),
    ("um", "yes"),
    ("uh-huh", "uh-uh"),
    ("uh", "uh-huh"),
    ("oh no", "no"),
    ("room 21", "room 22"),
    ("ninety", "nineteen"),
    ("ну да", "да"),
    ("soixante dix", "60"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same(one: str, other: str) -> None:
    assert same_words(one, other)
    assert same_words(other, one)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_not_the_same(one: str, other: str) -> None:
    assert not same_words(one, other)
    assert not same_words(other, one)


@pytest.mark.parametrize(
    ("text", "beginning", "may"),
    [
        ("a room for two", "a room", True),
        ("A room, for two.", "um a room", True),
        ("a room for two", "a room for two", True),
        ("a room for two", "", True),
        ("a room", "a room for two", False),
        ("a room for two", "a table", False),
        ("room twenty one", "room 21", True),
    ],
)
def test_beginnings(text: str, beginning: str, may: bool) -> None:
    assert begins_with(text, beginning) is may


def test_words_are_counted_without_hesitations() -> None:
    assert [words_in(text) for text in ("", "...", "um", "um yes", "a room, please.", "21")] == [
        0,
        0,
        1,
        1,
        3,
        1,
    ]


_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
)


def english(number: int) -> str:
    """A number below a million, spoken: an independent way from digits to words."""
    small = _SMALL.split()
    tens = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
    if number < 20:
        return small[number]
    if number < 100:
        return tens[number // 10] + (f" {small[number % 10]}" if number % 10 else "")
    for scale, name in ((1000, "thousand"), (100, "hundred")):
        if number >= scale:
            rest = f" {english(number % scale)}" if number % scale else ""
            return f"{english(number // scale)} {name}{rest}"
    raise AssertionError(number)


@given(st.integers(0, 999_999))
def test_every_number_that_is_spoken_is_the_one_that_is_written(number: int) -> None:
    assert with_digits(english(number).split()) == [str(number)]
    assert same_words(f"room {english(number)} please", f"Room {number:,}, please.")


@given(st.integers(0, 9999), st.integers(0, 9999))
def test_two_numbers_are_not_one_another(one: int, other: int) -> None:
    assert same_words(english(one), english(other)) is (one == other)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_compared(one: str, other: str) -> None:
    """Nothing is raised, and the comparison is even-handed and true of a text and itself."""
    assert same_words(one, one)
    assert same_words(one, other) is same_words(other, one)
    assert begins_with(one, "")
