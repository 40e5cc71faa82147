"""How far a value is that the caller is saying: nothing of it, a part, or all. Pure.

A number is said in groups with pauses between them that are longer than those of a sentence; and when its
last digit is there nothing is worth waiting for.
"""

from __future__ import annotations

import re
from enum import Enum

from aywa.turn.clues import kind_of, last_sentence
from aywa.turn.expectation import Expectation, ValueKind
from aywa.turn.lexicon import PACKS
from aywa.turn.lexicon.pack import Kind, WordPack, folded

PHONE_DIGITS = 10  # national numbers of most plans have at least so many with their area code
_MIN_NUMBER = 4  # digits of the shortest code that is asked for; a shorter value is a quantity
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}$")
_SPOKEN_EMAIL = re.compile(r"\b(?:at|arroba|arobase|chiocciola|собака|at zeichen|klammeraffe)\b")
_DOT = r"(?:dot|punto|point|точка|punkt|ponto)"
_SPOKEN_END = re.compile(
    rf"\b{_DOT} ?(?:com|net|org|es|fr|it|ru|de|pt|br|eu|uk|us|info|io|mx|ca|ch|at|co [a-z]+)$"
)
_SLASHED = re.compile(r"\b\d{1,4}[./-]\d{1,2}[./-]\d{2,4}$")
_MONTHS = (
    "january february march april may june july august september october november december "
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre "
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre "
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre "
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря "
    "januar februar marz april mai juni juli august september oktober november dezember "
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro"
)
_MONTH = re.compile(rf"\b(?:{'|'.join(sorted(set(_MONTHS.split()), key=len, reverse=True))})\b")
_DAY_WORDS = re.compile(
    r"\b(?:today|tomorrow|hoy|manana|aujourd|demain|oggi|domani|сегодня|завтра|heute|morgen|hoje|amanha)\b"
)
# The value of the words that stand for more or other than one digit.
_TENS = {"en": ("hundred", "thousand"), "double": ("double",), "triple": ("triple",)}
_ORDINAL = re.compile(r"\d{1,2}(?:st|nd|rd|th|er|e|o|a|º|ª)?$")


class Progress(Enum):
    """How much of the value is there."""

    ABSENT = "nothing of it: the caller says something else"
    PARTIAL = "a part"
    COMPLETE = "all"


def progress_of(text: str, expected: Expectation, language: str) -> Progress:
    """How far the value is that `expected` asks for."""
    pack = PACKS[language]
    plain = folded(text, language).strip(" .,!?…")
    match expected.kind:
        case ValueKind.PHONE:
            return _digits(plain, pack, expected.digits or PHONE_DIGITS)
        case ValueKind.NUMBER:
            return _number(plain, pack, expected.digits)
        case ValueKind.EMAIL:
            return _email(plain)
        case ValueKind.DATE:
            return _date(plain, pack)
        case ValueKind.SPELLED:
            return _spelled(text)
        case ValueKind.ADDRESS:
            return _address(plain, pack)
        case _:
            return Progress.ABSENT  # a name has no end that can be told


def progress_among(text: str, phrases: tuple[str, ...]) -> Progress:
    """Whether the text is one of these answers: a part where a longer one begins so, absent if it is none."""
    said = _normal(text)
    answers = {_normal(phrase) for phrase in phrases}
    if said not in answers:
        return Progress.ABSENT
    longer = any(answer.startswith(said + " ") for answer in answers)
    return Progress.PARTIAL if longer else Progress.COMPLETE


def _normal(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", folded(text)))


def digits_of(plain: str, pack: WordPack) -> int:
    """How many digits were said, as figures or as words; tens and teens count two."""
    count = 0
    times = 1
    for word in re.findall(r"\d+|[^\W\d_]+", plain):
        if word.isdecimal():
            count += len(word) * times
        elif word in ("double", "triple"):
            times = 2 if word == "double" else 3
            continue
        elif kind_of(word, pack) is Kind.NUMBER or word in _shared_numbers(pack):
            count += _width(word, pack) * times
        times = 1
    return count


def _spoken_digits(plain: str, pack: WordPack) -> int:
    """As `digits_of`; but "one" among other words is no digit."""
    count = digits_of(plain, pack)
    return 0 if count == 1 and len(plain.split()) > 2 else count


def _digits(plain: str, pack: WordPack, wanted: int) -> Progress:
    count = _spoken_digits(plain, pack)
    if count == 0:
        return Progress.ABSENT
    if plain.lstrip(" +").startswith(("00", "+")) or "+" in plain:
        wanted += 1  # with its country code
    return Progress.COMPLETE if count >= wanted else Progress.PARTIAL


def _number(plain: str, pack: WordPack, wanted: int | None) -> Progress:
    count = _spoken_digits(plain, pack)
    if count == 0:
        return Progress.ABSENT
    return Progress.COMPLETE if wanted is not None and count >= wanted else Progress.PARTIAL


def _email(plain: str) -> Progress:
    packed = plain.replace(" ", "")
    if _EMAIL.search(packed):
        return Progress.COMPLETE
    if _SPOKEN_EMAIL.search(plain):
        return Progress.COMPLETE if _SPOKEN_END.search(plain) else Progress.PARTIAL
    return Progress.PARTIAL if "@" in plain or len(packed) > 1 else Progress.ABSENT


def _date(plain: str, pack: WordPack) -> Progress:
    if _SLASHED.search(plain) or _DAY_WORDS.search(plain):
        return Progress.COMPLETE
    month = _MONTH.search(plain)
    digits = digits_of(plain, pack)
    if month is None:
        return Progress.PARTIAL if digits else Progress.ABSENT
    day_and_year = digits_of(plain[month.end() :], pack) >= 4 or re.search(r"\d{4}", plain) is not None
    day = digits_of(plain[: month.start()], pack) > 0 or digits > 4
    return Progress.COMPLETE if day_and_year and day else Progress.PARTIAL


def _spelled(text: str) -> Progress:
    letters = [part for part in re.findall(r"[^\W_]+", text) if len(part) == 1]
    return Progress.PARTIAL if letters else Progress.ABSENT


def _address(plain: str, pack: WordPack) -> Progress:
    words = last_sentence(plain, pack).words
    if not words:
        return Progress.ABSENT
    if re.search(r"\b\d{5}\b\W+[^\W\d_]{3,}", plain):  # a post code and its town
        return Progress.COMPLETE
    return Progress.PARTIAL if digits_of(plain, pack) or len(words) > 1 else Progress.ABSENT


def _shared_numbers(pack: WordPack) -> frozenset[str]:
    """Number words that the pack lists under another kind first ("un", "один")."""
    return frozenset(folded(word, pack.code) for word in pack.words.get(Kind.NUMBER, "").split())


def _width(word: str, pack: WordPack) -> int:
    """Digits that a number word stands for: its place in the list says whether it is below ten."""
    order = [folded(entry, pack.code) for entry in pack.words[Kind.NUMBER].split()]
    below = {"en": "ten", "es": "diez", "fr": "dix", "it": "dieci", "ru": "десять", "de": "zehn", "pt": "dez"}
    return 1 if order.index(word) < order.index(below[pack.code]) else 2
