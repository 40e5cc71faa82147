"""Numbers as they are spoken, in six languages, as the digits that a recogniser may write instead.

A recogniser writes "twenty one" in a partial and "21" in the final of the same sound. The language need not
be known: a word that is a number in one and something else in another (Spanish "once") becomes the same
digits on both sides of a comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_UNITS = (  # 0 to 19, a row a language
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen",
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis"
    " diecisiete dieciocho diecinueve",
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
    "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici"
    " sedici diciassette diciotto diciannove",
    "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn"
    " siebzehn achtzehn neunzehn",
    "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать"
    " четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать",
)
_TENS = (  # 20 to 90
    "twenty thirty forty fifty sixty seventy eighty ninety",
    "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "vingt trente quarante cinquante soixante septante huitante nonante",
    "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто",
)
_HUNDREDS = (  # 100 to 900
    "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos",
    "cento duecento trecento quattrocento cinquecento seicento settecento ottocento novecento",
    "hundert zweihundert dreihundert vierhundert fünfhundert sechshundert siebenhundert achthundert"
    " neunhundert",
    "сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот",
)
_OTHERS = {
    1: "una une ein eine einen einem einer одна одно",
    2: "две zwo",
    30: "dreissig",
    80: "quatrevingt",
    100: "hundred cien cent cents",
    1000: "thousand mil mille mila tausend тысяча тысячи тысяч",
    1_000_000: "million millions millón millones milione milioni millionen миллион миллиона миллионов",
}
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
    " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_TIMES_HUNDRED = frozenset({"hundred", "cent", "cents", "hundert"})  # what stands before multiplies it
_FRENCH_SCORES = (60, 80)  # soixante-dix-neuf, quatre-vingt-dix: up to 19 are added
_AND_REST = frozenset({"and", "und"})  # a hundred and five
_AND_UNIT = frozenset({"y", "et"})  # treinta y uno
_NAUGHT = frozenset({"oh", "o"})  # five oh five


def _table() -> dict[str, int]:
    table = dict(_compounds())
    for rows, first, step in ((_UNITS, 0, 1), (_TENS, 20, 10), (_HUNDREDS, 100, 100)):
        for row in rows:
            table.update((word, first + step * index) for index, word in enumerate(row.split()))
    for value, words in _OTHERS.items():
        table.update(dict.fromkeys(words.split(), value))
    return table


def _compounds() -> Iterator[tuple[str, int]]:
    """Numbers below 100 that are one word: veintidós, ventuno, einundzwanzig."""
    spanish = ["uno", "dós", "trés", "cuatro", "cinco", "séis", "siete", "ocho", "nueve"]
    italian, german = _UNITS[3].split()[1:10], ["ein", *_UNITS[4].split()[2:10]]
    for unit in range(1, 10):
        yield "veinti" + spanish[unit - 1], 20 + unit
        for index in range(8):
            value, stem = 20 + 10 * index + unit, _TENS[3].split()[index]
            yield (stem[:-1] if unit in (1, 8) else stem) + italian[unit - 1], value
            yield f"{german[unit - 1]}und{_TENS[4].split()[index]}", value
        yield "ventitré", 23


_VALUES = _table()
_NTH = {word: index + 1 for index, word in enumerate(_ORDINALS.split())}


def with_digits(words: Sequence[str]) -> list[str]:
    """The words with every spoken number in digits, one word a number; English ordinals as "3th"."""
    result: list[str] = []
    place = 0
    while place < len(words):
        number = _Number()
        end = _read(words, place, number)
        if end > place:
            result.append(number.text)
            place = end
        elif words[place] in ("a", "an") and _scale(words, place + 1):
            place += 1  # a hundred
        elif words[place] in _NAUGHT and (_counts(words, place - 1) or _counts(words, place + 1)):
            result.append("0")
            place += 1
        else:
            result.append(words[place])
            place += 1
    return result


def _read(words: Sequence[str], place: int, number: _Number) -> int:
    """Add words to the number from `place` on; where it ends."""
    while place < len(words) and not number.complete:
        ahead = place
        if number.takes_and(words[ahead]):
            ahead += 1
        if ahead >= len(words) or not number.add(words[ahead]):
            break
        place = ahead + 1
    return place


def _scale(words: Sequence[str], place: int) -> bool:
    return place < len(words) and _VALUES.get(words[place], 0) >= 100


def _counts(words: Sequence[str], place: int) -> bool:
    return 0 <= place < len(words) and (words[place] in _VALUES or words[place].isdecimal())


class _Number:
    """A number under construction: whole thousands, and the group below a thousand that is being said."""

    def __init__(self) -> None:
        self.complete = False
        self._thousands = 0
        self._group: int | None = None
        self._digits = ""  # written, so nothing but a scale may follow
        self._scale = 0  # the last one said
        self._ordinal = False

    @property
    def text(self) -> str:
        """The number in digits; as it was written if it was."""
        if self._digits and not self._thousands and not self._scale:
            return self._digits
        return str(self._thousands + (self._group or 0)) + ("th" if self._ordinal else "")

    def takes_and(self, word: str) -> bool:
        """Whether this joins a number with what follows."""
        group = self._group or 0
        if self._digits:
            return False
        if word in _AND_REST:
            return (group > 0 and group % 100 == 0) or (self._group is None and self._thousands > 0)
        return word in _AND_UNIT and group % 100 >= 20 and group % 10 == 0

    def add(self, word: str) -> bool:
        """Take one more word; False when it does not go on with this number."""
        if word.isdecimal():
            if self._group is not None or self._thousands:
                return False
            self._digits, self._group = word, int(word)
            return True
        nth = _NTH.get(word)
        value = _VALUES.get(word, nth)
        if value is None:
            return False
        if value >= 1000:
            return self._times(value)
        if value == 100 and word in _TIMES_HUNDRED and self._group is not None and 1 <= self._group <= 99:
            self._group *= 100
            self._scale = self._scale or 100
            return True
        if self._digits or not self._fits(value):
            return False
        self._group = (self._group or 0) + value
        self._ordinal = self.complete = nth is not None and word not in _VALUES
        return True

    def _times(self, scale: int) -> bool:
        if (self._scale >= 1000 and scale >= self._scale) or (self._group is None and self._thousands):
            return False
        self._thousands += (1 if self._group is None else self._group) * scale
        self._group, self._scale = None, scale
        return True

    def _fits(self, value: int) -> bool:
        """Whether a number below a thousand goes on with this one."""
        group = self._group
        if group is None:
            return value > 0 or not self._thousands
        below = group % 100
        if value == 0 or group == 0:
            return False
        if below == 0:
            return value < 100
        if below in _FRENCH_SCORES and value in range(10, 20):
            return True
        return below >= 20 and below % 10 == 0 and value < 10
