"""What is said for a phrase: each rule in its order, those that the plan names."""

from __future__ import annotations

import re
from functools import lru_cache

from aywa.turn.speaking_settings import FormatSettings, Formatter, Replacement
from aywa.turn.spoken import Spoken
from aywa.turn.wording import addresses, elsewhere, letters, markup, moments, quantities
from aywa.turn.wording.draft import Draft, Say

_PLAIN = re.compile(
    r"[A-Z]?[a-z']*(?:,? [A-Z]?[a-z']*)*(?:(?<!etc)\.|[!?])?\Z"
)  # words that every voice reads well
# Most phrases hold little to be reworded: what a group of rules begins with is looked for first.
_MARK = re.compile(r"[^\w .,;:!?'()/@&$%+=-]|_|(?<!\w)'|\A\s*[-+]\s")
_NUMERAL = re.compile(r"\d|[½¼¾⅓⅔¢#№]|[A-Za-z]-[A-Za-z]-|[a-z]{2}[.]?[ ]?[-–][ ]?[A-Z]")
_LETTERS = re.compile(r"[A-Z]{2}|[A-Za-z]\.|[&@=/_°%→≥≤]")
_PLACE = re.compile(r"\$(&|\d)")


class Wording:
    """Of one assistant. English in full; for other languages what goes wrong in none."""

    def __init__(self, settings: FormatSettings, language: str) -> None:
        self._settings = settings
        self._language = language
        self._english = language.partition("-")[0].lower() == "en"
        self._replacements = [(_pattern(entry), entry) for entry in settings.replacements]

    def speak(self, text: str) -> Spoken:
        """The phrase in both wordings. What would leave nothing to say is spoken as it is written."""
        settings = self._settings
        if not settings.enabled or (not self._replacements and _PLAIN.match(text)):
            return Spoken.as_written(text)
        draft = Draft(text)
        self._marks(draft)
        if self._english:
            self._english_words(draft)
        else:
            self._careful_words(draft)
        for pattern, entry in self._replacements:
            draft.sub(pattern, _replacing(entry), all_of_it=True)
        markup.spaces(draft)
        if not any(character.isalnum() for character in draft.text):
            return Spoken.as_written(text)
        return draft.spoken()

    def _marks(self, draft: Draft) -> None:
        on = self._settings.on
        if _MARK.search(draft.text) is None:
            return
        if on(Formatter.ASTERISK):
            markup.staging(draft)
        if on(Formatter.MARKDOWN):
            markup.markdown(draft)
        markup.unspeakable(draft)
        if on(Formatter.STRIP_ASTERISK):
            markup.asterisks(draft)
        if on(Formatter.NEWLINE):
            markup.line_ends(draft)
        if on(Formatter.QUOTE):
            markup.quotes(draft)

    def _english_words(self, draft: Draft) -> None:
        on = self._settings.on
        if on(Formatter.EMAIL):
            self._addresses(draft)
        if _NUMERAL.search(draft.text):
            self._english_numbers(draft)
        if on(Formatter.ACRONYM) and _LETTERS.search(draft.text):
            letters.abbreviations(draft)
            letters.acronyms(draft)
        self._pauses(draft)

    def _english_numbers(self, draft: Draft) -> None:
        on = self._settings.on
        if on(Formatter.DATE):
            moments.dates(draft, self._language)
        if on(Formatter.TIME):
            moments.times(draft)
        if on(Formatter.PHONE_NUMBER):
            addresses.phone_numbers(draft, self._language)
        if on(Formatter.ACRONYM):
            letters.codes(draft)
        if on(Formatter.NUMBER):
            quantities.ranges(draft)
        if on(Formatter.DOLLAR_AMOUNT):
            quantities.money(draft)
        if on(Formatter.PERCENTAGE):
            quantities.percentages(draft)
        if on(Formatter.DISTANCE):
            quantities.distances(draft)
        if on(Formatter.UNIT):
            quantities.units(draft)
        if on(Formatter.NUMBER):
            quantities.numbers(draft, self._settings.digits_cutoff)

    def _addresses(self, draft: Draft) -> None:
        if "@" in draft.text:
            addresses.emails(draft, self._language)
        if "." in draft.text or "://" in draft.text:
            addresses.urls(draft, self._language)

    def _careful_words(self, draft: Draft) -> None:
        on = self._settings.on
        if on(Formatter.EMAIL):
            self._addresses(draft)
        base = self._language.partition("-")[0].lower()
        known = base in elsewhere.LANGUAGES and _NUMERAL.search(draft.text) is not None
        if known and on(Formatter.DATE):
            elsewhere.dates(draft, base)
        if known and on(Formatter.TIME):
            elsewhere.times(draft, base)
        if on(Formatter.PHONE_NUMBER):
            addresses.phone_numbers(draft, self._language)
            addresses.long_numbers(draft, self._language)
        if known and on(Formatter.DOLLAR_AMOUNT):
            elsewhere.money(draft, base)
        if known and on(Formatter.PERCENTAGE):
            elsewhere.percentages(draft, base)
        self._pauses(draft)

    def _pauses(self, draft: Draft) -> None:
        if self._settings.on(Formatter.DASH):
            markup.dashes(draft)
        if self._settings.on(Formatter.COLON):
            markup.colons(draft)


def _pattern(entry: Replacement) -> re.Pattern[str]:
    """Raises ValueError for a pattern that is none."""
    if not entry.regex:
        return re.compile(re.escape(entry.key))
    flags = (re.I if entry.ignore_case else 0) | (re.M if entry.multi_line else 0)
    try:
        return re.compile(rf"\b(?:{entry.key})\b" if entry.whole_word else entry.key, flags)
    except (re.error, OverflowError) as error:
        raise ValueError(f"is no regular expression ({error})") from error


def _replacing(entry: Replacement) -> Say | str:
    return (lambda match: _filled(entry.value, match)) if entry.regex else entry.value


def _filled(value: str, match: re.Match[str]) -> str:
    """`$1` is the first group, `$&` the whole match; of a group that is not there nothing is said."""

    def fill(place: re.Match[str]) -> str:
        number = 0 if place.group(1) == "&" else int(place.group(1))
        return (match.group(number) or "") if number <= match.re.groups else ""

    return _PLACE.sub(fill, value)


@lru_cache(maxsize=256)
def wording(settings: FormatSettings, language: str) -> Wording:
    """One for each plan, whatever the number of calls. Raises ValueError for a pattern that is none."""
    return Wording(settings, language)
