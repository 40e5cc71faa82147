"""Card data: which digits belong to a number, when it is whole, and which parameters are meant for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.turn.card_digits import CardEntry, EntryState, checks, digits_said
from aywa.turn.card_parameter import CardMark, card_asked, card_mark
from aywa.turn.pending_parameter import KnownTool

VISA = "4111111111111111"


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B, as it is written there: every second from the right doubled."""
    doubled = [int(digit) for digit in digits]
    for place in range(len(doubled) - 2, -1, -2):
        doubled[place] = sum(int(digit) for digit in str(2 * doubled[place]))
    return sum(doubled) % 10 == 0


@given(st.text("0123456789", min_size=13, max_size=19))
def test_the_check_digit(digits: str) -> None:
    assert checks(digits) == luhn(digits)


@pytest.mark.parametrize(
    "digits", ["4111111111111111", "378282246310005", "6011000990139424", "30569309025904"]
)
def test_numbers_that_networks_publish_for_tests(digits: str) -> None:
    assert checks(digits)
    assert not checks(digits[:-1] + str((int(digits[-1]) + 1) % 10))


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("four one one one, double one 11", "41111111"),
        ("vier eins eins eins", "4111"),
        ("quatre un un un", "4111"),
        ("cuatro uno uno uno", "4111"),
        ("quattro uno uno uno", "4111"),
        ("четыре один один один", "4111"),
        ("it is 4111 1111 1111 1111 thank you", VISA),
        ("forty one eleven", "4111"),
    ],
)
def test_spoken_digits(text: str, digits: str) -> None:
    assert digits_said(text) == digits


def test_a_number_is_whole_soon_after_its_check_digit_fits() -> None:
    entry = CardEntry()
    for place, key in enumerate(VISA):
        entry.key(key, float(place))
    entry.handle_timers(16.1)
    assert entry.state is EntryState.COMING
    entry.handle_timers(16.3)
    assert entry.state is EntryState.COMPLETE
    assert entry.wipe() == VISA
    assert entry.value == ""


def test_pound_ends_and_star_begins_anew() -> None:
    entry = CardEntry()
    for key in "99*123#4":
        entry.key(key, 0.0)
    assert entry.state is EntryState.COMPLETE
    assert entry.value == "123"
    assert not entry.number


SCHEMA = {
    "type": "object",
    "properties": {
        "room": {"type": "string"},
        "pan": {"type": "string", "format": "card-number"},
        "creditCardNumber": {"type": "string"},
    },
    "required": ["room", "pan"],
}


def test_marks() -> None:
    assert card_mark("anything", {"format": "card-number"}) is CardMark.MARKED
    for name in ("creditCardNumber", "card_number", "cvv", "card_expiry", "Kartennummer"):
        assert card_mark(name, {}) is CardMark.NAMED, name
    for name in ("room_number", "card_game", "code", "business_card", "expiry"):
        assert card_mark(name, {}) is CardMark.NO, name


@pytest.mark.parametrize(
    "text",
    [
        "Can you give me your card number, please?",
        "Nennen Sie mir bitte Ihre Kartennummer.",
        "¿Me da el número de su tarjeta?",
        "Quel est le numéro de votre carte ?",
        "Thank you. Please enter the card number and press pound.",
    ],
)
def test_the_assistant_asks_for_a_card(text: str) -> None:
    assert card_asked((KnownTool(SCHEMA),), text) == ("pan", CardMark.MARKED)


def test_it_does_not_ask_for_one() -> None:
    tools = (KnownTool(SCHEMA),)
    assert card_asked(tools, "Which room do you want?") is None
    assert card_asked(tools, "We accept any card.") is None
    assert (
        card_asked((KnownTool(SCHEMA, frozenset({"pan", "creditCardNumber"})),), "Your card number?") is None
    )
    assert card_asked((), "Your card number, please?") is None
