"""Telephone numbers in what calls leave behind, and whether two spellings are one number."""

from __future__ import annotations

import re

from aywa.model.phone_number import dialled_key

SHORTEST = 3  # digits; what is shorter stands everywhere
_USER = re.compile(r"(?:sips?|tel):([^@;>\s\"]{1,64})", re.I)
_PLAIN = re.compile(r"(?<![\w.:])\+?\d{3,20}(?![\w.:])")
_NATIONAL = re.compile(r"0[1-9]\d{5,}")
_COUNTRY_DIGITS = (1, 2, 3)  # E.164: a country code has one to three


def number_key(text: str) -> str | None:
    """The digits by which a number is known; None for what is no number."""
    key = dialled_key(text)
    return key if key.isascii() and key.isdigit() and SHORTEST <= len(key) <= 20 else None


def numbers_in(*texts: str) -> set[str]:
    """The keys of every number in addresses and in plain text."""
    found = [user for text in texts for user in _USER.findall(text)]
    found += [plain for text in texts for plain in _PLAIN.findall(text)]
    return {key for user in found if (key := number_key(user)) is not None}


def spellings(key: str) -> list[str]:
    """Under which keys a number may stand: its own, and national ones with a zero in place of the country.

    Which country's are tried is not known: each number of digits that a country code can have is.
    """
    national = [f"0{key[digits:]}" for digits in _COUNTRY_DIGITS]
    return [key, *(each for each in national if _NATIONAL.fullmatch(each))]
