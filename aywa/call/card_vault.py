"""Card data of one call: values in memory, references everywhere else.

A model is given `card-1` and hands it to a tool; only there, and only in a parameter whose schema asks for
card data, the value takes its place. Whatever comes back with the value in it has the reference again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from aywa.turn.card_parameter import CardMark, card_mark

LEAST = 7  # digits: shorter ones stand in prices and times too
_REFERENCE = re.compile(r"\[?\b(card-[0-9]{1,3})\b\]?")


class CardVault:
    """Holds values until `wipe`."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._found: list[tuple[re.Pattern[str], str]] = []

    def keep(self, value: str) -> str:
        """Keep a value; its reference."""
        reference = f"card-{len(self._values) + 1}"
        self._values[reference] = value
        if len(value) >= LEAST:
            # As it would be written: in groups, with spaces, dots or hyphens.
            self._found.append((re.compile(r"[\s.\-]?".join(value)), f"[{reference}]"))
        return reference

    def fill(self, arguments: Mapping[str, object], schema: Mapping[str, object]) -> dict[str, object]:
        """A tool's arguments with values for references, in parameters that are marked for them."""
        properties = schema.get("properties")
        named: Mapping[str, object] = properties if isinstance(properties, Mapping) else {}
        return {name: self._filled(value, named.get(name)) for name, value in arguments.items()}

    def _filled(self, value: object, schema: object) -> object:
        if (
            isinstance(value, str)
            and isinstance(schema, Mapping)
            and card_mark("", schema) is CardMark.MARKED
        ):
            found = _REFERENCE.fullmatch(value.strip())
            return value if found is None else self._values.get(found[1], value)
        if isinstance(value, Mapping) and isinstance(schema, Mapping):
            return self.fill(value, schema)
        return value

    def scrub_text(self, text: str) -> str:
        """The text with references for values."""
        for pattern, reference in self._found:
            text = pattern.sub(reference, text)
        return text

    def scrub(self, value: object) -> object:
        """The same for JSON."""
        if not self._found:
            return value
        match value:
            case str():
                return self.scrub_text(value)
            case int() if not isinstance(value, bool) and abs(value) >= 10**LEAST:
                text = self.scrub_text(str(value))
                return value if text == str(value) else text
            case Mapping():
                return {self.scrub_text(str(key)): self.scrub(item) for key, item in value.items()}
            case list() | tuple():
                return [self.scrub(item) for item in value]
            case _:
                return value

    def wipe(self) -> None:
        """The call is over."""
        self._values.clear()
        self._found.clear()
