"""How far a value is that the caller is saying, and what a question asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.turn.entity import Progress, digits_of, progress_of
from aywa.turn.expectation import Expectation, ValueKind, expected_of
from aywa.turn.lexicon import PACKS

ABSENT, PARTIAL, COMPLETE = Progress.ABSENT, Progress.PARTIAL, Progress.COMPLETE


@pytest.mark.parametrize(
    ("kind", "language", "text", "progress"),
    [
        (ValueKind.PHONE, "en", "oh one seven two", PARTIAL),
        (ValueKind.PHONE, "en", "zero one seven two five five five zero one nine", COMPLETE),
        (ValueKind.PHONE, "en", "555 0199", PARTIAL),
        (ValueKind.PHONE, "en", "212 555 0199", COMPLETE),
        (ValueKind.PHONE, "en", "+1 212 555 019", PARTIAL),
        (ValueKind.PHONE, "en", "it's double five double oh triple seven one two three", COMPLETE),
        (ValueKind.PHONE, "en", "i don't have one", ABSENT),
        (ValueKind.PHONE, "es", "seis uno dos", PARTIAL),
        (ValueKind.PHONE, "es", "seiscientos", ABSENT),
        (ValueKind.PHONE, "de", "null eins sieben zwei fünf fünf fünf null eins neun", COMPLETE),
        (ValueKind.PHONE, "fr", "zéro six douze trente", PARTIAL),
        (ValueKind.PHONE, "fr", "zéro six douze trente quarante cinquante", COMPLETE),
        (ValueKind.PHONE, "ru", "восемь девять один два три", PARTIAL),
        (ValueKind.PHONE, "it", "tre tre tre uno due tre quattro cinque sei sette", COMPLETE),
        (ValueKind.PHONE, "pt", "nove oito meia um", PARTIAL),
        (ValueKind.NUMBER, "en", "four seven", PARTIAL),
        (ValueKind.NUMBER, "en", "i forgot it", ABSENT),
        (ValueKind.EMAIL, "en", "peter.miller@example.com", COMPLETE),
        (ValueKind.EMAIL, "en", "peter dot miller at", PARTIAL),
        (ValueKind.EMAIL, "en", "peter dot miller at example dot com", COMPLETE),
        (ValueKind.EMAIL, "es", "pedro arroba ejemplo punto com", COMPLETE),
        (ValueKind.EMAIL, "fr", "pierre arobase exemple point fr", COMPLETE),
        (ValueKind.EMAIL, "it", "pietro chiocciola esempio punto it", COMPLETE),
        (ValueKind.DATE, "en", "the fourteenth of", ABSENT),
        (ValueKind.DATE, "en", "march", PARTIAL),
        (ValueKind.DATE, "en", "14 march 1987", COMPLETE),
        (ValueKind.DATE, "en", "march 14 1987", COMPLETE),
        (ValueKind.DATE, "en", "14 march", PARTIAL),
        (ValueKind.DATE, "de", "14.03.1987", COMPLETE),
        (ValueKind.DATE, "fr", "le 14 mars 1987", COMPLETE),
        (ValueKind.DATE, "ru", "14 марта 1987", COMPLETE),
        (ValueKind.DATE, "en", "tomorrow", COMPLETE),
        (ValueKind.SPELLED, "en", "M I L L", PARTIAL),
        (ValueKind.ADDRESS, "de", "hauptstraße 12", PARTIAL),
        (ValueKind.ADDRESS, "de", "hauptstraße 12 in 10115 berlin", COMPLETE),
        (ValueKind.NAME, "en", "peter", ABSENT),
    ],
)
def test_progress(kind: ValueKind, language: str, text: str, progress: Progress) -> None:
    assert progress_of(text, Expectation(kind), language) is progress


def test_a_number_whose_length_is_known_is_complete_with_its_last_digit() -> None:
    six = Expectation(ValueKind.NUMBER, 6)
    assert progress_of("one two three four five", six, "en") is PARTIAL
    assert progress_of("one two three four five six", six, "en") is COMPLETE


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("What is your phone number?", ValueKind.PHONE),
        ("¿Cuál es su número de teléfono?", ValueKind.PHONE),
        ("Quel est votre numéro de téléphone ?", ValueKind.PHONE),
        ("Mi dica il suo numero di telefono.", ValueKind.PHONE),
        ("Назовите ваш номер телефона.", ValueKind.PHONE),
        ("Wie lautet Ihre Telefonnummer?", ValueKind.PHONE),
        ("Qual é o seu número de telefone?", ValueKind.PHONE),
        ("Could you spell your last name?", ValueKind.SPELLED),
        ("May I have your full name, please?", ValueKind.NAME),
        ("What is your e-mail address?", ValueKind.EMAIL),
        ("Can you give me your date of birth?", ValueKind.DATE),
        ("Please tell me your address.", ValueKind.ADDRESS),
        ("Please enter your account number.", ValueKind.NUMBER),
        ("How can I help you?", ValueKind.NONE),
        ("I have sent it to your phone number.", ValueKind.NONE),
        (
            "Your phone number is fine. How many nights would you like to stay? Breakfast is included.",
            ValueKind.NONE,
        ),
        ("", ValueKind.NONE),
    ],
)
def test_what_a_question_asks_for(text: str, kind: ValueKind) -> None:
    assert expected_of(text).kind is kind


def test_what_is_said_explicitly_goes_over_what_is_read() -> None:
    read = expected_of("What is your phone number?")
    assert Expectation().over(read).kind is ValueKind.PHONE
    assert Expectation(ValueKind.DATE).over(read).kind is ValueKind.DATE
    assert Expectation(ValueKind.DATE).over(read).question_open


@given(st.text(max_size=120), st.sampled_from(ValueKind), st.sampled_from(sorted(PACKS)))
def test_any_text_is_somewhere(text: str, kind: ValueKind, language: str) -> None:
    assert progress_of(text, Expectation(kind), language) in Progress
    assert digits_of(text, PACKS[language]) >= 0
    assert expected_of(text).assistant_text == text
