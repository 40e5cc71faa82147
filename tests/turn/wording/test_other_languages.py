"""What is said in other languages: only what cannot go wrong there."""

from __future__ import annotations

import re

import pytest

from aywa.turn.speaking_settings import FormatSettings, Formatter
from aywa.turn.wording.formatter import wording


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("de", "**Gern!** Das macht 12,50 € um 9.30 Uhr.", "Gern! Das macht 12 Euro 50 um 9 Uhr 30."),
        (
            "de-AT",
            "Schreiben Sie an max.muster@firma.de.",
            "Schreiben Sie an max Punkt muster ät firma Punkt D E.",
        ),
        ("de", "Rufen Sie +49 30 123456 an.", "Rufen Sie plus 4 9, 3 0, 1 2 3 4 5 6 an."),
        ("de", "Am 12.05.2026 kostet es 1.250 Euro.", "Am 12. Mai 2026 kostet es 1.250 Euro."),
        ("es", "Llame al 912 345 678 😀.", "Llame al 912 345 678."),
        ("es", "Llame al +34 912 345 678.", "Llame al más 3 4, 9 1 2, 3 4 5, 6 7 8."),
        ("es", "Escriba a ana_b@correo.es", "Escriba a ana guion bajo b arroba correo punto E S"),
        ("fr", "Appelez le 01 23 45 67 89.", "Appelez le 0 1, 2 3, 4 5, 6 7, 8 9."),
        ("it", "Scriva a info@hotel.it", "Scriva a info chiocciola hotel punto I T"),
        ("ru", "Пишите: a@b.ru", "Пишите, a собака b точка R U"),
        ("ru", "Ваш номер 12345678.", "Ваш номер 1 2 3, 4 5 6, 7 8."),
        ("pt", "Veja www.hotel.com/quartos", "Veja hotel ponto com barra quartos"),
        ("zh", "**您好**。", "您好。"),
        ("ar", "مرحبا *بك*.", "مرحبا بك."),
    ],
)
def test_other_languages(language: str, text: str, words: str) -> None:
    assert wording(FormatSettings(), language).speak(text).spoken == words


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        (
            "de",
            "Am 2026-10-03 um 14:00, 1.250,00 €, 5 % mehr.",
            "Am 3. Oktober 2026 um 14 Uhr, 1250 Euro, 5 Prozent mehr.",
        ),
        ("de-CH", "CHF 1.50 oder 1,00 $", "ein Franken 50 oder ein Dollar"),
        ("fr", "Le 01/05/2026 à 14h30 : 12,50 €.", "Le 1er mai 2026 à 14 heures 30, 12 euros 50."),
        (
            "fr",
            "À 1:05 et à 20h, 1 250 € et 3,5 %.",
            "À 1 heure 5 et à 20 heures, 1250 euros et 3,5 pour cent.",
        ),
        (
            "es",
            "El 12/05/2026 a las 14:30 son 12,50 €.",
            "El 12 de mayo de 2026 a las 14 y 30 son 12 euros con 50.",
        ),
        ("es-MX", "A las 9:00, 20 USD, el 15 %.", "A las 9 en punto, 20 dólares, el 15 por ciento."),
        ("it", "Il 01/12/2026 alle 14:05, 80 €.", "Il primo dicembre 2026 alle 14 e 5, 80 euro."),
        (
            "pt-BR",
            "Dia 12/05/2026 às 14h30: R$ 1.250,90.",
            "Dia 12 de maio de 2026 às 14 horas e 30, 1250 reais e 90.",
        ),
        ("pt", "À 1:00 são 1 € e 2 %.", "À 1 hora são um euro e 2 por cento."),
        ("ru", "12.05.2026 в 14:30, 1 250 ₽, 21 %.", "12 мая 2026 года в 14 30, 1250 рублей, 21 процент."),
        (
            "ru",
            "В 21:00 или в 9:05: $2,50 и 1 руб.",
            "В 21 час или в 9 ноль 5, 2 доллара 50 центов и 1 рубль.",
        ),
        ("ru", "2,5 % от 103 €", "2,5 процента от 103 евро"),
        ("nl", "Om 14:30, 12,50 €, 5 %.", "Om 14:30, 12,50 €, 5 %."),
    ],
)
def test_marks_become_words_and_numerals_stay(language: str, text: str, words: str) -> None:
    assert wording(FormatSettings(), language).speak(text).spoken == words


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Version 1.2.3, Zimmer 12.50, Verhältnis 2:1, am 45.13.2026."),
        ("fr", "La note 3:2, le 32/01/2026, 500 ¥."),
        ("es", "El marcador 3:2, 500 ¥, 10:75."),
        ("ru", "Счёт 3:2, версия 10.2.1"),
    ],
)
def test_what_is_none_of_these_stays(language: str, text: str) -> None:
    assert wording(FormatSettings(), language).speak(text).spoken == text


def test_each_can_be_left_out() -> None:
    text = "Am 12.05.2026 um 14:30, 12,50 €, 5 %."
    plan = FormatSettings(formatters=frozenset({Formatter.TIME}))
    assert wording(plan, "de").speak(text).spoken == "Am 12.05.2026 um 14 Uhr 30, 12,50 €, 5 %."


def test_what_was_heard_is_told_in_the_words_of_the_model() -> None:
    """Of "12,50 €" nothing was heard when "12 Euro" was: the cents are a part of it."""
    spoken = wording(FormatSettings(), "de").speak("Es kostet 12,50 € im Jahr.")
    assert spoken.spoken == "Es kostet 12 Euro 50 im Jahr."
    ends = [match.end() for match in re.finditer(r"\S+", spoken.spoken)]
    told = dict(spoken.original([(end, moment) for moment, end in enumerate(ends)]))
    assert told[len("Es kostet")] == 1
    assert told[len("Es kostet 12,50 €")] == 4
