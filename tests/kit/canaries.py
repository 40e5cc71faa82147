"""A hundred secrets and personal data, each unlike any other text, to be planted and looked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

KINDS = {"api_key": 20, "provider_key": 15, "password": 10, "phone": 20, "phrase": 20, "card": 15}
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass
class Canaries:
    """By kind; `take` hands them out, and `planted` are those that were taken."""

    known: dict[str, list[str]]
    planted: list[str] = field(default_factory=list)
    _next: dict[str, int] = field(default_factory=dict)

    def take(self, kind: str) -> str:
        """One that nobody has yet; the first again when all are out."""
        place = self._next.get(kind, 0)
        self._next[kind] = place + 1
        found = self.known[kind][place % len(self.known[kind])]
        if found not in self.planted:
            self.planted.append(found)
        return found

    def rest(self, kind: str) -> list[str]:
        """All that nobody has yet, taken."""
        return [self.take(kind) for _ in range(len(self.known[kind]) - self._next.get(kind, 0))]

    def found_in(self, text: str, kinds: Iterable[str] = KINDS) -> list[str]:
        """Those that the text has, whatever stands around them."""
        text = text.lower()
        every = [(kind, each) for kind in kinds for each in self.known[kind]]
        return [f"{kind}: {each}" for kind, each in every if each.lower().removeprefix("+") in text]

    def to_json(self) -> str:
        """For another process."""
        return json.dumps(self.known)


def hundred(seed: int) -> Canaries:
    """All of them."""
    rng = Random(seed)

    def token(length: int) -> str:
        return "".join(rng.choices(_LETTERS, k=length))

    def digits(length: int) -> str:
        return "".join(rng.choices("0123456789", k=length))

    make = {
        "api_key": lambda: f"aywa_rt_{token(49)}",
        "provider_key": lambda: f"sk-proj-{token(32)}",
        "password": lambda: f"pw-{token(28)}",
        "phone": lambda: f"+4930{digits(8)}",
        "phrase": lambda: f"quokka {token(9)} velvet",
        "card": lambda: f"4{digits(15)}",
    }
    return Canaries({kind: [make[kind]() for _ in range(count)] for kind, count in KINDS.items()})
