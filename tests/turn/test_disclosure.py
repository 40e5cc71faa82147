"""That an AI speaks: where the sentence stands in a greeting, and where it need not."""

from __future__ import annotations

import pytest

from aywa.turn.disclosure import AI_SENTENCES, ai_sentence, disclosed, says_ai


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (
            "Hello, this is Dr. Miller's office. How can I help you?",
            "Hello, this is Dr. Miller's office. I am an AI assistant. How can I help you?",
        ),
        ("Grand Hotel, how can I help you?", "I am an AI assistant. Grand Hotel, how can I help you?"),
        (
            "Who is calling? I will get somebody.",
            "I am an AI assistant. Who is calling? I will get somebody.",
        ),
        ("", "I am an AI assistant."),
    ],
)
def test_it_stands_behind_the_first_sentence(text: str, whole: str) -> None:
    assert disclosed(text, ai_sentence("en-GB")) == whole
    assert disclosed(whole, ai_sentence("en")) == whole, "once is enough"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hi, I'm Ada, the hotel's AI. What can I do?", "en"),
        ("You are speaking with our virtual assistant.", "en"),
        ("Guten Tag, hier ist die KI der Praxis.", "de"),
        ("Hier spricht Ihr Sprachassistent.", "en"),
        ("Hola, soy el asistente virtual del hotel.", "es"),
        ("Bonjour, je suis une IA.", "fr"),
        ("Buongiorno, sono l'assistente virtuale.", "it"),
        ("Olá, sou a assistente virtual.", "pt"),
        ("Здравствуйте, я голосовой помощник.", "ru"),
    ],
)
def test_who_says_so_himself_is_left_alone(text: str, language: str) -> None:
    assert says_ai(text, language)
    assert disclosed(text, ai_sentence(language), language) == text


def test_short_words_are_names_in_their_language_only() -> None:
    assert not says_ai("Diamo il benvenuto ai nostri clienti", "it")
    assert not says_ai("Hello, this is the Grand Hotel. How can I help you?")


def test_every_sentence_tells_it() -> None:
    for language, sentence in AI_SENTENCES.items():
        assert says_ai(sentence, language), language
        assert len(sentence.split()) <= 6
