"""Dates, times, amounts of money and percentages in Spanish, French, Italian, Russian, German and Portuguese.

What a voice would read as marks becomes words; numerals stay numerals. A voice of the language reads "14" in
the gender and case that it knows how to, which rules on single phrases do not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aywa.turn.wording.draft import Draft

_MONTH_NAMES = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}
_DATES = {
    "de": "{day}. {month} {year}",
    "es": "{day} de {month} de {year}",
    "fr": "{day} {month} {year}",
    "it": "{day} {month} {year}",
    "pt": "{day} de {month} de {year}",
    "ru": "{day} {month} {year} года",
}
_FIRST_DAYS = {"fr": "1er", "it": "primo"}
_ISO = re.compile(r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?![\w-])")
_NUMERIC = re.compile(r"(?<![\w./-])(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?![\w/-]|[.]\d)")
_WORD = r"(?:[ ]?(?:Uhr|h|hs|hrs|horas)\b\.?)?"
_CLOCK = re.compile(
    rf"(?<![\w:.,])([01]?\d|2[0-4])(?:[:h]([0-5]\d)(?::[0-5]\d)?(?!\w|[:.,]\d){_WORD}"
    r"|\.([0-5]\d)[ ]Uhr\b|h(?!\w))"
)
_AMOUNT = r"\d{1,3}(?:[.\u00a0\u202f ]\d{3})+(?:,\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_SIGN = r"R\$|US\$|[$€£₽]|\b(?:EUR|USD|GBP|CHF|BRL|RUB)\b|руб\."
_SIGN_FIRST = re.compile(rf"(?<![\w.])({_SIGN})[ \u00a0]?({_AMOUNT})(?![\w]|[.,]\d)")
_SIGN_LAST = re.compile(rf"(?<![\w.,])({_AMOUNT})[ \u00a0\u202f]?({_SIGN})(?!\w)")
_PERCENT = re.compile(r"(?<![\w.,])(\d+(?:[.,]\d+)?)[ \u00a0\u202f]?%")
_CODES = {
    "€": "EUR",
    "$": "USD",
    "US$": "USD",
    "£": "GBP",
    "R$": "BRL",
    "₽": "RUB",
    "руб.": "RUB",
}


@dataclass(frozen=True, slots=True)
class Money:
    """Names of one (with its numeral), of more, in Russian of five and more; then of the hundredths."""

    one: str
    many: str
    five: str = ""
    cents: tuple[str, str, str] = ("", "", "")


_MONEY = {
    "de": {
        "EUR": Money("ein Euro", "Euro"),
        "USD": Money("ein Dollar", "Dollar"),
        "GBP": Money("ein Pfund", "Pfund"),
        "CHF": Money("ein Franken", "Franken"),
    },
    "es": {
        "EUR": Money("un euro", "euros"),
        "USD": Money("un dólar", "dólares"),
        "GBP": Money("una libra", "libras"),
        "CHF": Money("un franco", "francos"),
    },
    "fr": {
        "EUR": Money("un euro", "euros"),
        "USD": Money("un dollar", "dollars"),
        "GBP": Money("une livre", "livres"),
        "CHF": Money("un franc", "francs"),
    },
    "it": {
        "EUR": Money("un euro", "euro"),
        "USD": Money("un dollaro", "dollari"),
        "GBP": Money("una sterlina", "sterline"),
        "CHF": Money("un franco", "franchi"),
    },
    "pt": {
        "EUR": Money("um euro", "euros"),
        "USD": Money("um dólar", "dólares"),
        "GBP": Money("uma libra", "libras"),
        "BRL": Money("um real", "reais"),
    },
    "ru": {
        "EUR": Money("1 евро", "евро", "евро", ("цент", "цента", "центов")),
        "USD": Money("1 доллар", "доллара", "долларов", ("цент", "цента", "центов")),
        "GBP": Money("1 фунт", "фунта", "фунтов", ("пенс", "пенса", "пенсов")),
        "RUB": Money("1 рубль", "рубля", "рублей", ("копейка", "копейки", "копеек")),
    },
}
_CENTS = {"de": "{} {}", "es": "{} con {}", "fr": "{} {}", "it": "{} e {}", "pt": "{} e {}"}
_PERCENTS = {
    "de": "Prozent",
    "es": "por ciento",
    "fr": "pour cent",
    "it": "per cento",
    "pt": "por cento",
}
LANGUAGES = frozenset(_DATES)


def dates(draft: Draft, language: str) -> None:
    """As "12 de mayo de 2026"; the day stands first in all of them."""
    months, form = _MONTH_NAMES[language].split(), _DATES[language]

    def say(day: int, month: int, year: str) -> str | None:
        if not (1 <= day <= 31 and 1 <= month <= 12):
            return None
        first = _FIRST_DAYS.get(language, "1") if day == 1 else str(day)
        return form.format(day=first, month=months[month - 1], year=year)

    draft.sub(_ISO, lambda match: say(int(match[3]), int(match[2]), match[1]))
    draft.sub(_NUMERIC, lambda match: say(int(match[1]), int(match[3]), match[4]))


def times(draft: Draft, language: str) -> None:
    """As "14 Uhr 30", "14 heures 30", "14 y 30"; after a whole hour its word where the language wants one."""

    def say(match: re.Match[str]) -> str:
        hour, minute = int(match[1]), int(match[2] or match[3] or 0)
        return _clock(language, hour, minute)

    draft.sub(_CLOCK, say)


def money(draft: Draft, language: str) -> None:
    """As "12 Euro 50"; currencies without a name here stay as they are written."""
    known = _MONEY[language]

    def say(amount: str, sign: str) -> str | None:
        named = known.get(_CODES.get(sign, sign))
        return None if named is None else _named(language, amount, named)

    draft.sub(_SIGN_FIRST, lambda match: say(match[2], match[1]))
    draft.sub(_SIGN_LAST, lambda match: _ended(match, say(match[1], match[2])))


def percentages(draft: Draft, language: str) -> None:
    """As "12,5 Prozent"."""

    def say(match: re.Match[str]) -> str:
        number = match[1]
        if language != "ru":
            return f"{number} {_PERCENTS[language]}"
        whole = number.isdecimal()
        return f"{number} {_of(int(number), ('процент', 'процента', 'процентов')) if whole else 'процента'}"

    draft.sub(_PERCENT, say)


def _clock(language: str, hour: int, minute: int) -> str:
    match language:
        case "de":
            return f"{hour} Uhr {minute}" if minute else f"{hour} Uhr"
        case "fr":
            word = "heure" if hour < 2 else "heures"
            return f"{hour} {word} {minute}" if minute else f"{hour} {word}"
        case "pt":
            word = "hora" if hour == 1 else "horas"
            return f"{hour} {word} e {minute}" if minute else f"{hour} {word}"
        case "es":
            return f"{hour} y {minute}" if minute else f"{hour} en punto"
        case "it":
            return f"{hour} e {minute}" if minute else f"{hour} in punto"
    if not minute:
        return f"{hour} {_of(hour, ('час', 'часа', 'часов'))}"
    return f"{hour} {minute}" if minute > 9 else f"{hour} ноль {minute}"


def _named(language: str, amount: str, money: Money) -> str:
    whole, cents = _split(amount)
    if language == "ru":
        said = money.one if whole == 1 else f"{whole} {_of(whole, _forms(money))}"
        return f"{said} {cents} {_of(cents, money.cents)}" if cents else said
    said = money.one if whole == 1 else f"{whole} {money.many}"
    return _CENTS[language].format(said, cents) if cents else said


def _ended(match: re.Match[str], said: str | None) -> str | None:
    """The dot of an abbreviation at the end of a text is also the end of the sentence."""
    at_end = match.group().endswith(".") and match.end() == len(match.string)
    return f"{said}." if said is not None and at_end else said


def _split(amount: str) -> tuple[int, int]:
    """Whole and hundredths of an amount: the last mark parts them when one or two digits follow."""
    parts = re.match(r"(.*?)(?:[.,](\d{1,2}))?\Z", amount)
    assert parts is not None
    return int(re.sub(r"\D", "", parts[1])), int((parts[2] or "0").ljust(2, "0"))


def _forms(money: Money) -> tuple[str, str, str]:
    return money.one.removeprefix("1 "), money.many, money.five


def _of(number: int, forms: tuple[str, str, str]) -> str:
    """The Russian form behind a number: 1, 21; 2 to 4, 22 to 24; the rest."""
    if number % 10 == 1 and number % 100 != 11:
        return forms[0]
    return forms[1] if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else forms[2]
