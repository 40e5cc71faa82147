"""What is said in other languages: only what cannot go wrong there."""

from __future__ import annotations

import pytest

from aywa.turn.speaking_settings import FormatSettings
from aywa.turn.wording.formatter import wording


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("de", "**Gern!** Das macht 12,50 € um 9.30 Uhr.", "Gern! Das macht 12,50 € um 9.30 Uhr."),
        (
            "de-AT",
            "Schreiben Sie an max.muster@firma.de.",
            "Schreiben Sie an max Punkt muster ät firma Punkt D E.",
        ),
        ("de", "Rufen Sie +49 30 123456 an.", "Rufen Sie plus 4 9, 3 0, 1 2 3 4 5 6 an."),
        ("de", "Am 12.05.2026 kostet es 1.250 Euro.", "Am 12.05.2026 kostet es 1.250 Euro."),
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
