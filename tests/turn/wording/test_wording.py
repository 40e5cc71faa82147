"""Both wordings of a phrase: the plan's choice of rules, and which word is which."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.turn.speaking_settings import FormatSettings, Formatter, Replacement
from aywa.turn.spoken import Spoken
from aywa.turn.wording.draft import Draft
from aywa.turn.wording.formatter import wording
from aywa.turn.wording.numbers import cardinal, ordinal


def said(text: str, **settings: object) -> str:
    return wording(FormatSettings(**settings), "en").speak(text).spoken  # type: ignore[arg-type]


def test_a_plan_can_turn_everything_off() -> None:
    assert said("**$5** at 7:00", enabled=False) == "**$5** at 7:00"


@pytest.mark.parametrize(
    ("formatter", "words"),
    [
        (Formatter.MARKDOWN, '$5 - it: at "7:00" 5% a@b.co FBI 5km 5kg May 3 (555) 123-4567 9'),
        (
            Formatter.DOLLAR_AMOUNT,
            '**five dollars** - it: at "7:00" 5% a@b.co FBI 5km 5kg May 3 (555) 123-4567 9',
        ),
        (Formatter.TIME, '**$5** - it: at "seven o\'clock" 5% a@b.co FBI 5km 5kg May 3 (555) 123-4567 9'),
        (
            Formatter.PERCENTAGE,
            '**$5** - it: at "7:00" five percent a@b.co FBI 5km 5kg May 3 (555) 123-4567 9',
        ),
        (Formatter.EMAIL, '**$5** - it: at "7:00" 5% a at b dot co FBI 5km 5kg May 3 (555) 123-4567 9'),
        (
            Formatter.DISTANCE,
            '**$5** - it: at "7:00" 5% a@b.co FBI five kilometers 5kg May 3 (555) 123-4567 9',
        ),
        (Formatter.UNIT, '**$5** - it: at "7:00" 5% a@b.co FBI 5km five kilograms May 3 (555) 123-4567 9'),
        (Formatter.DATE, '**$5** - it: at "7:00" 5% a@b.co FBI 5km 5kg May third (555) 123-4567 9'),
        (Formatter.ACRONYM, '**$5** - it: at "7:00" 5% a@b.co F B I 5km 5kg May 3 (555) 123-4567 9'),
        (Formatter.QUOTE, "**$5** - it: at 7:00 5% a@b.co FBI 5km 5kg May 3 (555) 123-4567 9"),
        (Formatter.DASH, '**$5**, it: at "7:00" 5% a@b.co FBI 5km 5kg May 3 (555) 123-4567 9'),
        (Formatter.COLON, '**$5** - it, at "7:00" 5% a@b.co FBI 5km 5kg May 3 (555) 123-4567 9'),
        (Formatter.STRIP_ASTERISK, '$5 - it: at "7:00" 5% a@b.co FBI 5km 5kg May 3 (555) 123-4567 9'),
        (
            Formatter.PHONE_NUMBER,
            '**$5** - it: at "7:00" 5% a@b.co FBI 5km 5kg May 3 five five five, one two three, four five six'
            " seven 9",
        ),
    ],
)
def test_only_what_the_plan_names(formatter: Formatter, words: str) -> None:
    text = '**$5** - it: at "7:00" 5% a@b.co FBI 5km 5kg May 3 (555) 123-4567 9'
    assert said(text, formatters=frozenset([formatter])) == words


def test_what_stands_between_asterisks_goes_where_the_plan_says_so() -> None:
    assert said("*smiles* Hello.") == "smiles Hello."
    assert said("*smiles* Hello.", formatters=frozenset([Formatter.ASTERISK])) == "Hello."
    assert said("one\ntwo", formatters=frozenset([Formatter.NEWLINE])) == "one. two"


def test_the_cutoff() -> None:
    assert said("It is 4701.", digits_cutoff=9999) == "It is four thousand seven hundred one."
    assert said("It is 305.", digits_cutoff=100) == "It is three zero five."


def test_replacements_come_last_and_in_order() -> None:
    replacements = (
        Replacement("Aywa", "I wah"),
        Replacement(r"(\w+) dollars", "$1 bucks", regex=True),
        Replacement("ROOM", "chamber", regex=True, ignore_case=True, whole_word=True),
        Replacement("^one", "uno", regex=True, multi_line=True),
        Replacement("x", "[$&$9]", regex=True),
    )
    assert said("Aywa has a room for $50, x roomy.", replacements=replacements) == (
        "I wah has a chamber for fifty bucks, [x] roomy."
    )
    with pytest.raises(ValueError, match="no regular expression"):
        wording(FormatSettings(replacements=(Replacement("(", "", regex=True),)), "en")


def at_moments(spoken: Spoken) -> list[tuple[str, int]]:
    """Each written word and the number of the word for the ear it ends with, where those end one a second."""
    heard, end = [], 0
    for number, word in enumerate(spoken.spoken.split(), 1):
        end = spoken.spoken.index(word, end) + len(word)
        heard.append((end, number))
    return [(spoken.text[:end].split()[-1], moment) for end, moment in spoken.original(heard)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It is $42.50 a night.", [("It", 1), ("is", 2), ("$42.50", 7), ("a", 8), ("night.", 9)]),
        ("**Good** morning.", [("**Good**", 1), ("morning.", 2)]),
        ("- nuts and bread", [("-", 0), ("nuts", 1), ("and", 2), ("bread", 3)]),
        ("At 7 p.m. then", [("At", 1), ("7", 2), ("p.m.", 4), ("then", 5)]),
        ("Call 555-123-4567 now", [("Call", 1), ("555-123-4567", 11), ("now", 12)]),
        ("Good morning.", [("Good", 1), ("morning.", 2)]),
    ],
)
def test_a_word_is_heard_with_the_last_word_that_is_said_for_it(
    text: str, words: list[tuple[str, int]]
) -> None:
    assert at_moments(wording(FormatSettings(), "en").speak(text)) == words


def test_a_draft_shares_a_span_among_its_words() -> None:
    draft = Draft("a b c d")
    draft.sub(re.compile("b c"), "x y z w")
    spoken = draft.spoken()
    assert spoken.spoken == "a x y z w d"
    assert at_moments(spoken) == [("a", 1), ("b", 2), ("c", 5), ("d", 6)]


_WORDS = st.sampled_from(
    [
        *[
            "$5",
            "12:30",
            "p.m.",
            "**x**",
            "AB-12",
            "FBI",
            "1,250.5",
            "a@b.co",
            "+49 30 1234",
            "50%",
            "5 km",
            "May 3",
        ],
        *[
            "2026-05-31",
            "😀",
            "*",
            "_",
            "`",
            "\n",
            "-",
            "—",
            ":",
            "[a](b)",
            "1/2",
            "#5",
            "Dr.",
            "3-4",
            "www.x.com/y",
        ],
        *[
            "hello",
            "the",
            ".",
            "?",
            "1990s",
            "½",
            "№ 7",
            "<b>",
            "&",
            "99999999999999999999",
            "字。",
            "٣",
            "²",
            "0",
        ],
    ]
)


@given(
    st.lists(_WORDS, max_size=12), st.sampled_from(["", " "]), st.sampled_from(["en", "en-GB", "de", "zh"])
)
def test_whatever_is_written_something_is_said_and_every_word_has_its_place(
    words: list[str], gap: str, language: str
) -> None:
    text = gap.join(words).strip()
    spoken = wording(FormatSettings(), language).speak(text)
    assert spoken.text == text
    assert bool(spoken.spoken.strip()) == bool(text)
    ends = [end for end, _ in spoken.ends]
    assert ends == sorted(ends)
    assert [text[:end].split()[-1] for end in ends] == text.split()
    places = [place for _, place in spoken.ends]
    assert places == sorted(places)
    if places:
        assert places[-1] <= len(spoken.spoken)
        whole = [(len(spoken.spoken), 1)]
        assert {moment for _, moment in spoken.original(whole)} <= {0, 1}
        if any(character.isalnum() for character in text.split()[-1]):
            assert spoken.original(whole)[-1][1] == 1


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (100, "one hundred"),
        (-7, "minus seven"),
        (1_000_001, "one million one"),
        (
            987_654_321,
            "nine hundred eighty-seven million six hundred fifty-four thousand three hundred twenty-one",
        ),
    ],
)
def test_cardinals(number: int, words: str) -> None:
    assert cardinal(number) == words


def test_ordinals() -> None:
    numbers = (1, 2, 3, 4, 5, 8, 9, 12, 20, 21, 30, 100, 103)
    assert ", ".join(ordinal(number) for number in numbers) == (
        "first, second, third, fourth, fifth, eighth, ninth, twelfth, twentieth, twenty-first, thirtieth,"
        " one hundredth, one hundred third"
    )
