"""Dates and times as English words."""

from __future__ import annotations

import re

from aywa.turn.wording.draft import Draft
from aywa.turn.wording.numbers import ONES, cardinal, ordinal, year

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_MONTH = "|".join(_MONTHS) + "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
_DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "tues": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "thur": "Thursday",
    "thurs": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
_ISO = re.compile(r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}:\d{2}))?(?![\w-])")
_NUMERIC = re.compile(r"(?<![\w./-])(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?![\w/-]|[.]\d)")
_MONTH_DAY = re.compile(rf"\b({_MONTH})\.?[ ](\d{{1,2}})(?:st|nd|rd|th)?\b(?:(,?)[ ](\d{{4}}))?(?![\d:])")
_DAY_MONTH = re.compile(
    rf"(?<![\w.])(?:the[ ])?(\d{{1,2}})(?:st|nd|rd|th)?[ ](?:of[ ])?({_MONTH})\b\.?(?:,?[ ](\d{{4}}))?"
    r"(?![\d:])"
)
_DAY_NAME = re.compile(rf"\b({'|'.join(_DAYS)})\.?(?=,?[ ](?:{_MONTH}|\d|the\b))", re.I)
_DAY_RANGE = re.compile(rf"\b({'|'.join(_DAYS)})\.?[ ]?[-–][ ]?({'|'.join(_DAYS)})\b\.?", re.I)
_YEAR = re.compile(
    rf"\b((?:{_MONTH}|in|since|until|till|by|from|before|after|during|early|late|year|spring|summer|autumn|fall"
    r"|winter|of)[ ])((?:1[1-9]|20)\d\d)(?![\w,.:/%-]*\d)\b"
)
_DECADE = re.compile(r"(?<!\w)'?((?:1[1-9]|20)?\d0)s\b")
_HALF = r"(?:[ ]?([ap])\.?m\b\.?)"
_CLOCK = re.compile(rf"(?<![\w:.])([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d)?{_HALF}?(?![\w:]|[.,]\d)", re.I)
_HOUR = re.compile(rf"(?<![\w:.])(1[0-2]|0?[1-9]){_HALF}(?!\w)", re.I)
_UNTIL = re.compile(rf"(?<=\d)((?:[ ]?[ap]\.?m\.?)?)[ ]?[-–—][ ]?(?=\d{{1,2}}(?::\d\d|{_HALF}))", re.I)
_ENDS = (".", "")


def dates(draft: Draft, language: str) -> None:
    """As "May thirty-first, twenty twenty-six"; day and month by the language where both would do."""
    day_first = language.lower() in ("en-gb", "en-au", "en-nz", "en-ie", "en-za", "en-in")

    def iso(match: re.Match[str]) -> str | None:
        years, month, day, clock = match.groups()
        said = _date(int(day), int(month), int(years))
        return f"{said} at {_clock(clock)}" if said and clock else said

    def numeric(match: re.Match[str]) -> str | None:
        first, mark, second, years = match.groups()
        month, day = (second, first) if day_first or mark == "." or int(first) > 12 else (first, second)
        full = int(years) if len(years) == 4 else 2000 + int(years)
        return _date(int(day), int(month), full)

    draft.sub(_ISO, iso)
    draft.sub(_NUMERIC, numeric)
    draft.sub(
        _DAY_RANGE,
        lambda match: " to ".join(_DAYS[day.lower()] for day in match.groups()) + _stop(match),
    )
    draft.sub(_DAY_NAME, lambda match: _DAYS[match.group(1).lower()], settles=False)
    draft.sub(_MONTH_DAY, _month_day)
    draft.sub(_DAY_MONTH, _day_month)
    draft.sub(_YEAR, lambda match: match.group(1) + year(int(match.group(2))))
    draft.sub(_DECADE, _decade)


def times(draft: Draft) -> None:
    """As "ten thirty", "seven o'clock", "two thirty P M" for 14:30."""
    draft.sub(_UNTIL, lambda match: f"{match.group(1)} to ", settles=False)
    draft.sub(_CLOCK, lambda match: _clock(match.group(), match))
    draft.sub(
        _HOUR, lambda match: f"{cardinal(int(match.group(1)))} {match.group(2).upper()} M{_stop(match)}"
    )


def _date(day: int, month: int, years: int | None) -> str | None:
    if not (1 <= day <= 31 and 1 <= month <= 12) or (years is not None and not 1100 <= years < 2100):
        return None
    said = f"{_MONTHS[month - 1]} {ordinal(day)}"
    return said if years is None else f"{said}, {year(years)}"


def _month_day(match: re.Match[str]) -> str | None:
    month, day, _, years = match.groups()
    if not 1 <= int(day) <= 31 or (years and not 1100 <= int(years) < 2100):
        return None
    said = f"{_named(month)} {ordinal(int(day))}"
    return f"{said}, {year(int(years))}" if years else said


def _day_month(match: re.Match[str]) -> str | None:
    day, month, years = match.groups()
    if not 1 <= int(day) <= 31 or (years and not 1100 <= int(years) < 2100):
        return None
    said = f"the {ordinal(int(day))} of {_named(month)}"
    said = f"{said}, {year(int(years))}" if years else said
    return said + _stop(match)


def _named(month: str) -> str:
    return next(name for name in _MONTHS if name.startswith(month[:3]))


def _decade(match: re.Match[str]) -> str:
    years = int(match.group(1))
    words = cardinal(years) if years < 100 else year(years)
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def _clock(text: str, match: re.Match[str] | None = None) -> str:
    hour, minute = (int(part) for part in re.findall(r"\d+", text)[:2])
    half = match.group(3) if match is not None else None
    if half is None and (hour > 12 or hour == 0):
        half = "a" if hour in (0, 24) else "p"
    hour = hour % 12 or 12
    said = cardinal(hour)
    if minute:
        said += f" oh {ONES[minute]}" if minute < 10 else f" {cardinal(minute)}"
    elif half is None:
        said += " o'clock"
    if half:
        said += f" {half.upper()} M"
    return said + (_stop(match) if match is not None else "")


def _stop(match: re.Match[str]) -> str:
    """The dot of an abbreviation at the end of a text is also the end of the sentence."""
    return "." if match.group().endswith(".") and match.end() == len(match.string) else ""
