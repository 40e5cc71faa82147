"""Which texts sound finished, in seven languages; and what the guess of a language is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.turn.clues import kinds_of, last_sentence
from aywa.turn.completeness import judge
from aywa.turn.endpointing_settings import EndpointingSettings
from aywa.turn.language import LanguageGuess, known_language
from aywa.turn.lexicon import PACKS
from aywa.turn.lexicon.pack import Kind
from aywa.turn.turn_end import TurnEnd

OPEN = {
    "en": (
        "please enter your",
        "i would like to",
        "my name is",
        "i need a room for",
        "and",
        "um",
        "it is because",
        "i want to book a table and",
        "the number is",
        "could you",
    ),
    "es": (
        "por favor ingrese su",
        "me gustaría",
        "quiero reservar una",
        "me llamo",
        "y",
        "eh",
        "necesito una mesa para",
        "el número de",
        "porque",
        "no puedo",
    ),
    "fr": (
        "veuillez entrer votre",
        "je voudrais",
        "je veux réserver une",
        "je m'appelle",
        "et",
        "euh",
        "une table pour",
        "le numéro de",
        "parce que",
        "est-ce que",
    ),
    "it": (
        "prego digitare il",
        "vorrei",
        "voglio prenotare una",
        "mi chiamo",
        "e",
        "ehm",
        "un tavolo per",
        "il numero di",
        "perché",
        "non posso",
    ),
    "ru": (
        "введите номер и",
        "я хотел бы",
        "мне нужен",
        "меня зовут",
        "и",
        "эм",
        "столик на",
        "номер для",
        "потому что",
        "я не могу",
    ),
    "de": (
        "bitte geben sie ihre",
        "ich möchte",
        "ich brauche einen",
        "mein name ist",
        "und",
        "äh",
        "einen tisch für",
        "die nummer von",
        "weil",
        "ich kann",
    ),
    "pt": (
        "por favor digite o seu",
        "eu gostaria",
        "quero reservar uma",
        "meu nome é",
        "e",
        "hum",
        "uma mesa para",
        "o número de",
        "porque",
        "não posso",
    ),
}
DONE = {
    "en": (
        "please enter your agent number",
        "i would like to book a room for two nights",
        "yes please",
        "no thank you",
        "that was all thank you",
        "how much does it cost",
        "goodbye",
        "i want to cancel my appointment",
    ),
    "es": (
        "por favor ingrese su número de agente",
        "quisiera reservar una habitación para dos noches",
        "sí por favor",
        "no gracias",
        "eso es todo muchas gracias",
        "adiós",
        "quiero cancelar mi cita",
    ),
    "fr": (
        "veuillez entrer votre numéro d'agent",
        "je voudrais réserver une chambre pour deux nuits",
        "oui s'il vous plaît",
        "non merci",
        "c'est tout merci beaucoup",
        "au revoir",
        "je veux annuler ma commande",
    ),
    "it": (
        "prego digitare il proprio numero di operatore",
        "vorrei prenotare una camera per due notti",
        "sì per favore",
        "no grazie",
        "è tutto grazie mille",
        "voglio annullare il mio appuntamento",
    ),
    "ru": (
        "введите номер оператора",
        "я хотел бы забронировать номер на две ночи",
        "да пожалуйста",
        "нет спасибо",
        "это всё большое спасибо",
        "до свидания",
        "я хочу отменить запись",
    ),
    "de": (
        "ich möchte ein zimmer für zwei nächte buchen",
        "ja bitte",
        "nein danke",
        "das war alles vielen dank",
        "auf wiederhören",
        "ich brauche einen tisch für vier personen",
    ),
    "pt": (
        "eu gostaria de reservar um quarto para duas noites",
        "sim por favor",
        "não obrigado",
        "é só isso muito obrigado",
        "quero cancelar a minha consulta",
    ),
}


def unfinished(text: str, language: str, *, asked: bool = False) -> float:
    return judge(text, language, asked=asked).unfinished


@pytest.mark.parametrize("language", OPEN)
def test_a_text_that_ends_in_an_open_word_goes_on(language: str) -> None:
    wrong = [text for text in OPEN[language] if unfinished(text, language) < 0.7]
    assert wrong == []


@pytest.mark.parametrize("language", DONE)
def test_a_whole_sentence_is_finished(language: str) -> None:
    wrong = [text for text in DONE[language] if unfinished(text, language, asked=True) > 0.5]
    assert wrong == []


@pytest.mark.parametrize("language", PACKS)
def test_every_language_is_in_the_tables(language: str) -> None:
    assert language in OPEN
    assert language in DONE


@pytest.mark.parametrize("language", OPEN)
def test_a_period_does_not_finish_an_open_word(language: str) -> None:
    """Recognisers write one at every pause."""
    for text in OPEN[language]:
        assert unfinished(text + ".", language) > 0.6, text


@pytest.mark.parametrize(
    ("shorter", "longer"),
    [("i need a room.", "i need a room"), ("Are you open?", "are you open"), ("it works,", "it works...")],
)
def test_marks_count(shorter: str, longer: str) -> None:
    assert unfinished(shorter, "en") < unfinished(longer, "en")


@pytest.mark.parametrize(
    ("language", "open_", "closed"),
    [
        ("en", "it is an invalid", "the code is invalid"),  # an adjective before its noun, and as predicate
        ("en", "please enter your personal", "your code is personal"),
        ("en", "i would like to call", "nobody takes my call"),  # the verb, and the noun of the same form
        ("en", "to hear it press", "to hear it press one"),  # the clause that the first one needs
        (
            "en",
            "you do not have to change the",
            "you do not have to change this",
        ),  # a determiner that cannot stand for a noun
        ("es", "lo siento pero no", "no gracias"),  # a negation, and an answer
        ("es", "ya no", "no"),
        ("fr", "ce choix n'est pas", "ce choix n'existe pas"),
        ("fr", "que souhaitez-vous", "c'est pour vous"),
        ("ru", "пожалуйста введите ваш новый", "пожалуйста введите ваш номер"),
        ("de", "ich rufe wegen meiner", "ich rufe wegen meiner Rechnung an"),
    ],
)
def test_what_stands_before_the_last_word_counts(language: str, open_: str, closed: str) -> None:
    assert unfinished(open_, language) > unfinished(closed, language) + 0.2


@pytest.mark.parametrize(
    ("language", "text"), [("en", "yes"), ("es", "sí"), ("ru", "нет"), ("de", "ja bitte")]
)
def test_an_answer_by_itself_is_finished(language: str, text: str) -> None:
    assert unfinished(text, language, asked=True) < 0.2


def test_letters_are_no_words() -> None:
    """ "a" is an article, and a letter of a name."""
    assert unfinished("s a r a", "en") < 0.5 < unfinished("it is a", "en")


def test_a_period_behind_an_open_word_ends_no_sentence() -> None:
    """A recogniser that writes one at every pause would leave "pin number" of it, a fragment."""
    assert unfinished("please enter your. pin number.", "en") == unfinished(
        "please enter your pin number.", "en"
    )
    assert unfinished("please enter it. pin number.", "en") > unfinished(
        "please enter your. pin number.", "en"
    )


def test_an_accent_makes_another_word() -> None:
    """Italian è is a verb, and e is "and"."""
    assert [kinds_of(last_sentence(text, PACKS["it"]), PACKS["it"])[-1] for text in ("ma è", "ma e")] == [
        Kind.AUXILIARY,
        Kind.CONJUNCTION,
    ]


def test_an_answer_to_a_question_may_be_short() -> None:
    assert unfinished("friday", "en", asked=True) < unfinished("friday", "en")
    assert unfinished("on the", "en", asked=True) == unfinished("on the", "en")


def test_the_heaviest_clues_are_named() -> None:
    assert "last ARTICLE" in judge("please enter your", "en").clues


@given(st.text(max_size=400), st.sampled_from(sorted(PACKS)), st.booleans())
def test_any_text_has_a_probability(text: str, language: str, asked: bool) -> None:
    assert 0.0 <= unfinished(text, language, asked=asked) <= 1.0


@pytest.mark.parametrize("language", DONE)
def test_the_language_is_guessed_from_one_sentence(language: str) -> None:
    wrong = [
        text for text in DONE[language] if len(text.split()) > 4 and LanguageGuess().of(text) != language
    ]
    assert wrong == []


def test_a_short_answer_is_taken_in_the_language_of_the_call() -> None:
    guess = LanguageGuess()
    assert guess.of("no") == "en"
    guess.hear("quisiera reservar una habitación para dos noches")
    assert guess.of("no") == "es"
    assert LanguageGuess("it-IT").of("no") == "it"


def test_a_tag_without_a_table_is_none() -> None:
    assert known_language("pt-BR") == "pt"
    assert known_language("ja") is None
    assert known_language(None) is None


@given(st.text(max_size=200))
def test_any_text_is_of_some_language(text: str) -> None:
    assert LanguageGuess().of(text) in PACKS


@pytest.mark.parametrize(
    ("assistant", "caller", "language"),
    [
        ("¿En qué puedo ayudarle?", "ya no", "es"),
        ("Come posso aiutarla oggi?", "non lo so", "it"),
        ("Como posso ajudar?", "está correto", "pt"),
        ("Wie kann ich Ihnen helfen?", "am freitag", "de"),
    ],
)
def test_the_assistant_speaks_the_callers_language(assistant: str, caller: str, language: str) -> None:
    end = TurnEnd(EndpointingSettings(), 0.5)
    end.assistant_said(assistant)
    assert end.language_of(caller) == language


def test_the_recogniser_knows_the_language_best() -> None:
    end = TurnEnd(EndpointingSettings(), 0.5)
    end.assistant_said("How can I help you?")
    end.words(None, "it-IT")
    assert end.language_of("no") == "it"
    end.words(None, "ja")
    assert end.language_of("no") == "it"
    assert TurnEnd(EndpointingSettings(language="pt"), 0.5).language_of("please enter your") == "pt"
