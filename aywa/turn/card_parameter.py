"""Parameters of tools that are card data, and whether the assistant has just asked for one. Pure.

A schema marks them by `format` (`card-number`, `card-expiry`, `card-security-code`);
others only are called so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum

from aywa.turn.expectation import expected_of
from aywa.turn.pending_parameter import KnownTool
from aywa.turn.words import heard_words

FORMATS = frozenset({"card-number", "card-expiry", "card-security-code"})
_SURE = frozenset({"pan", "cvv", "cvc", "csc", "cvv2", "cvc2", "cardnumber", "creditcard", "kartennummer"})
_CARD = frozenset({"card", "karte", "kreditkarte", "tarjeta", "carte", "carta", "cartao"})
_QUALITIES = (
    "number no num credit debit payment expiry expiration security code cvv nummer numero num prufnummer"
)
_OF_CARD = frozenset(_QUALITIES.split())
_ASKED = (
    "card cards creditcard karte kreditkarte kartennummer kreditkartennummer prufnummer tarjeta carte carta"
    " cartao карты карта карту cvv cvc cvv2 expiry expires"
)
_SPOKEN = frozenset(_ASKED.split())
_TAIL = 240  # characters: the question stands at the end


class CardMark(Enum):
    """How much a parameter is card data."""

    NO = "it is not"
    NAMED = "its name says so"
    MARKED = "its schema says so, and it is to be given the value"


def card_mark(name: str, schema: Mapping[str, object]) -> CardMark:
    """What a parameter's schema and name say."""
    if schema.get("format") in FORMATS:
        return CardMark.MARKED
    words = set(heard_words(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").replace("-", " ")))
    if words & _SURE or (words & _CARD and words & _OF_CARD):
        return CardMark.NAMED
    return CardMark.NO


def card_parameters(schema: Mapping[str, object]) -> dict[str, CardMark]:
    """Those of a tool, by name."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return {}
    marks = {
        str(name): card_mark(str(name), entry)
        for name, entry in properties.items()
        if isinstance(entry, Mapping)
    }
    return {name: mark for name, mark in marks.items() if mark is not CardMark.NO}


def card_asked(tools: Sequence[KnownTool], assistant_text: str) -> tuple[str, CardMark] | None:
    """The parameter that a tool lacks and these words ask for; None for what is none of a card's."""
    pending = [
        (name, mark)
        for tool in tools
        for name, mark in card_parameters(tool.schema).items()
        if name not in tool.known
    ]
    if not pending or not expected_of(assistant_text).question_open:
        return None
    said = set(heard_words(assistant_text[-_TAIL:]))
    best: tuple[int, str, CardMark] | None = None
    for name, mark in pending:
        words = set(heard_words(name.replace("_", " ")))
        score = len(words & said) + (2 if said & _SPOKEN else 0)
        if score > 0 and (best is None or score > best[0]):
            best = (score, name, mark)
    return None if best is None else best[1:]
