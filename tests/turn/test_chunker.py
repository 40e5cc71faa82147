"""Tokens to phrases: split where a voice would pause, nowhere else, and lose nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.turn.chunker import Chunker, Cutter
from aywa.turn.speaking_settings import PUNCTUATION_BOUNDARIES, ChunkSettings


def chunks(
    text: str, size: int = 1, *, language: str = "en", settings: ChunkSettings | None = None
) -> list[str]:
    """The phrases of a text that comes in pieces of `size`."""
    chunker = Chunker(settings, language)
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
        ("That is $1,250.50. Is it good?", ["That is $1,250.50.", "Is it good?"]),
        ("It costs 30. Good?", ["It costs 30.", "Good?"]),
        ("Dr. Smith and Mrs. Jones are in.", ["Dr. Smith and Mrs. Jones are in."]),
        ("Breakfast is at 7 a.m. and is free.", ["Breakfast is at 7 a.m. and is free."]),
        ("Breakfast is at 7 a.m. Dinner is at six.", ["Breakfast is at 7 a.m.", "Dinner is at six."]),
        ("We see you at 7 p.m. Monday then.", ["We see you at 7 p.m. Monday then."]),
        ("Snacks, e.g. nuts, are free.", ["Snacks, e.g. nuts,", "are free."]),
        ("It is room No. 12 for you.", ["It is room No. 12 for you."]),
        ("No. We are full.", ["No.", "We are full."]),
        ("J. R. Smith called you today.", ["J. R. Smith called you today."]),
        ("He works for the U.S. Government now.", ["He works for the U.S. Government now."]),
        ("He lives in the U.S. We do too.", ["He lives in the U.S.", "We do too."]),
        ("So do I. Thank you.", ["So do I.", "Thank you."]),
        ("1. A room. 2. A table.", ["1. A room.", "2. A table."]),
        ("Really?! Yes!", ["Really?!", "Yes!"]),
        ('He said "yes." Then he left.', ['He said "yes."', "Then he left."]),
        ("**Good.** That is fine.", ["**Good.**", "That is fine."]),
        ("Well... I see.", ["Well...", "I see."]),
        ("One\nTwo", ["One", "Two"]),
        ("We open at 10:30 every day.", ["We open at 10:30 every day."]),
        ("Write to john.doe@example.co.uk, please.", ["Write to john.doe@example.co.uk,", "please."]),
        (
            "See https://www.example.com/a.b?c=d, or call.",
            ["See https://www.example.com/a.b?c=d,", "or call."],
        ),
        ("Your code is 5, 5, 7, 1.", ["Your code is 5, 5, 7, 1."]),
        ("Call 030.123.456 or +49 30 123 456. Good?", ["Call 030.123.456 or +49 30 123 456.", "Good?"]),
        ("We are open from 10 – 12 daily.", ["We are open from 10 – 12 daily."]),
        ("It is 12. 05. 2026 today.", ["It is 12. 05. 2026 today."]),
        ("Take all of it (one, two, or three), please.", ["Take all of it (one, two, or three),", "please."]),
        ("- nuts\n- bread", ["- nuts", "- bread"]),
        ("  ", []),
        ("...", []),
        ("Fine. ...", ["Fine."]),
        ("", []),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_phrases(text: str, phrases: list[str], size: int) -> None:
    assert chunks(text, size) == phrases


@pytest.mark.parametrize(
    ("language", "text", "phrases"),
    [
        ("de", "Am 3. Mai um 9.30 Uhr. Passt das?", ["Am 3. Mai um 9.30 Uhr.", "Passt das?"]),
        ("de", "Hr. Dr. Maier, z. B. heute bzw. morgen.", ["Hr. Dr. Maier,", "z. B. heute bzw. morgen."]),
        ("de-AT", "Das macht 3 Mio. Euro usw. Gut?", ["Das macht 3 Mio. Euro usw.", "Gut?"]),
        ("de", "Hauptstr. 5, Tel. 030 123. Ja.", ["Hauptstr. 5,", "Tel. 030 123.", "Ja."]),
        ("es", "¡Hola! ¿Qué tal está la Sra. Pérez?", ["¡Hola!", "¿Qué tal está la Sra. Pérez?"]),
        ("es", "Buenos días, ¿en qué le ayudo?", ["Buenos días,", "¿en qué le ayudo?"]),
        ("es", "Está en EE.UU. desde 2019. ¿Sí?", ["Está en EE.UU. desde 2019.", "¿Sí?"]),
        ("fr", "M. Dupont et Mme. Durand, bonjour !", ["M. Dupont et Mme. Durand,", "bonjour !"]),
        (
            "it",
            "Il sig. Rossi, il dott. Bianchi ecc. Va bene?",
            ["Il sig. Rossi,", "il dott. Bianchi ecc.", "Va bene?"],
        ),
        ("pt", "A Sra. Silva mora na Av. Paulista. Certo?", ["A Sra. Silva mora na Av. Paulista.", "Certo?"]),
        ("nl", "Dhr. Bakker komt bijv. morgen. Goed?", ["Dhr. Bakker komt bijv. morgen.", "Goed?"]),
        ("pl", "Ul. Długa 5, np. jutro. Dobrze?", ["Ul. Długa 5,", "np. jutro.", "Dobrze?"]),
        ("ru", "Это ул. Ленина, д. 5, стр. 2. Верно?", ["Это ул. Ленина,", "д. 5, стр. 2.", "Верно?"]),
        ("ru", "Стоит 500 руб. за ночь. Да?", ["Стоит 500 руб. за ночь.", "Да?"]),
        ("zh", "您好。请问您要订几个晚上？两晚，对吗？", ["您好。", "请问您要订几个晚上？", "两晚，对吗？"]),
        ("zh", "他说「好的。」然后走了。", ["他说「好的。」", "然后走了。"]),
        ("zh", "您好，欢迎致电港口酒店。", ["您好，欢迎致电港口酒店。"]),
        (
            "ja",
            "もしもし、はい、ホテルです。ご予約ですか？",
            ["もしもし、", "はい、ホテルです。", "ご予約ですか？"],
        ),
        ("ar", "مرحبا بك في الفندق، كيف أساعدك؟ شكرا.", ["مرحبا بك في الفندق،", "كيف أساعدك؟", "شكرا."]),
        ("hi", "नमस्ते। आप कैसे हैं?", ["नमस्ते।", "आप कैसे हैं?"]),
        ("ur", "خوش آمدید۔ آپ کیسے ہیں؟", ["خوش آمدید۔", "آپ کیسے ہیں؟"]),
    ],
)
@pytest.mark.parametrize("size", [1, 1000])
def test_phrases_of_other_languages(language: str, text: str, phrases: list[str], size: int) -> None:
    assert chunks(text, size, language=language) == phrases


def test_the_first_phrase_comes_early_and_later_ones_are_whole() -> None:
    """A clause is enough to start with; after that sentences, which sound better."""
    text = "Thank you very much, I have found a room, it is on the third floor, and it is quiet."
    assert chunks(text) == [
        "Thank you very much,",
        "I have found a room, it is on the third floor, and it is quiet.",
    ]


def test_the_first_phrase_comes_with_the_word_behind_it() -> None:
    """Nothing else is waited for where the mark is clear."""
    chunker = Chunker()
    assert chunker.feed("Good morning.") == []
    assert chunker.feed(" ") == ["Good morning."]


def test_text_without_punctuation_is_cut_at_a_space() -> None:
    phrases = chunks("word " * 200)
    assert [len(phrase) <= 120 for phrase in phrases[:1]] == [True]
    assert all(len(phrase) <= 220 for phrase in phrases)
    assert " ".join(phrases).split() == ["word"] * 200
    number = "call " + "a" * 100 + " +49 30 123 456 789 and so on"
    assert chunks(number)[0] == "call " + "a" * 100, "a number is not cut in two"
    assert chunks("字" * 100)[0] == "字" * 40, "a wide character counts three"


def test_a_plan_has_the_last_word() -> None:
    text = "Yes. Of course, I can do that for you; it is quick. Good?"
    longer = ChunkSettings(min_chars=30)
    assert chunks(text, settings=longer) == ["Yes. Of course, I can do that for you;", "it is quick. Good?"]
    sentences = ChunkSettings(min_chars=1, boundaries=frozenset(".?"))
    assert chunks(text, settings=sentences) == [
        "Yes.",
        "Of course, I can do that for you; it is quick.",
        "Good?",
    ]
    whole = ChunkSettings(enabled=False)
    assert chunks(text + "\n" + text, settings=whole) == [text + "\n" + text]
    assert max(map(len, chunks(text * 100, settings=whole))) <= 1000
    bars = ChunkSettings(min_chars=1, boundaries=frozenset(["||"]))
    assert chunks("one || two", settings=bars) == ["one |", "| two"]
    brackets = ChunkSettings(min_chars=1, boundaries=frozenset(")"))
    assert chunks("one (or two) beds", settings=brackets) == ["one (or two)", "beds"]


def test_an_unfinished_phrase_can_be_dropped() -> None:
    chunker = Chunker()
    assert chunker.feed("First sentence. And th") == ["First sentence."]
    assert chunker.drop().strip() == "And th"
    assert chunker.flush() == []


_PARTS = st.sampled_from(
    [
        *"aBz1950 .,!?;:\n'\"()-–…¿¡。！？，、؟،।|*",
        *[
            "Dr. ",
            "e.g. ",
            "a.m. ",
            "No. ",
            "U.S. ",
            "3.50",
            "+49 30 ",
            "a@b.co ",
            "May ",
            "The ",
            "字",
            "e\u0301",
            "\u200d",
        ],
        *["usw. ", "word " * 30, "w" * 130],
    ]
)
_SETTINGS = st.builds(
    ChunkSettings,
    enabled=st.booleans(),
    min_chars=st.none() | st.integers(1, 80),
    boundaries=st.none() | st.frozensets(st.sampled_from(PUNCTUATION_BOUNDARIES), min_size=1),
)


@given(
    st.lists(_PARTS, max_size=60).map("".join),
    _SETTINGS,
    st.sampled_from(["en", "de", "zh"]),
    st.lists(st.integers(1, 40), min_size=1, max_size=20),
)
def test_nothing_is_lost_and_token_borders_do_not_matter(
    text: str, settings: ChunkSettings, language: str, sizes: list[int]
) -> None:
    """The pieces are the text, to the character, and where it is cut depends on the text alone."""
    whole = Cutter(settings, language)
    pieces = whole.feed(text) + whole.flush()
    assert text.startswith("".join(pieces))
    assert not any(c.isalnum() for c in text[len("".join(pieces)) :])
    assert all(any(c.isalnum() for c in piece) for piece in pieces)
    in_tokens = Cutter(settings, language)
    got: list[str] = []
    start = 0
    for turn in range(len(text)):
        size = sizes[turn % len(sizes)]
        got += in_tokens.feed(text[start : start + size])
        start += size
    assert got + in_tokens.flush() == pieces
