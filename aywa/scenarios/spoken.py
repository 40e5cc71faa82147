"""Words that several scenarios share: days, numbers, and how a reference is read out."""

from __future__ import annotations

DAYS = ("today", "tomorrow", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def day_phrases() -> dict[str, object]:
    """Every day as it is said, with and without "on"."""
    plain: dict[str, object] = {day.lower(): day for day in DAYS}
    return plain | {f"on {day.lower()}": day for day in DAYS[2:]}


def count_phrases(singular: str, plural: str, most: int = 10) -> dict[str, object]:
    """One to `most` things: "three", "three nights", "3"."""
    found: dict[str, object] = {}
    for value, word in enumerate(NUMBERS[:most], start=1):
        noun = singular if value == 1 else plural
        found |= {word: value, f"{word} {noun}": value, str(value): value}
    return found


def counted(value: int, singular: str, plural: str) -> str:
    """A count in words: "one night", "three nights"."""
    word = NUMBERS[value - 1] if 1 <= value <= len(NUMBERS) else str(value)
    return f"{word} {singular if value == 1 else plural}"


def spelled(reference: str) -> str:
    """A reference one character at a time, so that speech synthesis reads letters and digits."""
    return ", ".join(reference)
