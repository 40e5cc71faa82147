"""What people say to agree to a recording, to refuse it and to have it stopped, in seven languages.

Compared as `heard_words`: without case, accents, apostrophes and marks. Which language a caller speaks is not
always known, so all of them count at once; of two that clash, the one that refuses is followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from aywa.turn.words import PhraseSet, heard_words

_AGREED = {
    "en": (
        "yes, yeah, yep, yup, sure, okay, ok, of course, certainly, absolutely, that's fine, that is fine,"
        " fine, go ahead, i agree, agreed, i consent, i do, you may, you can, all right, alright, please do"
    ),
    "es": "sí, claro, vale, de acuerdo, por supuesto, está bien, acepto, estoy de acuerdo, adelante, okey",
    "fr": "oui, ouais, d'accord, bien sûr, je suis d'accord, j'accepte, allez-y, entendu, volontiers",
    "it": "sì, certo, va bene, d'accordo, sono d'accordo, accetto, certamente, faccia pure, okay",
    "de": (
        "ja, jawohl, jo, klar, gerne, in ordnung, einverstanden, ich stimme zu, natürlich,"
        " selbstverständlich, geht klar, das ist okay, machen sie, passt"
    ),
    "ru": "да, конечно, хорошо, согласен, согласна, я согласен, я согласна, ладно, разумеется, не возражаю",
    "pt": "sim, claro, tudo bem, está bem, de acordo, concordo, aceito, pode, com certeza, pode ser",
}

# They hold a word that refuses, and do not.
_MINDLESS = (
    "no problem, not a problem, i don't mind, don't mind, no objection, no objections, why not,"
    " kein problem, nichts dagegen, warum nicht, sin problema, no hay problema, por qué no,"
    " pas de problème, pourquoi pas, nessun problema, perché no, non c'è problema, без проблем, не против,"
    " не возражаю, почему нет, sem problema, por que não, não me importo, no me importa, no importa"
)

_REFUSED = {
    "en": "no, nope, nah, don't, do not, not, never, i'd rather not, without, refuse, disagree",
    "es": "no, nunca, jamás, tampoco, sin, me niego",
    "fr": "non, pas, jamais, sans, je refuse",
    "it": "no, non, mai, senza, rifiuto",
    "de": "nein, nee, nicht, kein, keine, keinesfalls, niemals, ohne, lieber nicht",
    "ru": "нет, не, никогда, против, отказываюсь, не надо, без",
    "pt": "não, nunca, jamais, sem, recuso",
}

# Words in this order, each at most so many places behind the one before. One stem has other meanings nearly
# everywhere ("a record of my booking", "non riesco a registrare"), so what stands beside it decides.
_GERMAN_NOUNS = "aufnahme aufzeichnung mitschnitt gesprächsaufzeichnung"
_STOPPED: tuple[tuple[int, tuple[str, ...]], ...] = (
    (1, ("don't not never can't cannot shouldn't", "record tape")),
    (3, ("no not", "recording recordings taping")),
    (4, ("stop end turn switch quit cut cancel disable", "recording taping recorder")),
    (5, ("don't not rather", "want wish like agree consent", "recorded recording taped")),
    (5, ("nicht", "aufnehmen aufgenommen aufzeichnen aufgezeichnet mitschneiden mitgeschnitten")),
    (5, ("nehmen zeichnen", "nicht", "auf")),
    (5, ("schneiden", "nicht", "mit")),
    (5, ("stopp stop stoppen stoppe beenden beende hören schalten ohne unterbrechen", _GERMAN_NOUNS)),
    (4, ("no", "graben grabe grabar grabes grabando grabarme")),
    (4, ("pare paren para detenga apague deje dejen deja sin", "grabar grabación grabando")),
    (4, ("arrêtez arrête coupez stoppez cessez sans stop", "l'enregistrement enregistrement m'enregistrer")),
    (1, ("n'enregistrez n'enregistre enregistrez m'enregistrez", "pas")),
    (5, ("pas", "être qu'on que", "enregistré enregistrée m'enregistre m'enregistriez")),
    (4, ("fermi ferma fermate fermare interrompa spenga senza stop niente", "registrazione")),
    (2, ("non", "registri registrate registratemi registrarmi")),
    (5, ("non", "voglio desidero vorrei", "registrato registrata registri registriate")),
    (5, ("не", "записывайте записывай записывали записывать пишите")),
    (4, ("остановите прекратите выключите отключите хватит без", "запись записи записывать")),
    (5, ("não", "gravem grave gravar gravado gravada")),
    (4, ("pare parem para desligue interrompa sem", "gravação gravar")),
)


class Said(Enum):
    """What words mean to somebody who has asked for leave to record."""

    AGREED = "agreed"
    REFUSED = "refused"
    UNCLEAR = "neither"


def _listed(*rows: str) -> Iterator[str]:
    for row in rows:
        yield from (phrase.strip() for phrase in row.split(","))


LANGUAGES = tuple(_AGREED)
_YES = PhraseSet(_listed(*_AGREED.values()))
_NO = PhraseSet(_listed(*_REFUSED.values()))
_NO_MATTER = PhraseSet(_listed(_MINDLESS))
_STOP = tuple((gap, tuple(frozenset(heard_words(part)) for part in parts)) for gap, parts in _STOPPED)


def read_consent(text: str) -> Said:
    """What an answer to "may we record this?" says; a yes beside a no is a no."""
    words, mindless = heard_words(text), False
    while found := _NO_MATTER.found(words):
        words, mindless = _without(words, tuple(found.split())), True
    if _NO.found(words) or stops_recording(text):
        return Said.REFUSED
    return Said.AGREED if mindless or _YES.found(words) else Said.UNCLEAR


def refuses_alone(text: str) -> bool:
    """Whether somebody who was asked nothing refuses: "no" and nothing else, or what `stops_recording`."""
    return _NO.consists(heard_words(text)) or bool(stops_recording(text))


def stops_recording(text: str) -> str:
    """The words that ask not to be recorded, as they are compared; "" where there are none."""
    words = heard_words(text)
    for gap, parts in _STOP:
        for at, word in enumerate(words):
            if word in parts[0] and (found := _follows(words, at, gap, parts[1:])):
                return " ".join((word, *found))
    return ""


def _follows(words: tuple[str, ...], at: int, gap: int, parts: tuple[frozenset[str], ...]) -> tuple[str, ...]:
    """A word of each part behind the place `at`, in order; () when one is missing."""
    found: list[str] = []
    for part in parts:
        near = range(at + 1, min(len(words), at + 1 + gap))
        at = next((place for place in near if words[place] in part), -1)
        if at < 0:
            return ()
        found.append(words[at])
    return tuple(found)


def _without(words: tuple[str, ...], part: tuple[str, ...]) -> tuple[str, ...]:
    for at in range(len(words)):
        if words[at : at + len(part)] == part:
            return words[:at] + words[at + len(part) :]
    return words
