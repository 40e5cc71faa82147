"""Numbers as English words."""

from __future__ import annotations

ONES = (
    *(
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_LARGEST = 10**15
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_GROUP = 3


def cardinal(number: int) -> str:
    """As "one thousand two hundred fifty"; from a thousand trillion on digit by digit."""
    if number < 0:
        return f"minus {cardinal(-number)}"
    if number >= _LARGEST:
        return digits(str(number))
    words: list[str] = []
    for size, name in _SCALES:
        if number >= size:
            words += [cardinal(number // size), name]
            number %= size
    if number >= 100:
        words += [ONES[number // 100], "hundred"]
        number %= 100
    if number >= 20:
        ten, one = divmod(number, 10)
        words.append(_TENS[ten] + (f"-{ONES[one]}" if one else ""))
    elif number or not words:
        words.append(ONES[number])
    return " ".join(words)


def ordinal(number: int) -> str:
    """As "twenty-first"."""
    head, mark, last = cardinal(number).rpartition("-")
    if not mark:
        head, mark, last = cardinal(number).rpartition(" ")
    if last in _ORDINALS:
        last = _ORDINALS[last]
    elif last.endswith("y"):
        last = last[:-1] + "ieth"
    else:
        last += "th"
    return head + mark + last


def digits(text: str) -> str:
    """Each digit by itself: "five five five"."""
    return " ".join(ONES[int(character)] for character in text if character.isdecimal())


def in_groups(text: str) -> list[str]:
    """A long row of digits in threes, as one would dictate it; up to five in one breath."""
    if len(text) <= _GROUP + 2:
        return [text]
    groups = [text[at : at + _GROUP] for at in range(0, len(text), _GROUP)]
    if len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups


def year(number: int) -> str:
    """As "nineteen ninety-nine", "twelve hundred", "two thousand five", "twenty twenty-six"; 1100 to 2099."""
    century, rest = divmod(number, 100)
    if 2000 <= number < 2010:
        return cardinal(number)
    if not rest:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {f'oh {ONES[rest]}' if rest < 10 else cardinal(rest)}"


def quantity(text: str) -> str:
    """A number as it is written, with commas between thousands and a decimal point: never as digits."""
    sign = "minus " if text[:1] in "-−" else ""
    whole, _, part = text.lstrip("-−").replace(",", "").partition(".")
    words = sign + cardinal(int(whole or "0"))
    return f"{words} point {digits(part)}" if part else words


def number(text: str, cutoff: int) -> str:
    """The same, but a plain number above `cutoff`, or one that begins with 0, digit by digit."""
    plain = text.lstrip("-−")
    if not plain.isdecimal():
        return quantity(text)
    value = int(plain)
    sign = "minus " if plain != text else ""
    if value > cutoff or (plain[0] == "0" and len(plain) > 1):
        return sign + ", ".join(digits(group) for group in in_groups(plain))
    if 1100 <= value < 2000 or 2010 <= value < 2100:
        return sign + year(value)
    return sign + cardinal(value)
