"""E-mail addresses, web addresses and telephone numbers, in the words of several languages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aywa.turn.wording.draft import Draft
from aywa.turn.wording.numbers import digits, in_groups

_EMAIL = re.compile(r"(?<![\w@])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+(?<![.-])", re.ASCII)
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>()\[\]{}\"]+|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:com|org|net|io|de|es|fr|it|uk|eu|info)"
    r"(?:/[^\s<>()\[\]{}\"]*)?(?![\w@])",
    re.I,
)
_LONG_PATH = 32  # characters: nobody writes more of it down from hearing
_NOT_BEFORE, _NOT_BEHIND = r"(?<![\w.,:/-])", r"(?!\w|[.,:/-]\d)"
_PHONE = re.compile(rf"{_NOT_BEFORE}[+(0][\d().\-/ \u00a0\u2011]{{5,}}\d{_NOT_BEHIND}")
_EXTENSION = re.compile(r"(?<=\d)[ ,]*\b(?:ext\.?|extension|x)[ ]?(?=\d)", re.I)
_GROUPED = re.compile(
    rf"{_NOT_BEFORE}(?:(?:1[-. ])?\(?\d{{3}}\)?[-. ]\d{{3}}[-. ]\d{{4}}|\d{{3}}[-.]\d{{4}}"
    rf"|\d{{4}}(?:[- ]\d{{4}}){{2,3}}){_NOT_BEHIND}"
)
_LONG_NUMBER = re.compile(r"(?<![\w.,+-])\d{7,}(?![\w]|[.,]\d)")
_DATE = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}")
_DIGITS = (7, 19)  # of a telephone number with its extension, or of a card


@dataclass(frozen=True, slots=True)
class Words:
    """What the marks of an address are called."""

    at: str
    dot: str
    dash: str
    underscore: str
    slash: str
    plus: str


_WORDS = {
    "en": Words("at", "dot", "dash", "underscore", "slash", "plus"),
    "de": Words("ät", "Punkt", "Minus", "Unterstrich", "Schrägstrich", "plus"),
    "es": Words("arroba", "punto", "guion", "guion bajo", "barra", "más"),
    "fr": Words("arobase", "point", "tiret", "tiret bas", "barre oblique", "plus"),
    "it": Words("chiocciola", "punto", "trattino", "trattino basso", "barra", "più"),
    "pt": Words("arroba", "ponto", "traço", "sublinhado", "barra", "mais"),
    "nl": Words("apenstaartje", "punt", "streepje", "liggend streepje", "schuine streep", "plus"),
    "pl": Words("małpa", "kropka", "myślnik", "podkreślnik", "ukośnik", "plus"),
    "ru": Words("собака", "точка", "дефис", "подчёркивание", "косая черта", "плюс"),
    "sv": Words("snabel-a", "punkt", "bindestreck", "understreck", "snedstreck", "plus"),
    "tr": Words("et", "nokta", "tire", "alt çizgi", "eğik çizgi", "artı"),
}
_READ_AS_WORDS = frozenset(
    ["com", "org", "net", "info", "edu", "gov", "co", "me", "io", "biz", "app", "dev", "eu", "shop", "online"]
)


def words_of(language: str) -> Words:
    """Of a language by its tag; English for one without words here."""
    return _WORDS.get(language.partition("-")[0].lower(), _WORDS["en"])


def emails(draft: Draft, language: str) -> None:
    """As "john dot doe at example dot com"."""
    words = words_of(language)

    def say(match: re.Match[str]) -> str:
        name, _, domain = match.group().rpartition("@")
        return f"{_named(name, words, language)} {words.at} {_domain(domain, words, language)}"

    draft.sub(_EMAIL, say)


def urls(draft: Draft, language: str) -> None:
    """As "example dot com slash help"; of a long address only where it leads."""
    words = words_of(language)

    def say(match: re.Match[str]) -> str:
        address = match.group()
        bare = address.rstrip(".,;:!?'")
        place = re.split(r"[?#]", re.sub(r"^https?://", "", bare, flags=re.I))[0]
        host, _, path = place.partition("/")
        host = re.sub(r"^www\.", "", host, flags=re.I)
        said = _domain(host, words, language)
        if path.strip("/") and len(path) <= _LONG_PATH:
            for part in path.strip("/").split("/"):
                said += f" {words.slash} {_named(part, words, language)}"
        return said + address[len(bare) :]

    draft.sub(_URL, say)


def phone_numbers(draft: Draft, language: str) -> None:
    """Digit by digit, with a short pause between the groups as they are written."""
    words = words_of(language)

    def say(match: re.Match[str]) -> str | None:
        number = match.group()
        count = sum(character.isdecimal() for character in number)
        if not _DIGITS[0] <= count <= _DIGITS[1] or _DATE.fullmatch(number):
            return None
        groups = re.findall(r"\d+", number)
        if len(groups) == 1:
            groups = in_groups(groups[0])
        said = ", ".join(_spelled_digits(group, language) for group in groups)
        return f"{words.plus} {said}" if number[0] == "+" else said

    if _english(language):
        draft.sub(_EXTENSION, ", extension ", settles=False)
    draft.sub(_GROUPED, say)
    draft.sub(_PHONE, say)


def long_numbers(draft: Draft, language: str) -> None:
    """Seven digits and more in a row are a reference, not an amount."""
    draft.sub(
        _LONG_NUMBER,
        lambda match: ", ".join(_spelled_digits(group, language) for group in in_groups(match.group())),
    )


def _english(language: str) -> bool:
    return language.partition("-")[0].lower() == "en"


def _spelled_digits(group: str, language: str) -> str:
    return digits(group) if _english(language) else " ".join(group)


def _domain(domain: str, words: Words, language: str) -> str:
    *labels, last = domain.split(".")
    spelled = last if last.lower() in _READ_AS_WORDS or len(last) > 3 else " ".join(last.upper())
    return f" {words.dot} ".join([*(_named(label, words, language) for label in labels), spelled])


def _named(text: str, words: Words, language: str) -> str:
    """The part of an address with its marks in words and its digits one by one."""
    names = {".": words.dot, "-": words.dash, "_": words.underscore, "+": words.plus, "/": words.slash}
    said: list[str] = []
    for part in re.findall(r"[^\W\d_]+|\d+|.", text):
        if part.isdecimal():
            said.append(_spelled_digits(part, language))
        else:
            said.append(names.get(part, part))
    return " ".join(said)
