"""Card data on their way past everything that keeps words: keys and spoken digits, put together.

A pure machine: `key` and `words` while it is open, `value` once it is complete. Nothing here is written down;
`wipe` forgets it. Card numbers have 13 to 19 digits with a check digit (ISO/IEC 7812-1, annex B: Luhn).
"""

from __future__ import annotations

from enum import Enum

from aywa.turn.numerals import with_digits
from aywa.turn.words import heard_words

SHORTEST, LONGEST = 13, 19
BETWEEN_S = 4.0  # after the last digit of what may be complete
BETWEEN_SURE_S = 1.2  # after that of a number whose length and check digit fit
_REPEATED = {"double": 2, "triple": 3, "doble": 2, "doppel": 2, "doppelt": 2, "doppia": 2, "двойной": 2}


class EntryState(Enum):
    """Where the entry is."""

    EMPTY = "nothing has come"
    COMING = "digits come"
    COMPLETE = "the last digit is there"


TRANSITIONS: frozenset[tuple[EntryState, str, EntryState]] = frozenset(
    [
        (EntryState.EMPTY, "a digit", EntryState.COMING),
        (EntryState.COMING, "a digit", EntryState.COMING),
        (EntryState.COMING, "star", EntryState.EMPTY),
        (EntryState.COMING, "pound", EntryState.COMPLETE),
        (EntryState.COMING, "no more for a while", EntryState.COMPLETE),
        (EntryState.COMING, "the longest number", EntryState.COMPLETE),
        (EntryState.COMING, "taken", EntryState.EMPTY),
        (EntryState.COMPLETE, "taken", EntryState.EMPTY),
    ]
)


def checks(digits: str) -> bool:
    """Whether these may be a card number: its length, and its check digit by Luhn's formula."""
    if not (SHORTEST <= len(digits) <= LONGEST and digits.isdecimal()):
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def digits_said(text: str) -> str:
    """The digits of spoken or written numbers: "forty-one double one, 1 1" is 411111."""
    said: list[str] = []
    times = 1
    for word in with_digits(heard_words(text)):
        if word in _REPEATED:
            times = _REPEATED[word]
            continue
        if word.isdecimal():
            said.append(word * times)
        times = 1
    return "".join(said)


class CardEntry:
    """One value. `now` is monotonic seconds."""

    def __init__(self) -> None:
        self.state = EntryState.EMPTY
        self.value = ""
        self.deadline: float | None = None

    @property
    def number(self) -> bool:
        """Whether it is a card number whose check digit fits."""
        return checks(self.value)

    def key(self, key: str, now: float) -> None:
        """A key: `#` ends it, `*` begins anew."""
        if key == "#" and self.state is EntryState.COMING:
            self._enter("pound", EntryState.COMPLETE)
        elif key == "*" and self.state is EntryState.COMING:
            self.value, self.deadline = "", None
            self._enter("star", EntryState.EMPTY)
        elif key.isdecimal():
            self._add(key, now)

    def words(self, text: str, now: float) -> None:
        """Something was said; what is no number in it is passed over."""
        for digit in digits_said(text):
            self._add(digit, now)

    def handle_timers(self, now: float) -> None:
        """It is complete when nothing more comes."""
        if self.deadline is not None and now >= self.deadline and self.state is EntryState.COMING:
            self._enter("no more for a while", EntryState.COMPLETE)

    def wipe(self) -> str:
        """The value, which is forgotten here; it begins anew."""
        value, self.value, self.deadline = self.value, "", None
        if self.state is not EntryState.EMPTY:
            self._enter("taken", EntryState.EMPTY)
        return value

    def _add(self, digit: str, now: float) -> None:
        if self.state is EntryState.COMPLETE:
            return
        self.value += digit
        self.deadline = now + (BETWEEN_SURE_S if self.number else BETWEEN_S)
        self._enter("a digit", EntryState.COMING)
        if len(self.value) >= LONGEST:
            self._enter("the longest number", EntryState.COMPLETE)

    def _enter(self, why: str, state: EntryState) -> None:
        """The only writer of the state."""
        assert (self.state, why, state) in TRANSITIONS, (self.state, why, state)
        self.state = state
