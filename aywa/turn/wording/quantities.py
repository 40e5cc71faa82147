"""Money, percentages, measures and plain numbers as English words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aywa.turn.wording.draft import Draft
from aywa.turn.wording.numbers import cardinal, number, ordinal, quantity

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALE = r"(?:[ ]?(k|K|m|M|bn|B|thousand|million|billion|trillion)\b)?"
_PER = (
    r"(?:[ ]?(?:/|per[ ])[ ]?(night|day|week|month|year|hour|minute|person|mo|yr|hr|kg|km|mile|gallon|unit"
    r"|item|user|call)s?\b)?"
)
_SCALES = {"k": "thousand", "m": "million", "bn": "billion", "b": "billion"}
_PERIODS = {"mo": "month", "yr": "year", "hr": "hour"}


@dataclass(frozen=True, slots=True)
class Currency:
    """Its names for one and for many, whole and hundredth."""

    one: str
    many: str
    cent: str
    cents: str


_DOLLAR = Currency("dollar", "dollars", "cent", "cents")
_EURO = Currency("euro", "euros", "cent", "cents")
_POUND = Currency("pound", "pounds", "penny", "pence")
_YEN = Currency("yen", "yen", "", "")
_RUPEE = Currency("rupee", "rupees", "paisa", "paise")
_FRANC = Currency("franc", "francs", "centime", "centimes")
_CURRENCIES = {
    "$": _DOLLAR,
    "US$": _DOLLAR,
    "USD": _DOLLAR,
    "€": _EURO,
    "EUR": _EURO,
    "£": _POUND,
    "GBP": _POUND,
    "¥": _YEN,
    "JPY": _YEN,
    "₹": _RUPEE,
    "INR": _RUPEE,
    "CHF": _FRANC,
    "CAD": Currency("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AUD": Currency("Australian dollar", "Australian dollars", "cent", "cents"),
}
_SIGN = r"US\$|[$€£¥₹]|\b(?:USD|EUR|GBP|JPY|INR|CHF|CAD|AUD)\b"
_RANGE = re.compile(rf"(?<=\d)[ ]?[-–][ ]?(?=(?:{_SIGN})?[ ]?\d)")
_SIGN_FIRST = re.compile(rf"(?<![\w.])([-−]?)({_SIGN})[ ]?({_NUMBER}){_SCALE}{_PER}(?!\d)")
_SIGN_LAST = re.compile(rf"(?<![\w.,])([-−]?)({_NUMBER}){_SCALE}[ ]?({_SIGN}){_PER}(?!\w)")
_CENTS = re.compile(r"(?<![\w.])(\d+)[ ]?¢")
_PERCENT = re.compile(rf"(?<![\w.,])([-−+]?(?:{_NUMBER}))[ ]?%")
_NAMED = re.compile(
    rf"(?<![\w.,-])([-−]?(?:{_NUMBER}))(?=[ ](?:dollars?|euros?|pounds?|cents?|francs?|yen|rupees?|percent"
    r"|people|guests?|rooms?|nights?|days?|weeks?|months?|years?|hours?|minutes?|seconds?|times|points|miles?|meters?|kilometers?"
    r"|thousand|million|billion|trillion|hundred|calls?|items?|units?)\b)"
)
_DISTANCES = {
    "km": ("kilometer", "kilometers"),
    "m": ("meter", "meters"),
    "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"),
    "mi": ("mile", "miles"),
    "ft": ("foot", "feet"),
    "yd": ("yard", "yards"),
}
_UNITS = {
    "kg": ("kilogram", "kilograms"),
    "g": ("gram", "grams"),
    "mg": ("milligram", "milligrams"),
    "lb": ("pound", "pounds"),
    "lbs": ("pound", "pounds"),
    "oz": ("ounce", "ounces"),
    "l": ("liter", "liters"),
    "L": ("liter", "liters"),
    "ml": ("milliliter", "milliliters"),
    "mL": ("milliliter", "milliliters"),
    "gal": ("gallon", "gallons"),
    "km/h": ("kilometer per hour", "kilometers per hour"),
    "kmh": ("kilometer per hour", "kilometers per hour"),
    "mph": ("mile per hour", "miles per hour"),
    "kWh": ("kilowatt hour", "kilowatt hours"),
    "kW": ("kilowatt", "kilowatts"),
    "W": ("watt", "watts"),
    "V": ("volt", "volts"),
    "Hz": ("hertz", "hertz"),
    "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"),
    "KB": ("kilobyte", "kilobytes"),
    "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"),
    "TB": ("terabyte", "terabytes"),
    "Mbps": ("megabit per second", "megabits per second"),
    "Gbps": ("gigabit per second", "gigabits per second"),
    "sqm": ("square meter", "square meters"),
    "m²": ("square meter", "square meters"),
    "m2": ("square meter", "square meters"),
    "km²": ("square kilometer", "square kilometers"),
    "m³": ("cubic meter", "cubic meters"),
    "sq ft": ("square foot", "square feet"),
    "sqft": ("square foot", "square feet"),
    "ft²": ("square foot", "square feet"),
    "°C": ("degree Celsius", "degrees Celsius"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°": ("degree", "degrees"),
    "h": ("hour", "hours"),
    "hr": ("hour", "hours"),
    "hrs": ("hour", "hours"),
    "min": ("minute", "minutes"),
    "mins": ("minute", "minutes"),
    "sec": ("second", "seconds"),
    "secs": ("second", "seconds"),
    "ms": ("millisecond", "milliseconds"),
}
_FRACTIONS = {
    ("1", "2"): "one half",
    ("1", "3"): "one third",
    ("2", "3"): "two thirds",
    ("1", "4"): "one quarter",
    ("3", "4"): "three quarters",
}
_SIGNED_FRACTIONS = {
    "½": "one half",
    "¼": "one quarter",
    "¾": "three quarters",
    "⅓": "one third",
    "⅔": "two thirds",
}


def _measure(names: dict[str, tuple[str, str]]) -> re.Pattern[str]:
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?<![\w.,])([-−]?(?:{_NUMBER}))[ \u00a0]?({known})(?![\w/²³])\.?(?=(\s+[^A-Z\s])?)")


_DISTANCE, _UNIT = _measure(_DISTANCES), _measure(_UNITS)
_ORDINAL = re.compile(r"(?<![\w.,])(\d{1,9})(?:st|nd|rd|th)\b")
_NUMERO = re.compile(r"(?:#|№[ ]?|\bNos?\.[ ]?|\b[Nn]umber[ ]#)(?=\d)")
_MIXED = re.compile(r"(?<=\d)[ ]?([½¼¾⅓⅔])")
_FRACTION_SIGN = re.compile("[½¼¾⅓⅔]")
_FRACTION = re.compile(r"(?<![\w./-])(\d{1,2})/(\d{1,2})(?![\w/]|[.,]\d)")
_VERSION = re.compile(r"(?<![\w.,-])\d{1,4}(?:\.\d{1,4}){2,3}(?![\w-]|[.,]\d)")
_TIMES = re.compile(r"(?<=\d)[ ]?[x×][ ]?(?=\d)")
_PLUS = re.compile(r"(?<=\d)[ ]?\+[ ]?(?=\d)|(?<=\s)\+(?=\s)")
_ABOUT = re.compile(r"(?<!\w)[~≈][ ]?(?=[\d$€£])")
_PLAIN = re.compile(rf"(?<![\w.,-])([-−]?(?:{_NUMBER}))(?![\w]|[.,]\d|-\w)")
_GLUED = re.compile(rf"(?<![\w.,])({_NUMBER})(?=-[A-Za-z])")


def ranges(draft: Draft) -> None:
    """Say "10 to 12" for "10-12"; telephone numbers and dates were settled before."""
    draft.sub(_RANGE, " to ", settles=False)


def money(draft: Draft) -> None:
    """As "one thousand two hundred fifty dollars and fifty cents"."""

    def first(match: re.Match[str]) -> str:
        sign, currency, amount, scale, per = match.groups()
        return _money(sign, amount, scale, _CURRENCIES[currency], per)

    def last(match: re.Match[str]) -> str:
        sign, amount, scale, currency, per = match.groups()
        return _money(sign, amount, scale, _CURRENCIES[currency], per)

    draft.sub(_SIGN_FIRST, first)
    draft.sub(_SIGN_LAST, last)
    draft.sub(_CENTS, lambda match: _counted(match.group(1), ("cent", "cents")))


def percentages(draft: Draft) -> None:
    """As "twelve point five percent"."""
    draft.sub(_PERCENT, lambda match: f"{quantity(match.group(1).lstrip('+'))} percent")


def distances(draft: Draft) -> None:
    """As "five kilometers"."""
    draft.sub(_DISTANCE, lambda match: _counted(match.group(1), _DISTANCES[match.group(2)]) + _stop(match))


def units(draft: Draft) -> None:
    """Weights, volumes, speeds, data, temperatures, durations."""
    draft.sub(_UNIT, lambda match: _counted(match.group(1), _UNITS[match.group(2)]) + _stop(match))


def numbers(draft: Draft, cutoff: int) -> None:
    """What is left: ordinals, fractions, amounts of something, and plain numbers by the cutoff."""
    draft.sub(_NUMERO, "number ", settles=False)
    draft.sub(_ABOUT, "about ", settles=False)
    draft.sub(_ORDINAL, lambda match: ordinal(int(match.group(1))))
    draft.sub(_MIXED, lambda match: " and " + _SIGNED_FRACTIONS[match.group(1)].replace("one", "a"))
    draft.sub(_FRACTION_SIGN, lambda match: _SIGNED_FRACTIONS[match.group()])
    draft.sub(_FRACTION, _fraction)
    draft.sub(
        _VERSION, lambda match: " point ".join(number(part, cutoff) for part in match.group().split("."))
    )
    draft.sub(_TIMES, " by ", settles=False)
    draft.sub(_PLUS, " plus ", settles=False)
    draft.sub(_NAMED, lambda match: quantity(match.group(1)))
    draft.sub(_PLAIN, lambda match: number(match.group(1), cutoff))
    draft.sub(_GLUED, lambda match: number(match.group(1), cutoff))


def _counted(amount: str, names: tuple[str, str]) -> str:
    return f"{quantity(amount)} {names[0] if amount.lstrip('-−') == '1' else names[1]}"


def _money(sign: str, amount: str, scale: str | None, currency: Currency, per: str | None) -> str:
    minus = "minus " if sign else ""
    behind = "" if per is None else f" per {_PERIODS.get(per, per)}"
    whole, _, part = amount.replace(",", "").partition(".")
    if scale is not None:
        said = f"{quantity(amount)} {_SCALES.get(scale.lower(), scale)} {currency.many}"
    elif len(part) in (0, 2) and currency.cent:
        said = _with_cents(int(whole), int(part or "0"), currency)
    else:
        said = _counted(amount, (currency.one, currency.many))
    return minus + said + behind


def _with_cents(whole: int, part: int, currency: Currency) -> str:
    amount = f"{cardinal(whole)} {currency.one if whole == 1 else currency.many}"
    cents = f"{cardinal(part)} {currency.cent if part == 1 else currency.cents}"
    if not part:
        return amount
    return cents if not whole else f"{amount} and {cents}"


def _fraction(match: re.Match[str]) -> str | None:
    over, under = match.groups()
    if (over, under) == ("24", "7"):
        return "twenty-four seven"
    if (said := _FRACTIONS.get((over, under))) is not None:
        return said
    if not 0 < int(over) < int(under):
        return None
    return f"{cardinal(int(over))} {ordinal(int(under))}{'' if over == '1' else 's'}"


def _stop(match: re.Match[str]) -> str:
    """The dot behind a unit ends the sentence too, unless small letters follow."""
    return "." if match.group().endswith(".") and match.group(3) is None else ""
