"""Telephone numbers: from what people write to E.164, or not at all (ITU-T E.164, RFC 3966).

What is dialled is built from the digits read here and from nothing else, so that what was checked is what
leaves. Where two readings are possible the number is refused: whoever counts on the wrong one pays.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aywa.errors import AywaError, EndCode

MAX_TEXT = 40  # characters; fifteen digits with any punctuation that people use
MIN_DIGITS, MAX_DIGITS = 7, 15  # of a number with its country code
NANP = "1"

_TEXT = re.compile(r"[0-9+ ().\-/]*", re.ASCII)
_PUNCTUATION = str.maketrans("", "", " ().-/")
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
_NANP_NUMBER = re.compile(r"1[2-9](?!11)[0-9]{2}[2-9](?!11)[0-9]{6}")
# Country codes of two digits; 1 and 7 have one, all others three.
_TWO = """
    20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82
    84 86 90 91 92 93 94 95 98
"""
_TWO_DIGITS = frozenset(_TWO.split())
# Where the number itself begins with a zero. Elsewhere some exchange takes a zero there for an access code:
# +49 00 900 ... becomes a call abroad.
_LEADING_ZERO = frozenset({"39", "225", "241", "242", "378", "379"})


class BadNumber(AywaError):  # noqa: N818 - says what it is
    """Not a telephone number that can be dialled. The detail is the rule it breaks, without the number."""

    http_status = 400
    code = "invalid-number"
    end_code = EndCode.REJECTED


@dataclass(frozen=True, slots=True)
class Number:
    """A number in E.164."""

    digits: str  # without the plus

    def __str__(self) -> str:
        return f"+{self.digits}"

    @property
    def country(self) -> str:
        """The country code."""
        return country_of(self.digits)


def country_of(digits: str) -> str:
    """The country code that a number in E.164, without its plus, begins with."""
    if digits[:1] in ("1", "7"):
        return digits[:1]
    return digits[:2] if digits[:2] in _TWO_DIGITS else digits[:3]


def parse_number(text: str, home: str = "") -> Number:
    """Read a number. `home` is the country code that national numbers belong to, "" to take none.

    Raises BadNumber.
    """
    if len(text) > MAX_TEXT or not _TEXT.fullmatch(text):
        raise BadNumber(f"must have at most {MAX_TEXT} characters out of 0-9, +, blank, ( ) . - and /")
    if _TRUNK_ZERO.search(text):
        raise BadNumber("must not have (0): write the number as it is dialled from abroad")
    digits = text.translate(_PUNCTUATION)
    digits = digits[1:] if digits.startswith("+") else _international(digits, home)
    if "+" in digits:
        raise BadNumber("must have a plus at its beginning only")
    return _checked(digits)


def _international(digits: str, home: str) -> str:
    """With its country code, as `home` writes numbers."""
    if not home:
        raise BadNumber("must begin with + and the country code")
    if home == NANP:
        if digits.startswith("011"):
            return digits[3:]
        if len(digits) == 10:
            return NANP + digits
        if len(digits) == 11 and digits.startswith(NANP):
            return digits
    elif digits.startswith("00"):
        return digits[2:]
    elif digits.startswith("0"):
        return home + (digits if home in _LEADING_ZERO else digits[1:])
    raise BadNumber("must begin with +, or be written as it is dialled across the country")


def _checked(digits: str) -> Number:
    if not MIN_DIGITS <= len(digits) <= MAX_DIGITS or digits.startswith("0"):
        raise BadNumber(f"must have {MIN_DIGITS} to {MAX_DIGITS} digits, the country code first")
    country = country_of(digits)
    if country == NANP and not _NANP_NUMBER.fullmatch(digits):
        raise BadNumber("must be a number of the North American plan: +1, area code, seven digits")
    rest = digits[len(country) :]
    if rest.startswith("00") or (rest.startswith("0") and country not in _LEADING_ZERO):
        raise BadNumber("must not have a zero after the country code")
    return Number(digits)
