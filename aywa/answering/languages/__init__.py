"""The phrases of each language, by its ISO 639-1 code."""

from __future__ import annotations

from aywa.answering.languages import de, en, es, fr, it
from aywa.answering.phrases import PhraseTable

TABLES: dict[str, PhraseTable] = {
    "en": en.PHRASES,
    "de": de.PHRASES,
    "es": es.PHRASES,
    "fr": fr.PHRASES,
    "it": it.PHRASES,
}

DIGITS: dict[str, str] = {"en": en.DIGITS, "de": de.DIGITS, "es": es.DIGITS, "fr": fr.DIGITS, "it": it.DIGITS}
