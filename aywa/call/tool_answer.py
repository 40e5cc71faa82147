"""What a tool has answered: as the model reads it, and whether it is known to have been done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from aywa.errors import UNSENT, AywaError, OutboundError, OutboundFault
from aywa.ports.tools import ToolEnding

UNKNOWN_WORDS = (
    "whether it was done is not known: it may have been. Do not try it again; say so, and offer a colleague"
)


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """`value`: JSON types. `failed`: it is why there is none. `sent`: the request left. `known`: what became
    of it is known. `ending`: what follows.
    """

    value: object
    failed: bool = False
    sent: bool = True
    known: bool = True
    ending: ToolEnding | None = None

    def text(self, most_characters: int) -> str:
        """JSON for the model, at most so many characters long and some more that say what was left out."""
        name = "error" if self.failed else "result"
        text = _json({name: self.value})
        if len(text) <= most_characters:
            return text
        said = self.value if isinstance(self.value, str) else _json(self.value)
        left_out = f"only the first {most_characters} of {len(said)} characters"
        return _json({name: said[:most_characters], "cut": left_out})


def failure(detail: str, *, sent: bool = False) -> ToolAnswer:
    """It has failed, for this reason; without `sent` nothing was done."""
    return ToolAnswer(detail, failed=True, sent=sent)


def unknown(detail: str = "") -> ToolAnswer:
    """Nobody knows."""
    words = f"{detail}: {UNKNOWN_WORDS}" if detail else UNKNOWN_WORDS
    return ToolAnswer(words, failed=True, known=False)


def failure_of(error: AywaError, *, effect: bool) -> ToolAnswer:
    """What an error on the way to a server means. Without `effect` it does not matter what became of it."""
    if not isinstance(error, OutboundError) or error.fault in UNSENT:
        return failure(error.detail)
    if error.fault in (OutboundFault.STATUS, OutboundFault.TOO_LONG) or not effect:
        return failure(error.detail, sent=True)
    return unknown(error.detail)


def answer_of(value: object) -> ToolAnswer:
    """An answer in the words of tools: an object with an `error` is a failure."""
    if isinstance(value, Mapping) and set(value) <= {"error", "result"}:
        if value.get("error"):
            return failure_words(value["error"])
        if "result" in value:
            return ToolAnswer(value["result"])
    return ToolAnswer(value)


def failure_words(words: object) -> ToolAnswer:
    """The server says that it has failed."""
    return ToolAnswer(words, failed=True)


def is_failure(text: str) -> bool:
    """Whether a tool's answer is that it has failed: an object with an `error` (see `ToolBox.invoke`)."""
    try:
        answer = json.loads(text)
    except ValueError:
        return False
    return isinstance(answer, dict) and bool(answer.get("error"))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
