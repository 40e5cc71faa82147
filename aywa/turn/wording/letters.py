"""Abbreviations, initials and reference codes as one would say them in English."""

from __future__ import annotations

import re

from aywa.turn.wording.draft import Draft
from aywa.turn.wording.numbers import cardinal, digits

_ABBREVIATIONS = {
    "mr.": "mister",
    "mrs.": "missus",
    "ms.": "miz",
    "dr.": "doctor",
    "prof.": "professor",
    "e.g.": "for example",
    "i.e.": "that is",
    "etc.": "et cetera",
    "approx.": "approximately",
    "vs.": "versus",
    "dept.": "department",
    "apt.": "apartment",
    "ave.": "avenue",
    "blvd.": "boulevard",
    "rd.": "road",
    "hwy.": "highway",
    "jr.": "junior",
    "sr.": "senior",
    "incl.": "including",
    "excl.": "excluding",
    "tel.": "telephone",
    "ext.": "extension",
    "w/o": "without",
    "w/": "with",
}
_ABBREVIATION = re.compile(
    r"(?<![\w.])(?:"
    + "|".join(re.escape(word) for word in sorted(_ABBREVIATIONS, key=len, reverse=True))
    + r")(?!\w)",
    re.I,
)
_SAINT = re.compile(r"(?<!\w)St\.[ ](?=[A-Z])")
_STREET = re.compile(r"(?<=[a-z][ ])St\.?(?=[,.]|\s*$|\s+[a-z])")
_SIGNS = {
    "&": " and ",
    "@": " at ",
    "=": " equals ",
    "→": " to ",
    "°": " degrees",
    "%": " percent",
    "≥": " at least ",
    "≤": " at most ",
}
_SIGN = re.compile(r"[ ]?([&=→≥≤])[ ]?|(?<=\s)(@)(?=\s)|(?<=\d)(°)|[ ](%)")
_OR = re.compile(r"(?<=[a-z])/(?=[a-z])")
_AND_OR = re.compile(r"\band/or\b", re.I)
_JOINED = re.compile(r"(?<=\w)_(?=\w)")
_CODE = re.compile(
    r"(?<![\w.,@/-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])(?:[A-Z0-9]+(?:-[A-Z0-9]+)*|[a-z]{1,3}\d{3,})(?![\w@/]|-\w|[.,]\d)",
    re.ASCII,
)
_NUMBER_SIGN = re.compile(r"(?<![\w#&])#(?=[A-Z]*\d)")
_SHORT = 4  # "W-9", "R2-D2" is longer: said in one breath
_CODE_PART = re.compile(r"[A-Za-z]+|\d+")
_DASHED_DIGITS = re.compile(r"(?<![\w.,-])\d{1,4}(?:-\d{1,4}){2,}(?![\w-]|[.,]\d)")
_SPELT = re.compile(r"(?<![\w-])(?:[A-Za-z0-9]-){2,}[A-Za-z0-9](?![\w-])")
_INITIALS = re.compile(r"(?<![\w.])(?:[A-Za-z]\.){2,}(?!\w)")
_CAPITALS = re.compile(r"(?<![\w'&-])([A-Z]{2,5})(s?)(?![\w'-])")
_ROMAN = {"II": 2, "III": 3, "IV": 4, "VI": 6, "VII": 7, "VIII": 8, "IX": 9}
# Capitals that are words: said, not spelled.
_READ = """
OK NO YES NOT AND THE FOR YOU YOUR ALL NOW STOP CALL TO IN ON AT IS IT BE DO GO SO WE HE SHE MY ME
UP OR OF AN AS BY IF ARE CAN MAY NEW ONE TWO SIX TEN DAY OUT OUR ANY HAS WAS WILL MUST ONLY NEVER
FREE OPEN FULL NASA NATO UNESCO UNICEF OPEC PIN SIM ZIP LASER RADAR GIF JPEG SWAT AIDS ASAP COVID
VISA IKEA LEGO RAM ROM FIFA UEFA
"""
_WORDS = frozenset(_READ.split())
_VOWELS = frozenset("AEIOU")


def abbreviations(draft: Draft) -> None:
    """Say "doctor" for "Dr."; "St." is "saint" before a name and "street" behind one."""
    draft.sub(_SAINT, "saint ")
    draft.sub(_STREET, "street")
    draft.sub(_ABBREVIATION, _abbreviation)
    draft.sub(_AND_OR, "and or")
    draft.sub(_SIGN, lambda match: _SIGNS[match.group().strip()], settles=False)
    draft.sub(_OR, " or ", settles=False)
    draft.sub(_JOINED, " ", settles=False)


def codes(draft: Draft) -> None:
    """Say "A B, four seven zero one" for "AB-4701"."""
    draft.sub(_NUMBER_SIGN, "number ", settles=False)
    draft.sub(_SPELT, lambda match: " ".join(_code_part(part) for part in match.group().upper().split("-")))
    draft.sub(_DASHED_DIGITS, lambda match: ", ".join(digits(part) for part in match.group().split("-")))
    draft.sub(_CODE, _code)


def acronyms(draft: Draft) -> None:
    """Say "FBI" letter by letter; capitals that make a word, or that shout, stay."""
    draft.sub(
        _INITIALS, lambda match: " ".join(match.group().upper().replace(".", " ").split()) + _stop(match)
    )
    draft.sub(_CAPITALS, _capitals)


def _abbreviation(match: re.Match[str]) -> str:
    return _ABBREVIATIONS[match.group().lower()] + _stop(match)


def _code(match: re.Match[str]) -> str:
    text = match.group().upper()
    if len(text) <= 3 and "-" not in text:
        return " ".join(_code_part(part) for part in _CODE_PART.findall(text))
    said, word = "", False
    for group in text.split("-"):
        parts = " ".join(_code_part(part, long=True) for part in _CODE_PART.findall(group))
        said += (" " if word else ", ") + parts
        word = _pronounceable(group) or len(text) <= _SHORT
    return said.removeprefix(", ")


def _code_part(part: str, *, long: bool = False) -> str:
    if part.isdecimal():
        return cardinal(int(part)) if len(part) == 1 or (len(part) == 2 and part[0] != "0") else digits(part)
    return part if long and _pronounceable(part) else " ".join(part)


def _pronounceable(part: str) -> bool:
    return len(part) >= 4 and bool(_VOWELS & set(part))


def _capitals(match: re.Match[str]) -> str | None:
    word, plural = match.groups()
    if word in _WORDS or _shouted(match):
        return None
    if word in _ROMAN:
        return (
            cardinal(_ROMAN[word]) if re.search(r"[A-Z][a-z]+[ ]$", match.string[: match.start()]) else None
        )
    if len(word) >= 4 and _VOWELS & set(word):
        return None
    return " ".join(word) + plural


def _shouted(match: re.Match[str]) -> bool:
    """Whether a word beside it is in capitals as well."""
    around = (match.string[: match.start()].split()[-1:], match.string[match.end() :].split()[:1])
    return any(len(word) > 3 and word.isalpha() and word.isupper() for side in around for word in side)


def _stop(match: re.Match[str]) -> str:
    """The dot of an abbreviation at the end of a text is also the end of the sentence."""
    return "." if match.group().endswith(".") and match.end() == len(match.string) else ""
