"""What a timeline must not say: words before consent, keys and digits of a card."""

from __future__ import annotations

from aywa.call.card_vault import CardVault

# Of every kind of entry: what was said, or is about to be.
_WORDS = frozenset(
    {"text", "spoken", "heard", "words", "arguments", "result", "phrase", "content", "transcript", "message"}
)
_KEYS = frozenset({"digit", "digits", "keys"})
_HEARD = frozenset({"stt.partial", "stt.final"})


class Veil:
    """One call's; every entry of its timeline passes."""

    def __init__(self, vault: CardVault) -> None:
        self.words = False  # nothing that is said is kept
        self.card = False  # card data are being said or pressed
        self._vault = vault

    def over(self, kind: str, data: dict[str, object]) -> dict[str, object]:
        """The entry's data as they may be kept."""
        if self.words and not kind.startswith("recording."):
            data = {name: _hidden(value) if name in _WORDS else value for name, value in data.items()}
        if self.card:
            heard = kind.removeprefix("colleague.") in _HEARD
            data = {
                name: _hidden(value) if name in _KEYS or (heard and name == "text") else value
                for name, value in data.items()
            }
        scrubbed = self._vault.scrub(data)
        return scrubbed if isinstance(scrubbed, dict) else data


def _hidden(value: object) -> object:
    """Figures stay: a count of words is none of them."""
    return value if isinstance(value, int | float | None) else ""
